import { describe, expect, test } from "vitest";
import { Random } from "../math/random";
import { blur, canvas, interpolate } from "./canvas";
import { LESION_CLASSES, lesionShape } from "./lesion";
import { drawPhantom, type Phantom } from "./phantom";

const set = Array.from({ length: 40 }, (_, index) => drawPhantom(5, index, { width: 256, height: 256 }));

function mean({ image: { data, width } }: Phantom, x1: number, y1: number, x2: number, y2: number): number {
  let sum = 0;
  for (let row = y1; row < y2; row++) for (let column = x1; column < x2; column++) sum += data[row * width + column];
  return sum / ((x2 - x1) * (y2 - y1));
}

describe("drawPhantom", () => {
  test("draws the same picture for the same seed and index, and another one for others", () => {
    const again = drawPhantom(5, 0, { width: 256, height: 256 });
    expect(again.image.data).toEqual(set[0].image.data);
    expect(again.lesions).toEqual(set[0].lesions);
    expect(drawPhantom(6, 0, { width: 256, height: 256 }).image.data).not.toEqual(set[0].image.data);
    expect(set[1].image.data).not.toEqual(set[0].image.data);
  });

  test("holds 12 bits, darker in the lungs than between them, darkest beside the neck", () => {
    for (const phantom of set) {
      expect(phantom.image.data.every((value) => value <= 4095)).toBe(true);
      // Right lung, mediastinum, air: by their place in a 350 mm field of 256 px.
      const lung = mean(phantom, 60, 100, 80, 120);
      const mediastinum = mean(phantom, 122, 130, 134, 150);
      const air = mean(phantom, 2, 2, 22, 12);
      expect(mediastinum).toBeGreaterThan(lung);
      expect(lung).toBeGreaterThan(air);
    }
  });

  test("has none to four lesions of all classes, and pictures without any", () => {
    const counts = set.map(({ lesions }) => lesions.length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    expect(counts).toContain(0);
    expect(new Set(set.flatMap(({ lesions }) => lesions.map(({ className }) => className))).size).toBe(3);
    for (const { classId, className } of set.flatMap(({ lesions }) => lesions)) {
      expect(LESION_CLASSES[classId]).toBe(className);
    }
  });

  test("keeps boxes inside the picture and apart from one another", () => {
    for (const { lesions } of set) {
      for (const [i, { box: a }] of lesions.entries()) {
        expect(a.x1 >= 0 && a.y1 >= 0 && a.x2 <= 256 && a.y2 <= 256 && a.x2 > a.x1 && a.y2 > a.y1).toBe(true);
        for (const { box: b } of lesions.slice(i + 1)) {
          expect(a.x2 <= b.x1 || b.x2 <= a.x1 || a.y2 <= b.y1 || b.y2 <= a.y1).toBe(true);
        }
      }
    }
  });

  test("tells nodules from masses by size: at most 3 cm, more than 3 cm", () => {
    for (const { lesions, spacingMm } of set) {
      for (const { className, box } of lesions) {
        const size = Math.max(box.x2 - box.x1, box.y2 - box.y1) * spacingMm;
        if (className === "nodule") expect(size).toBeLessThanOrEqual(31.5); // one pixel is 1.4 mm
        if (className === "mass") expect(size).toBeGreaterThan(30);
      }
    }
  });

  test("makes lesions brighter than what is around their boxes", () => {
    const lesions = set.flatMap((phantom) => phantom.lesions.map(({ box }) => ({ phantom, box })));
    const brighter = lesions.filter(({ phantom, box: { x1, y1, x2, y2 } }) => {
      const inside = mean(phantom, x1, y1, x2, y2);
      const [left, right] = [mean(phantom, x1 - 3, y1, x1, y2), mean(phantom, x2, y1, x2 + 3, y2)];
      return inside > (left + right) / 2;
    });
    expect(brighter.length / lesions.length).toBeGreaterThan(0.9);
  });

  test("spaces pixels so that the longer side is 350 mm", () => {
    expect(drawPhantom(0, 0, { width: 100, height: 200 })).toMatchObject({
      spacingMm: 1.75,
      image: { width: 100, height: 200, channels: 1 },
    });
  });

  test("draws each class as often as its share", () => {
    const counts = [0, 0, 0];
    for (let index = 0; index < 120; index++) {
      const { lesions } = drawPhantom(4, index, { width: 64, height: 64, shares: [10, 8, 2] });
      for (const { classId } of lesions) counts[classId]++;
    }
    const all = counts[0] + counts[1] + counts[2];
    // A tenth is rare: about 250 lesions have a standard deviation of two hundredths. Masses find room less often.
    expect(all).toBeGreaterThan(180);
    expect(Math.abs(counts[2] / all - 0.1)).toBeLessThan(0.05);
    expect(counts[0]).toBeGreaterThan(counts[1]);
    const none = drawPhantom(4, 1, { width: 64, height: 64, shares: [0, 0, 1] }).lesions;
    expect(none.every(({ className }) => className === "calcification")).toBe(true);
  });

  test("draws the same by equal shares as by none", () => {
    const [plain, equal] = [undefined, [2, 2, 2]].map((shares) => drawPhantom(1, 2, { width: 64, height: 64, shares }));
    expect(equal).toEqual(plain);
  });

  test.each([[[1, 1]], [[0, 0, 0]], [[1, -1, 1]], [[1, Number.NaN, 1]]])("refuses shares of %j", (shares) => {
    expect(() => drawPhantom(0, 0, { shares })).toThrow("shares are");
  });

  test.each([63, 8193, 99.5, Number.NaN])("refuses a side of %d pixels", (width) => {
    expect(() => drawPhantom(0, 0, { width })).toThrow("expected whole sides from 64 to 8192");
  });
});

describe("lesionShape", () => {
  test.each(LESION_CLASSES)("keeps a %s within its reach", (className) => {
    for (let seed = 0; seed < 50; seed++) {
      const { opacity, reachMm } = lesionShape(className, new Random(seed));
      for (let i = 0; i < 64; i++) {
        const angle = (i * Math.PI) / 32;
        expect(opacity(1.001 * reachMm * Math.cos(angle), 1.001 * reachMm * Math.sin(angle))).toBe(0);
      }
    }
  });
});

describe("canvas", () => {
  test("blur keeps a plane and the sum of what lies off the border", () => {
    const plane = canvas(45);
    plane.values.fill(2);
    blur(plane, 3);
    for (const value of plane.values) expect(value).toBeCloseTo(2, 5);
    const point = canvas(45);
    point.values[15 * point.size + 15] = 1;
    blur(point, 2);
    expect(point.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    // Two boxes of 5 cells each way: the middle keeps (5 / 25)^2.
    expect(point.values[15 * point.size + 15]).toBeCloseTo(0.04, 5);
  });

  test("interpolate goes straight from cell to cell and holds the border", () => {
    const source = { size: 2, values: Float32Array.of(0, 1, 2, 3) };
    expect(interpolate(source, 0.5, 0.5)).toBeCloseTo(1.5, 2);
    expect(interpolate(source, -5, -5)).toBe(0);
    expect(interpolate(source, 9, 9)).toBeCloseTo(3, 2);
  });
});
