import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { image } from "./image";
import { boxesToSource, letterbox, letterboxLayout, letterboxTensor } from "./letterbox";

describe("letterboxLayout", () => {
  test("centres the content, the odd pixel to the right and below", () => {
    // 100 x 50 into 65 x 65: scale 0.65, content 65 x 32 (32.5 to even), 33 rows over: 16 above, 17 below.
    expect(letterboxLayout(100, 50, { width: 65, height: 65 })).toEqual({
      ...{ scale: 0.65, left: 0, top: 16 },
      ...{ width: 65, height: 65, contentWidth: 65, contentHeight: 32 },
    });
  });

  test("auto pads to the next multiple of the stride only", () => {
    // 640 x 480 into 640: 160 rows over, 160 mod 32 = 0. 640 x 470: 170 mod 32 = 10, five above and below.
    expect(letterboxLayout(640, 480, { width: 640, height: 640, auto: true })).toMatchObject({ height: 480, top: 0 });
    expect(letterboxLayout(640, 470, { width: 640, height: 640, auto: true })).toMatchObject({ height: 480, top: 5 });
  });

  test("scaleUp false leaves small images as they are", () => {
    const layout = letterboxLayout(10, 20, { width: 100, height: 100, scaleUp: false });
    expect(layout).toMatchObject({ scale: 1, contentWidth: 10, contentHeight: 20, left: 45, top: 40 });
  });

  test("a sliver keeps one row", () => {
    expect(letterboxLayout(10000, 1, { width: 100, height: 100 }).contentHeight).toBe(1);
  });

  test("refuses sizes that are no integers above 0", () => {
    expect(() => letterboxLayout(0, 5, { width: 64, height: 64 })).toThrow(ArgumentError);
    expect(() => letterboxLayout(5, 5, { width: 64.5, height: 64 })).toThrow("64.5 x 64");
  });
});

describe("letterbox", () => {
  test("replicates grey and fills the margins", () => {
    const boxed = letterbox(image(2, 1, 1, Uint8Array.of(10, 20)), { width: 2, height: 3, fill: 7 });
    expect(boxed.transform).toEqual({ scale: 1, left: 0, top: 1 });
    const rows = [7, 7, 7, 7, 7, 7, /**/ 10, 10, 10, 20, 20, 20, /**/ 7, 7, 7, 7, 7, 7];
    expect([...boxed.image.data]).toEqual(rows);
  });

  test("fills left and right of an upright image with 114", () => {
    const boxed = letterbox(image(1, 2, 3, Uint8Array.of(1, 2, 3, 4, 5, 6)), { width: 3, height: 2 });
    const grey = [114, 114, 114];
    expect([...boxed.image.data]).toEqual([...grey, 1, 2, 3, ...grey, ...grey, 4, 5, 6, ...grey]);
  });
});

describe("letterboxTensor", () => {
  const colour = image(1, 2, 3, Uint8Array.of(255, 51, 0, 102, 153, 204));

  test("writes planes of red, green, blue at the offset, value / 255", () => {
    const out = new Float32Array(1 + 3 * 4).fill(-1);
    letterboxTensor(colour, { width: 2, height: 2, fill: 0 }, out, 1);
    // Spare column: 0.5 - 0.1 rounds to 0 on the left, 0.5 + 0.1 to 1 on the right.
    const expected = [-1, /**/ 1, 0, 0.4, 0, /**/ 0.2, 0, 0.6, 0, /**/ 0, 0, 0.8, 0];
    expect([...out]).toEqual(expected.map(Math.fround));
  });

  test("writes bytes unchanged, and overwrites what stood there", () => {
    const out = new Uint8Array(12).fill(99);
    letterboxTensor(colour, { width: 2, height: 2 }, out);
    expect([...out]).toEqual([255, 114, 102, 114, /**/ 51, 114, 153, 114, /**/ 0, 114, 204, 114]);
  });

  test.each([
    [4, 0],
    [5, 0],
    [8, 0],
    [7, 3],
  ])("spreads a line of %d pixels at the offset %d over its planes", (width, offset) => {
    // Value 10 p + k in channel k of pixel p; whether words of four pixels can be used depends on width and offset.
    const data = Uint8Array.from({ length: 3 * width }, (_, i) => 10 * Math.floor(i / 3) + (i % 3));
    const out = new Uint8Array(offset + 3 * width);
    letterboxTensor(image(width, 1, 3, data), { width, height: 1 }, out, offset);
    const plane = (k: number) => Array.from({ length: width }, (_, p) => 10 * p + k);
    expect([...out.subarray(offset)]).toEqual([...plane(0), ...plane(1), ...plane(2)]);
  });

  test("grey fills three planes", () => {
    const out = new Float32Array(6);
    letterboxTensor(image(2, 1, 1, Uint8Array.of(0, 255)), { width: 2, height: 1 }, out);
    expect([...out]).toEqual([0, 1, 0, 1, 0, 1]);
    const bytes = new Uint8Array(6);
    letterboxTensor(image(2, 1, 1, Uint8Array.of(0, 255)), { width: 2, height: 1 }, bytes);
    expect([...bytes]).toEqual([0, 255, 0, 255, 0, 255]);
  });

  test("refuses too little room", () => {
    const write = () => letterboxTensor(colour, { width: 2, height: 2 }, new Float32Array(12), 1);
    expect(write).toThrow(ShapeError);
    expect(write).toThrow("3 x 2 x 2 values from 1 on, room for 12");
  });
});

describe("boxesToSource", () => {
  const transform = { scale: 0.5, left: 10, top: 20 };

  test("undoes the letterbox and clips to the source", () => {
    // (10 ... 40 - 10) / 0.5 = 0 ... 60; (10 - 20) / 0.5 = -20, clipped to 0; (120 - 20) / 0.5 = 200, clipped to 150.
    expect([...boxesToSource(Float32Array.of(10, 10, 40, 120), transform, 100, 150)]).toEqual([0, 0, 60, 150]);
  });

  test("keeps what lies within the source", () => {
    // x / 0.5 after 10 off, y / 0.5 after 20 off.
    expect([...boxesToSource(Float32Array.of(12, 23, 40, 60), transform, 100, 150)]).toEqual([4, 6, 60, 80]);
  });
});
