import { describe, expect, test } from "vitest";
import { CLAHE_16, CLAHE_EVEN, CLAHE_ODD } from "../../test/opencv";
import { pattern } from "../../test/patterns";
import { ArgumentError } from "../errors";
import { clahe, claheGrey } from "./clahe";
import { image } from "./image";

describe("claheGrey", () => {
  test("equals OpenCV where tiles fit the image", () => {
    const { data } = claheGrey(pattern(16, 12), { clipLimit: 2, tileGridSize: [2, 2] });
    expect([...data]).toEqual(CLAHE_EVEN);
  });

  test("equals OpenCV where they do not", () => {
    const dark = pattern(13, 11);
    for (let i = 0; i < dark.data.length; i++) dark.data[i] /= 3;
    expect([...claheGrey(dark, { clipLimit: 4, tileGridSize: [3, 2] }).data]).toEqual(CLAHE_ODD);
  });

  test("equals OpenCV on 16 bits", () => {
    const deep = image(
      8,
      6,
      1,
      Uint16Array.from(pattern(8, 6).data, (value) => value * 200),
    );
    expect([...claheGrey(deep, { tileGridSize: [2, 2] }).data]).toEqual(CLAHE_16);
  });

  test("refuses colours and options that make no tiles", () => {
    expect(() => claheGrey(pattern(8, 8, 3))).toThrow(ArgumentError);
    expect(() => claheGrey(pattern(8, 8), { clipLimit: 0 })).toThrow("clip limit 0");
    expect(() => claheGrey(pattern(8, 8), { tileGridSize: [0, 8] })).toThrow("0 x 8 tiles");
  });
});

describe("clahe", () => {
  test("gives a grey image the same in one channel and in three", () => {
    const grey = pattern(16, 12);
    const threefold = image(
      16,
      12,
      3,
      Uint8Array.from({ length: 576 }, (_, i) => grey.data[Math.floor(i / 3)]),
    );
    const expected = [...claheGrey(grey, { tileGridSize: [2, 2] }).data].flatMap((value) => [value, value, value]);
    expect([...clahe(threefold, { tileGridSize: [2, 2] }).data]).toEqual(expected);
  });

  test("adds to all channels alike", () => {
    const before = pattern(16, 16, 3);
    const after = clahe({ ...before, data: before.data.slice() }, { tileGridSize: [2, 2] });
    for (let p = 0; p < before.data.length; p += 3) {
      const gains = [0, 1, 2].map((c) => after.data[p + c] - before.data[p + c]);
      const free = gains.filter((_, c) => after.data[p + c] > 0 && after.data[p + c] < 255);
      expect(new Set(free).size).toBeLessThanOrEqual(1);
    }
  });
});
