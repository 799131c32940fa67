import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { decodeImage } from "./read-image";

/** A Windows bitmap: 14 bytes of file header, 40 of image header, palette, rows padded to four bytes. */
function bmp(width: number, height: number, bits: number, palette: readonly number[], rows: readonly number[]): Buffer {
  const offset = 54 + palette.length;
  const bytes = Buffer.alloc(offset + rows.length);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(offset, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(bits, 28);
  bytes.writeUInt32LE(palette.length / 4, 46);
  bytes.set(palette, 54);
  bytes.set(rows, offset);
  return bytes;
}

describe("decodeBmp", () => {
  // 24 bit: blue, green, red; the lowest row comes first.
  const below = [3, 2, 1, 6, 5, 4, 0, 0];
  const above = [9, 8, 7, 12, 11, 10, 0, 0];

  test("reads 24 bits, rows from the bottom up", async () => {
    const found = await decodeImage(bmp(2, 2, 24, [], [...below, ...above]), "x.bmp");
    expect([found.width, found.height, found.channels]).toEqual([2, 2, 3]);
    expect([...found.data]).toEqual([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]);
  });

  test("reads rows from the top down where the height is negative", async () => {
    const found = await decodeImage(bmp(2, -2, 24, [], [...above, ...below]), "x.bmp");
    expect([...found.data]).toEqual([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]);
  });

  test("reads 32 bits whose fourth byte is unused", async () => {
    const found = await decodeImage(bmp(1, 1, 32, [], [30, 20, 10, 0]), "x.bmp");
    expect([...found.data]).toEqual([10, 20, 30]);
  });

  test("gives a grey palette one channel, a coloured one three", async () => {
    const grey = await decodeImage(bmp(2, 1, 8, [10, 10, 10, 0, 200, 200, 200, 0], [1, 0, 0, 0]), "x.bmp");
    expect([grey.channels, ...grey.data]).toEqual([1, 200, 10]);
    const colour = await decodeImage(bmp(2, 1, 8, [10, 20, 30, 0, 40, 50, 60, 0], [1, 0, 0, 0]), "x.bmp");
    expect([colour.channels, ...colour.data]).toEqual([3, 60, 50, 40, 30, 20, 10]);
  });

  test.each([
    ["cut off", bmp(2, 2, 24, [], [...below, ...above]).subarray(0, -1), "BMP cut off: 69 bytes of 70"],
    ["without a header", Buffer.from("BM0000000000000000000000000000"), "BMP of 30 bytes without a Windows header"],
    ["of no width", bmp(0, 1, 24, [], []), "BMP of 0 x 1 pixels"],
    ["of too many pixels", bmp(100_000, 100_000, 24, [], []), "BMP of 100000 x 100000 pixels"],
  ])("refuses a bitmap %s", async (_, bytes, message) => {
    const failure = decodeImage(bytes, "scan.bmp");
    await expect(failure).rejects.toBeInstanceOf(FoveaError);
    await expect(failure).rejects.toMatchObject({ code: "invalid_image", place: { file: "scan.bmp" } });
    await expect(failure).rejects.toThrow(message);
  });
});
