import { describe, expect, test } from "vitest";
import { FoveaError } from "../errors";
import { image, type Pixels } from "./image";
import { readNormalisation, zScoreBytes, zScoreWindow } from "./normalise";

const row = (data: Pixels) => [...zScoreBytes(image(data.length, 1, 1, data)).data];

/** One value and sixteen zeros. */
const outlier = (value: number) => [value, ...new Array<number>(16).fill(0)];

describe("zScoreWindow", () => {
  test("reaches three standard deviations of the population to either side of the mean", () => {
    // Mean 17 / 17 = 1; squares (16 x 1 + 256) / 17 = 16, deviation 4: from -11 to 13.
    expect(zScoreWindow(Uint8Array.from(outlier(17)))).toEqual({ center: 1, width: 24 });
  });

  test("leaves out what is not finite", () => {
    // Mean 2, deviation 2.
    const data = Float32Array.of(Number.NaN, 0, Number.POSITIVE_INFINITY, 4, 0, 4);
    expect(zScoreWindow(data)).toEqual({ center: 2, width: 12 });
    expect(zScoreWindow(Float32Array.of(Number.NaN))).toEqual({ center: 0, width: 1 });
  });

  test("finds no deviation in equal values, however they are rounded", () => {
    expect(zScoreWindow(new Float32Array(1000).fill(0.1))).toEqual({ center: Math.fround(0.1), width: 1 });
  });
});

describe("zScoreBytes", () => {
  test("brings the mean to the middle and cuts beyond three deviations", () => {
    // 0 stands 11 of 24 above black: 255 x 11 / 24 = 116.9. 17 lies 4 above white.
    expect(row(Uint8Array.from(outlier(17)))).toEqual([255, ...new Array<number>(16).fill(117)]);
    // The same below: mean 99, from 87 to 111 with the outlier at 83; 100 is 255 x 13 / 24 = 138.1.
    expect(row(Uint8Array.from(outlier(17), (value) => 100 - value))).toEqual([0, ...new Array<number>(16).fill(138)]);
  });

  test("has one mean and one deviation for all channels, so that hues stay", () => {
    // Mean 2, deviation 2, from -4 to 8: 0 is 255 x 4 / 12 = 85 and 4 is 170. The red channel alone would be even.
    const { data, channels } = zScoreBytes(image(2, 1, 3, Uint8Array.of(0, 0, 4, /**/ 0, 4, 4)));
    expect([channels, ...data]).toEqual([3, 85, 85, 170, 85, 170, 170]);
  });

  test("tells apart what one byte held", () => {
    // All four have the high byte 3. Mean 1005, deviation 5.
    const data = Uint16Array.of(1000, 1010, 1010, 1000, 1000, 1010);
    expect([...zScoreBytes(image(2, 1, 3, data)).data]).toEqual([85, 170, 170, 85, 85, 170]);
    expect(row(Float32Array.of(-1e-6, 1e-6))).toEqual([85, 170]);
  });

  test("makes an even image mid grey, and NaN black", () => {
    for (const value of [0, 77, 255]) expect(row(new Uint8Array(3).fill(value))).toEqual([128, 128, 128]);
    expect(row(Float32Array.of(0.1, 0.1, 0.1, Number.NaN))).toEqual([128, 128, 128, 0]);
  });
});

describe("readNormalisation", () => {
  test("takes none where nothing is said", () => {
    const read = (text?: string) => readNormalisation(text, "invalid_onnx", "a.onnx");
    expect([read(), read("none"), read("zscore")]).toEqual(["none", "none", "zscore"]);
  });

  test.each(["minmax", "ZSCORE", ""])("refuses %j", (text) => {
    const read = () => readNormalisation(text, "invalid_onnx", "a.onnx");
    expect(read).toThrow(FoveaError);
    expect(read).toThrow(`a.onnx: normalize: got ${text}, expected none or zscore`);
  });
});
