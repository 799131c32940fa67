import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { FrameDecoder } from "./frame-decoder";
import { readDicom } from "./read-dicom";

const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
const bits8: TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];

let folder: string;
let decoder: FrameDecoder;
let grey: Uint8Array;
let jpeg: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-dicom-"));
  decoder = new FrameDecoder();
  grey = Uint8Array.from({ length: 64 * 32 }, (_, i) => (i % 64) * 3);
  jpeg = await sharp(grey, { raw: { width: 64, height: 32, channels: 1 } })
    .toColourspace("b-w")
    .jpeg({ quality: 95 })
    .toBuffer();
});

afterAll(async () => {
  await decoder.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function compressed(name: string, stream: Uint8Array, { columns = 64, transferSyntax = JPEG_BASELINE } = {}): string {
  const head = dicomBytes(greyElements(32, columns, new Uint8Array(), bits8).slice(0, -1), { transferSyntax });
  return write(name, Uint8Array.from([...head, ...encapsulatedPixelData([stream])]));
}

describe("readDicom", () => {
  test("gives picture, spacing, modality and number of frames", async () => {
    const extra: TestElement[] = [
      [0x00181164, "DS", "0.143\\0.143"],
      [0x00280008, "IS", "2"],
      [0x00281050, "DS", "2048"],
      [0x00281051, "DS", "4096"],
    ];
    const path = write("two.dcm", dicomBytes(greyElements(1, 2, Uint8Array.of(0, 0, 0, 8, 0xff, 15, 0, 0), extra)));
    expect(await readDicom(path, { frame: 1 })).toMatchObject({
      image: { width: 2, height: 1, channels: 1, data: Uint8Array.of(255, 0) },
      spacingMm: { row: 0.143, column: 0.143, source: "ImagerPixelSpacing" },
      modality: "DX",
      frames: 2,
    });
  });

  test("decompresses JPEG as libjpeg does", async () => {
    const { image } = await readDicom(compressed("jpeg.dcm", jpeg), { decoder });
    const reference = await sharp(jpeg).toColourspace("b-w").raw().toBuffer();
    expect([image.width, image.height, image.channels]).toEqual([64, 32, 1]);
    const worst = image.data.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i])), 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  test("needs no decoder from outside", async () => {
    expect((await readDicom(compressed("alone.dcm", jpeg))).image.width).toBe(64);
  });

  test.each([
    ["cut short", () => compressed("cut.dcm", jpeg.subarray(0, jpeg.length / 2)), "cut short"],
    [
      "of another size than the file says",
      () => compressed("wide.dcm", jpeg, { columns: 65 }),
      "64 x 32 pixels, the file says 65 x 32",
    ],
    ["of other bytes", () => compressed("noise.dcm", grey), "no JPEG Baseline stream"],
  ])("refuses a frame %s", async (_, make, message) => {
    const path = make();
    await expect(readDicom(path, { decoder })).rejects.toMatchObject({
      code: "invalid_dicom",
      message: expect.stringContaining(message),
      place: { file: path, at: "PixelData" },
    });
  });

  test("goes on after a stream that breaks the codec", async () => {
    const head = dicomBytes(greyElements(32, 64, new Uint8Array(), bits8).slice(0, -1), {
      transferSyntax: "1.2.840.10008.1.2.5",
    });
    const broken = write("rle.dcm", Uint8Array.from([...head, ...encapsulatedPixelData([grey.subarray(0, 100)])]));
    await expect(readDicom(broken, { decoder })).rejects.toMatchObject({ code: "invalid_dicom" });
    expect((await readDicom(compressed("after.dcm", jpeg), { decoder })).image.width).toBe(64);
  });

  test("gives up on a frame that takes too long", async () => {
    const hasty = new FrameDecoder({ timeoutMs: 0 });
    await expect(readDicom(compressed("slow.dcm", jpeg), { decoder: hasty })).rejects.toMatchObject({
      code: "timed_out",
      message: expect.stringContaining("no result after 0 s"),
    });
    await hasty.close();
  });

  test("names the transfer syntax and the file of what it cannot read", async () => {
    const path = compressed("video.dcm", jpeg, { transferSyntax: "1.2.840.10008.1.2.4.102" });
    await expect(readDicom(path)).rejects.toMatchObject({
      code: "unsupported_dicom",
      message: expect.stringContaining(`${path}: TransferSyntaxUID: 1.2.840.10008.1.2.4.102`),
    });
  });

  test("tells a missing file from a folder", async () => {
    await expect(readDicom(join(folder, "none.dcm"))).rejects.toMatchObject({ code: "file_not_found" });
    await expect(readDicom(folder)).rejects.toMatchObject({ code: "file_unreadable" });
  });
});
