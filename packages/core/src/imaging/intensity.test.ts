import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { image } from "./image";
import { stretchToBytes, toByteImage } from "./intensity";

describe("toByteImage", () => {
  test("drops the low byte of 16 bits", () => {
    const deep = image(4, 1, 1, Uint16Array.of(0, 255, 256, 65535));
    expect([...toByteImage(deep).data]).toEqual([0, 0, 1, 255]);
  });

  test("passes bytes through", () => {
    const bytes = image(1, 1, 1, Uint8Array.of(3));
    expect(toByteImage(bytes)).toBe(bytes);
  });

  test("maps the range of signed and float values to 0 ... 255", () => {
    // -1000 ... 1000: 0 lies at 127.5, and that rounds to the even 128.
    expect([...toByteImage(image(3, 1, 1, Int16Array.of(-1000, 0, 1000))).data]).toEqual([0, 128, 255]);
    const float = image(4, 1, 1, Float32Array.of(0.5, 0.75, 1, Number.NaN));
    expect([...toByteImage(float).data]).toEqual([0, 128, 255, 0]);
  });

  test("shows an image of one value black", () => {
    expect([...toByteImage(image(2, 1, 1, Float32Array.of(4, 4))).data]).toEqual([0, 0]);
    expect([...toByteImage(image(1, 1, 1, Float32Array.of(Number.POSITIVE_INFINITY))).data]).toEqual([0]);
  });
});

describe("stretchToBytes", () => {
  test("sends the lowest and highest shares to black and white", () => {
    // 0 ... 100 in steps of 1: quantiles 0.1 and 0.9 are 10 and 90; 50 lies halfway.
    const ramp = image(
      101,
      1,
      1,
      Uint16Array.from({ length: 101 }, (_, i) => i),
    );
    const { data } = stretchToBytes(ramp, { low: 0.1, high: 0.9 });
    expect([data[0], data[10], data[50], data[90], data[100]]).toEqual([0, 0, 128, 255, 255]);
  });

  test("a lone bright pixel does not darken the rest", () => {
    const pixels = Uint16Array.from({ length: 1001 }, (_, i) => (i === 500 ? 65535 : i % 11));
    const { data } = stretchToBytes(image(1001, 1, 1, pixels));
    expect(data[10]).toBe(255);
  });

  test("shows an image of one value black", () => {
    expect([...stretchToBytes(image(2, 1, 1, Uint16Array.of(7, 7))).data]).toEqual([0, 0]);
  });

  test("refuses shares that do not rise", () => {
    const deep = image(1, 1, 1, Uint16Array.of(7));
    expect(() => stretchToBytes(deep, { low: 0.9, high: 0.1 })).toThrow(ArgumentError);
    expect(() => stretchToBytes(deep, { high: 2 })).toThrow("high 2");
  });
});
