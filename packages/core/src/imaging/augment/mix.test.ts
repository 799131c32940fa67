import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { image } from "../image";
import { erase } from "./erase";
import { cutMix, mixUp, overlapArea, type Painted } from "./mix";

const SIZE = 60;
const box = (x1: number, y1: number, x2: number, y2: number) => ({ classId: 1, x1, y1, x2, y2 });

function flat(value: number, labels: Painted["labels"] = []): Painted {
  return { image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(value)), labels };
}

describe("mixUp", () => {
  test("blends about half and half, and keeps all labels", () => {
    const values: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const first = box(0, 0, 9, 9);
      const mixed = mixUp(flat(200, [first]), flat(0, [box(5, 5, 20, 20)]), new Random(seed));
      expect(mixed.labels).toEqual([first, box(5, 5, 20, 20)]);
      expect(new Set(mixed.image.data).size).toBe(1);
      values.push(mixed.image.data[0] / 200);
    }
    const mean = values.reduce((sum, value) => sum + value, 0) / 300;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 300;
    // Beta(32, 32): mean 1/2, variance 1 / (4 x 65) = .00385; standard errors .0036 and 8 %.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.012);
    expect(Math.abs(variance / 0.003846 - 1)).toBeLessThan(0.3);
  });
});

describe("cutMix", () => {
  test("takes a rectangle and its labels over, and touches no lesion", () => {
    let done = 0;
    for (let seed = 0; seed < 200; seed++) {
      const lesion = box(25, 25, 35, 35);
      const { image: shown, labels } = cutMix(flat(10, [lesion]), flat(200, [box(0, 0, 60, 60)]), new Random(seed));
      expect(labels[0]).toEqual(lesion);
      for (let y = 25; y < 35; y++) for (let x = 25; x < 35; x++) expect(shown.data[y * SIZE + x]).toBe(10);
      const cut = shown.data.reduce((count, value) => count + (value === 200 ? 1 : 0), 0);
      if (labels.length === 1) continue;
      done++;
      const [, { x1, y1, x2, y2 }] = labels;
      // The other lesion fills its image, so its box is the piece.
      expect(cut).toBe((x2 - x1) * (y2 - y1));
      for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) expect(shown.data[y * SIZE + x]).toBe(200);
    }
    expect(done).toBeGreaterThan(100);
  });

  test("leaves an image whose lesions fill it as it is", () => {
    const base = flat(10, [box(0, 0, 60, 60)]);
    expect(cutMix(base, flat(200), new Random(1))).toBe(base);
    expect(new Set(base.image.data)).toEqual(new Set([10]));
  });
});

describe("erase", () => {
  test("hides 2 % to 33 % and at most half of a lesion", () => {
    let hidden = 0;
    for (let seed = 0; seed < 200; seed++) {
      const lesion = box(20, 20, 40, 40);
      const { data } = erase(flat(10).image, [lesion], 114, new Random(seed));
      const count = (x1: number, y1: number, x2: number, y2: number) => {
        let n = 0;
        for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) if (data[y * SIZE + x] === 114) n++;
        return n;
      };
      hidden += count(0, 0, SIZE, SIZE) > 0 ? 1 : 0;
      expect(count(0, 0, SIZE, SIZE)).toBeLessThanOrEqual(0.36 * SIZE * SIZE);
      expect(count(20, 20, 40, 40)).toBeLessThanOrEqual(200);
    }
    expect(hidden).toBeGreaterThan(150);
  });
});

test("overlapArea is that of the common part", () => {
  expect(overlapArea(box(0, 0, 10, 10), box(5, 6, 20, 20))).toBe(20);
  expect(overlapArea(box(0, 0, 10, 10), box(10, 0, 20, 10))).toBe(0);
});
