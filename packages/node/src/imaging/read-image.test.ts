import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage, readImage } from "./read-image";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-read-image-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** 3 x 2 pixels, every value different. */
const RGB = Uint8Array.from({ length: 18 }, (_, i) => 10 * i);
const colour = () => sharp(RGB, { raw: { width: 3, height: 2, channels: 3 } });
const GREY = Uint8Array.of(0, 50, 100, 150, 200, 250);
const grey = () => sharp(GREY, { raw: { width: 3, height: 2, channels: 1 } }).toColourspace("b-w");
const DEEP = Uint16Array.of(0, 1, 256, 4095, 40000, 65535);
const deep = () => sharp(DEEP, { raw: { width: 3, height: 2, channels: 1 } }).toColourspace("grey16");

async function errorOf(bytes: Uint8Array, options?: { maxPixels: number }): Promise<FoveaError> {
  return decodeImage(bytes, "scan.bin", options).then(
    () => expect.unreachable(),
    (error) => {
      expect(error).toBeInstanceOf(FoveaError);
      return error;
    },
  );
}

describe("readImage", () => {
  test.each([
    ["png", () => colour().png().toBuffer()],
    ["tif", () => colour().tiff({ compression: "lzw" }).toBuffer()],
    ["webp", () => colour().webp({ lossless: true }).toBuffer()],
    ["gif", () => colour().gif({ dither: 0 }).toBuffer()],
  ] as const)("reads the pixels of a colour file: %s", async (extension, encode) => {
    const path = join(folder, `病例 é.${extension}`);
    await writeFile(path, await encode());
    const found = await readImage(path);
    expect([found.width, found.height, found.channels]).toEqual([3, 2, 3]);
    expect([...found.data]).toEqual([...RGB]);
  });

  test.each([
    ["png", () => grey().png().toBuffer()],
    ["tif", () => grey().tiff({ compression: "none" }).toBuffer()],
  ] as const)("gives a grey file one channel: %s", async (extension, encode) => {
    const path = join(folder, `grey.${extension}`);
    await writeFile(path, await encode());
    const found = await readImage(path);
    expect(found.channels).toBe(1);
    expect([...found.data]).toEqual([...GREY]);
  });

  test("says that a file is missing, and which", async () => {
    const path = join(folder, "absent.png");
    await expect(readImage(path)).rejects.toMatchObject({ code: "file_not_found", place: { file: path } });
    await expect(readImage(join(path, "below.png"))).rejects.toMatchObject({ code: "file_not_found" });
  });

  test("says that a folder is no file", async () => {
    await expect(readImage(folder)).rejects.toMatchObject({ code: "file_unreadable" });
  });
});

describe("decodeImage", () => {
  test.each(["tiff", "gif", "webp"] as const)(
    "reads the first page of several, or refuses them: %s",
    async (format) => {
      const pages = Buffer.alloc(8 * 16, 255).fill(50, 0, 8 * 8);
      const raw = { width: 8, height: 16, channels: 1, pageHeight: 8 } as const;
      const bytes = await sharp(pages, { raw }).toFormat(format).toBuffer();
      const first = await decodeImage(bytes, "stack");
      expect([first.width, first.height]).toEqual([8, 8]);
      expect(Math.max(...first.data)).toBeLessThan(60);
      await expect(decodeImage(bytes, "stack", { onePage: true })).rejects.toMatchObject({
        code: "invalid_image",
        message: "stack: 2 pages, expected one picture; save each as a file of its own",
      });
      const one = await sharp(bytes).toFormat(format).toBuffer();
      expect((await decodeImage(one, "one", { onePage: true })).height).toBe(8);
    },
  );

  test.each([
    ["png", () => deep().png().toBuffer()],
    ["tiff", () => deep().tiff({ compression: "none" }).toBuffer()],
  ] as const)("keeps 16 bits of a grey %s", async (_, encode) => {
    const found = await decodeImage(await encode(), "deep");
    expect(found.data).toBeInstanceOf(Uint16Array);
    expect(found.channels).toBe(1);
    expect([...found.data]).toEqual([...DEEP]);
  });

  test("keeps 16 bits of a colour PNG", async () => {
    const pixels = Uint16Array.of(1, 2, 3, 65535, 256, 0);
    const raw = { width: 2, height: 1, channels: 3 } as const;
    const bytes = await sharp(pixels, { raw }).toColourspace("rgb16").png().toBuffer();
    expect([...(await decodeImage(bytes, "deep")).data]).toEqual([...pixels]);
  });

  test("keeps fractions and signs of a float TIFF", async () => {
    const pixels = Float32Array.of(-1000.5, 0.25, 3000);
    const found = await decodeImage(floatTiff(pixels), "hounsfield");
    expect([...found.data]).toEqual([...pixels]);
  });

  // EXIF: 1 upright, 3 upside down, 6 to be turned clockwise, 8 anticlockwise; 2, 4, 5, 7 mirrored.
  test.each([
    [1, 3, 2, [0, 50, 100, 150, 200, 250]],
    [2, 3, 2, [100, 50, 0, 250, 200, 150]],
    [3, 3, 2, [250, 200, 150, 100, 50, 0]],
    [6, 2, 3, [150, 0, 200, 50, 250, 100]],
    [8, 2, 3, [100, 250, 50, 200, 0, 150]],
  ])("turns an image of EXIF orientation %d upright", async (orientation, width, height, pixels) => {
    const bytes = await grey().png().withMetadata({ orientation }).toBuffer();
    const found = await decodeImage(bytes, "phone.png");
    expect([found.width, found.height]).toEqual([width, height]);
    // The encoder wrote three equal channels.
    expect([...found.data].filter((_, i) => i % found.channels === 0)).toEqual(pixels);
  });

  test("drops alpha and leaves the colours below it as they are", async () => {
    const rgba = Uint8Array.of(200, 100, 50, 0, 10, 20, 30, 128);
    const bytes = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const found = await decodeImage(bytes, "alpha.png");
    expect([...found.data]).toEqual([200, 100, 50, 10, 20, 30]);
  });

  test("expands a palette", async () => {
    const bytes = await colour().png({ palette: true, dither: 0 }).toBuffer();
    const found = await decodeImage(bytes, "palette.png");
    expect(found.channels).toBe(3);
    for (const [i, value] of RGB.entries()) expect(Math.abs(found.data[i] - value)).toBeLessThanOrEqual(8);
  });

  test("turns CMYK into red, green and blue", async () => {
    const red = sharp({ create: { width: 16, height: 16, channels: 3, background: "#d02020" } });
    const found = await decodeImage(await red.toColourspace("cmyk").jpeg().toBuffer(), "print.jpg");
    expect(found.channels).toBe(3);
    const [r, g, b] = found.data;
    expect(r).toBeGreaterThan(180);
    expect(Math.max(g, b)).toBeLessThan(70);
  });

  test("reads one pixel", async () => {
    const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#010203" } })
      .png()
      .toBuffer();
    expect([...(await decodeImage(bytes, "dot.png")).data]).toEqual([1, 2, 3]);
  });

  test("reads a JPEG that lacks nothing but its end mark", async () => {
    const bytes = await largeJpeg();
    const whole = await decodeImage(bytes, "whole.jpg");
    const found = await decodeImage(bytes.subarray(0, -2), "open.jpg");
    expect(Buffer.compare(found.data as Uint8Array, whole.data as Uint8Array)).toBe(0);
  });

  test.each([
    ["JPEG", async () => cut(await largeJpeg(), 0.6)],
    ["JPEG", async () => Buffer.concat([cut(await largeJpeg(), 0.6), Buffer.of(0xff, 0xd9)])],
    ["JPEG", async () => damaged(await largeJpeg())],
    ["JPEG", async () => (await largeJpeg()).subarray(0, 20)],
    ["PNG", async () => cut(await large().png().toBuffer(), 0.6)],
    ["PNG", async () => damaged(await large().png().toBuffer())],
    ["TIFF", async () => cut(await large().tiff({ compression: "none" }).toBuffer(), 0.6)],
    ["WebP", async () => cut(await large().webp().toBuffer(), 0.6)],
    ["GIF", async () => cut(await large().gif().toBuffer(), 0.6)],
    ["PNG", async () => Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
  ] as const)("refuses a damaged or cut-off %s", async (format, make) => {
    const error = await errorOf(await make());
    expect(error.code).toBe("invalid_image");
    expect(error.message).toContain(`scan.bin: damaged or cut-off ${format}`);
  });

  test.each([
    [Buffer.alloc(0), "0 bytes, expected an image"],
    [Buffer.from("<html>not found</html>"), "a text of markup"],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), "a text of markup"],
    [Buffer.from("%PDF-1.7"), "a PDF document"],
    [Buffer.from("version https://git-lfs.github.com/spec/v1"), "a Git LFS pointer"],
    [Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]), "a DICOM file"],
    [Buffer.of(1, 2, 254), "3 bytes that begin with 01 02 fe"],
  ])("refuses what is no image and says what it saw (%#)", async (bytes, seen) => {
    const error = await errorOf(bytes);
    expect(error.code).toBe("invalid_image");
    expect(error.message).toContain(`scan.bin: ${seen}`);
  });

  test("refuses an image of too many pixels", async () => {
    const error = await errorOf(await colour().png().toBuffer(), { maxPixels: 5 });
    expect(error.code).toBe("invalid_image");
    expect(error.message).toContain("PNG of more than 5 pixels");
    expect((await decodeImage(await colour().png().toBuffer(), "x", { maxPixels: 6 })).width).toBe(3);
  });

  test("refuses signed 16-bit TIFF, whose values below zero would be lost", async () => {
    const error = await errorOf(floatTiff(Float32Array.of(1), { bits: 16, sampleFormat: 2 }));
    expect(error.message).toContain("short");
    expect(error.code).toBe("invalid_image");
  });
});

/** 64 x 64 pixels of noise, so that no format makes it small. */
function large() {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => ((i * 2654435761) >>> 13) & 255);
  return sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
}

function largeJpeg(): Promise<Buffer> {
  return large().jpeg({ quality: 90 }).toBuffer();
}

function cut(bytes: Buffer, share: number): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** Every bit of 60 bytes in the middle turned over. */
function damaged(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  return Buffer.from(bytes.map((byte, i) => (i >= middle && i < middle + 60 ? byte ^ 0xff : byte)));
}

/** One row of grey in a little-endian TIFF 6.0: header, one directory, one strip. Sample format 3 is float, 2 signed. */
function floatTiff(pixels: Float32Array, { bits = 32, sampleFormat = 3 } = {}): Buffer {
  const entries = [
    [256, pixels.length], // ImageWidth
    [257, 1], // ImageLength
    [258, bits], // BitsPerSample
    [259, 1], // Compression: none
    [262, 1], // PhotometricInterpretation: black is zero
    [273, 138], // StripOffsets
    [277, 1], // SamplesPerPixel
    [278, 1], // RowsPerStrip
    [279, (pixels.length * bits) / 8], // StripByteCounts
    [339, sampleFormat], // SampleFormat
  ];
  const bytes = Buffer.alloc(138 + 4 * pixels.length);
  bytes.write("II*\0\x08\0\0\0", "latin1");
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value], i) => {
    const at = 10 + 12 * i;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(4, at + 2); // LONG
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  });
  pixels.forEach((value, i) => {
    bytes.writeFloatLE(value, 138 + 4 * i);
  });
  return bytes;
}
