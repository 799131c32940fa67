import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { readImageSize, readSourceImage } from "./source-image";

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

describe("readSourceImage", () => {
  test("brings 16 bits to 8", async () => {
    const data = new Uint16Array(12 * 12).fill(0x4321);
    const raw = { width: 12, height: 12, channels: 1 as const };
    const png = await sharp(data, { raw }).toColourspace("grey16").png().toBuffer();
    const { channels, data: pixels } = await readSourceImage(await put("deep.png", png));
    expect([channels, pixels[0]]).toEqual([1, 0x43]);
  });
});
