import { describe, expect, test } from "vitest";
import { isWholeStream, streamSize } from "./code-stream";

describe("streamSize", () => {
  test("finds the frame header of a JPEG behind its tables", () => {
    // SOI, DHT of 2 + 3 bytes, SOF0: length, precision 8, 5 lines of 7 samples.
    const jpeg = [0xff, 0xd8, 0xff, 0xc4, 0, 5, 1, 2, 3, 0xff, 0xc0, 0, 17, 8, 0, 5, 0, 7, 1];
    expect(streamSize(Uint8Array.from(jpeg))).toEqual({ columns: 7, rows: 5, components: 1 });
  });

  test("finds the frame header of JPEG-LS, behind fill bytes", () => {
    const jpegLs = [0xff, 0xd8, 0xff, 0xff, 0xf7, 0, 11, 16, 2, 0, 1, 4, 1];
    expect(streamSize(Uint8Array.from(jpegLs))).toEqual({ columns: 260, rows: 512, components: 1 });
  });

  test("finds the size of JPEG 2000 without its offset on the grid", () => {
    // Rsiz 0; Xsiz 10, Ysiz 6; XOsiz 2, YOsiz 1.
    const siz = [
      0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0, 0, 0, 0, 10, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 1,
      // Tiles of 8 x 5 from (0, 0) on; three components.
      0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3,
    ];
    expect(streamSize(Uint8Array.from(siz))).toEqual({ columns: 8, rows: 5, components: 3 });
  });

  test("is undefined for other bytes, and for a stream cut before its header", () => {
    expect(streamSize(Uint8Array.of(1, 2, 3))).toBeUndefined();
    expect(streamSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xc4, 0, 5))).toBeUndefined();
    expect(streamSize(new Uint8Array())).toBeUndefined();
  });
});

describe("isWholeStream", () => {
  test.each([
    ["an end marker", [1, 0xff, 0xd9], true],
    ["an end marker and padding", [1, 0xff, 0xd9, 0, 0xff, 0], true],
    ["no end marker", [1, 2, 3], false],
    ["nothing", [], false],
  ])("of a stream with %s", (_, bytes, whole) => {
    expect(isWholeStream(Uint8Array.from(bytes))).toBe(whole);
  });
});
