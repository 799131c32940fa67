import { describe, expect, test } from "vitest";
import { jpegFrame } from "./jpeg-header";

const SOI = [0xff, 0xd8];
/** An application segment of 4 bytes, length included. */
const APP0 = [0xff, 0xe0, 0, 4, 1, 2];
/** Baseline frame: length 17, 8 bits, 16 x 16, 3 components, and the first of them. */
const SOF0 = [0xff, 0xc0, 0, 17, 8, 0, 16, 0, 16, 3, 1, 0x22, 0];

describe("jpegFrame", () => {
  test("finds precision and components behind other segments", () => {
    expect(jpegFrame(Uint8Array.of(...SOI, ...APP0, ...SOF0))).toEqual({ precision: 8, components: 3 });
  });

  test("passes over tables and filling bytes", () => {
    const tables = [0xff, 0xff, 0xff, 0xc4, 0, 3, 9];
    const grey = [0xff, 0xc2, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0];
    expect(jpegFrame(Uint8Array.of(...SOI, ...tables, ...grey))).toEqual({ precision: 8, components: 1 });
  });

  test.each([
    ["bytes between segments", [...SOI, 0, ...SOF0]],
    ["a scan before the frame", [...SOI, 0xff, 0xda, 0, 4, 1, 2, ...SOF0]],
    ["a cut file", [...SOI, ...APP0]],
    ["nothing", []],
  ])("finds nothing in %s", (_, bytes) => {
    expect(jpegFrame(Uint8Array.from(bytes))).toBeUndefined();
  });
});
