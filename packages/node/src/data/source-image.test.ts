import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shownLevels } from "@fovea/core/dicom/measured-image";
import { cutLevels } from "@fovea/core/imaging/grey-levels";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { isMeasured, readImageSize, readMeasuredImage, readSourceImage } from "./source-image";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-source-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, content: Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

const picture = () => sharp({ create: { width: 40, height: 30, channels: 3, background: "#806040" } });

/** A bitmap of 12 x 11 pixels, 24 bits each: 54 bytes of header, rows of 36 bytes. */
function bitmap(): Uint8Array {
  const bytes = Buffer.alloc(54 + 11 * 36, 77);
  bytes.write("BM", 0, "latin1");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.fill(0, 6, 54);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(12, 18);
  bytes.writeInt32LE(11, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

describe("readImageSize", () => {
  test("is that of the upright image", async () => {
    // EXIF orientation 6: to be turned by a quarter.
    const file = await put("turned.jpg", await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect(await readImageSize(file)).toMatchObject({ width: 30, height: 40 });
    const { width, height } = await readSourceImage(file);
    expect([width, height]).toEqual([30, 40]);
  });

  test("takes a JPEG that lacks nothing but its last two bytes", async () => {
    const file = await put("end.jpg", (await picture().jpeg().toBuffer()).subarray(0, -2));
    expect(await readImageSize(file)).toMatchObject({ width: 40, height: 30 });
  });

  test("takes bytes after the end of a JPEG", async () => {
    const file = await put("more.jpg", Buffer.concat([await picture().jpeg().toBuffer(), Buffer.alloc(9)]));
    expect(await readImageSize(file)).toMatchObject({ width: 40, height: 30 });
  });

  test("reads bitmaps", async () => {
    expect(await readImageSize(await put("a.bmp", bitmap()))).toEqual({ width: 12, height: 11, frames: 1 });
  });

  test("says of a folder that it is none", async () => {
    await expect(readImageSize(folder)).rejects.toMatchObject({ code: "file_unreadable" });
  });

  test("says that a file is not there", async () => {
    const file = join(folder, "none.png");
    await expect(readImageSize(file)).rejects.toMatchObject({ code: "file_not_found", place: { file } });
    await expect(readSourceImage(file)).rejects.toMatchObject({ code: "file_not_found", place: { file } });
  });

  test.skipIf(!sharedAvailable)("reads DICOM files, also without their ending", async () => {
    const source = await readFile(sharedPath("data/dicom/pydicom/test_files/CT_small.dcm"));
    const file = await put("IM000001", source);
    expect(await readImageSize(file)).toEqual({ width: 128, height: 128, frames: 1 });
    expect((await readSourceImage(file)).channels).toBe(1);
  });
});

/** A picture of 12 x 12 with 16 bits in each of its channels. */
async function deepPicture(channels: 1 | 3): Promise<Uint8Array> {
  const data = Uint16Array.from({ length: 12 * 12 * channels }, (_, i) => 151 * i);
  const png = sharp(data, { raw: { width: 12, height: 12, channels } });
  return png
    .toColourspace(channels === 1 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
}

describe("readMeasuredImage", () => {
  test("keeps the 16 bits of a grey picture, PNG and TIFF alike", async () => {
    const png = await deepPicture(1);
    const tiff = await sharp(png)
      .pipelineColourspace("grey16")
      .toColourspace("grey16")
      .tiff({ compression: "lzw" })
      .toBuffer();
    for (const [name, bytes] of [
      ["deep.png", png],
      ["deep.tif", tiff],
    ] as const) {
      const found = await readMeasuredImage(await put(name, bytes));
      if (!isMeasured(found)) throw new Error("not measured");
      expect(found.image).toMatchObject({ width: 12, height: 12, channels: 1 });
      expect([...found.image.data]).toEqual(Array.from({ length: 144 }, (_, i) => 151 * i));
    }
  });

  test("gives bytes of what has no more, and of colours", async () => {
    for (const bytes of [await picture().png().toBuffer(), await picture().jpeg().toBuffer(), await deepPicture(3)]) {
      const file = await put("bytes.png", bytes);
      expect(await readMeasuredImage(file)).toEqual(await readSourceImage(file));
    }
  });

  test.skipIf(!sharedAvailable)("shows of DICOM files what readSourceImage does", async () => {
    let measured = 0;
    const names = ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_gdcm_KY.dcm"];
    for (const name of names) {
      const file = sharedPath(`data/dicom/pydicom/test_files/${name}`);
      const found = await readMeasuredImage(file);
      if (isMeasured(found)) measured++;
      expect(isMeasured(found) ? cutLevels(shownLevels(found)) : found).toEqual(await readSourceImage(file));
    }
    expect(measured).toBe(4);
  });
});

describe("readSourceImage", () => {
  test("brings 16 bits to 8", async () => {
    const data = new Uint16Array(12 * 12).fill(0x4321);
    const raw = { width: 12, height: 12, channels: 1 as const };
    const png = await sharp(data, { raw }).toColourspace("grey16").png().toBuffer();
    const { channels, data: pixels } = await readSourceImage(await put("deep.png", png));
    expect([channels, pixels[0]]).toEqual([1, 0x43]);
  });
});
