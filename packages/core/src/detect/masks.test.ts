import { describe, expect, test } from "vitest";
import { polygonArea } from "../geometry/polygon";
import { Random } from "../math/random";
import { type MaskWindow, maskLogits, maskOutline, type Prototypes } from "./masks";

/** One prototype of 8 x 8 pixels, each as large as 4 x 4 of the network's input. */
function one(value: (x: number, y: number) => number): Prototypes {
  const data = Float32Array.from({ length: 64 }, (_, i) => value(i % 8, Math.floor(i / 8)));
  return { width: 8, height: 8, data, scale: 4 };
}

const WHOLE = { x1: 0, y1: 0, x2: 32, y2: 32 };
const ONE = Float32Array.of(1);

/** Whether (x, y) lies inside an outline, by the even-odd rule. */
function inside(points: readonly number[], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const crosses = points[i + 1] > y !== points[j + 1] > y;
    const at = points[i] + ((y - points[i + 1]) / (points[j + 1] - points[i + 1])) * (points[j] - points[i]);
    if (crosses && x < at) odd = !odd;
  }
  return odd;
}

/** Mask pixels as the definition says: cut at the prototypes' size, scale the whole up, compare with 0. */
function reference({ width, height, data, scale }: Prototypes, coefficients: Float32Array, box: typeof WHOLE) {
  const cut = (x: number, y: number) => {
    if (!(x >= box.x1 / scale && x < box.x2 / scale && y >= box.y1 / scale && y < box.y2 / scale)) return 0;
    return coefficients.reduce((sum, c, k) => sum + c * data[(k * height + y) * width + x], 0);
  };
  const at = (x: number, y: number) => {
    const [sx, sy] = [x, y].map((p) => Math.max(0, (p + 0.5) / scale - 0.5));
    const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
    const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
    const upper = cut(x0, y0) * (1 - (sx - x0)) + cut(x1, y0) * (sx - x0);
    const lower = cut(x0, y1) * (1 - (sx - x0)) + cut(x1, y1) * (sx - x0);
    return upper * (1 - (sy - y0)) + lower * (sy - y0);
  };
  return { at, width: width * scale, height: height * scale };
}

describe("maskLogits", () => {
  test("weighs the prototypes with the coefficients", () => {
    const data = Float32Array.from({ length: 2 * 64 }, (_, i) => (i < 64 ? 1 : 10));
    const window = maskLogits({ width: 8, height: 8, data, scale: 4 }, Float32Array.of(3, 0.5), WHOLE);
    expect([window.left, window.top, window.width, window.height]).toEqual([0, 0, 32, 32]);
    expect(window.logits.every((value) => value === 3 + 5)).toBe(true);
  });

  test("keeps what lies in the box, and blends into zero around it", () => {
    // Prototype pixels 2 and 3 have their index in [5 / 4, 13 / 4); with the zeros around, 1 ... 4: from 4 px on.
    const { left, width, logits } = maskLogits(
      one(() => 8),
      ONE,
      { ...WHOLE, x1: 5, x2: 13 },
    );
    expect([left, width]).toEqual([4, 16]);
    // Centres of the pixels 4, 5, 6 ... at (p + 0.5) / 4 - 0.5 prototype pixels: 0.625 (zero), ... 1.125, 1.375.
    expect([...logits.subarray(0, 6)]).toEqual([0, 0, 1, 3, 5, 7]);
  });

  test("is empty for a box without a prototype pixel's index", () => {
    const { width, height } = maskLogits(
      one(() => 8),
      ONE,
      { x1: 5, y1: 5, x2: 6, y2: 6 },
    );
    expect([width, height]).toEqual([0, 0]);
    expect(maskOutline({ left: 0, top: 0, width, height, logits: new Float32Array(0) })).toEqual([]);
  });
});

describe("maskOutline", () => {
  const square = (...logits: readonly number[]): MaskWindow => {
    const side = Math.sqrt(logits.length);
    return { left: 10, top: 20, width: side, height: side, logits: Float32Array.from(logits) };
  };

  test("follows the line where the logits cross 0", () => {
    // One pixel of 1 in a cross of -1: crossings half way between the centres, which are at 11.5, 21.5.
    const outline = maskOutline(square(-1, -1, -1, -1, 1, -1, -1, -1, -1));
    const points = Array.from({ length: outline.length / 2 }, (_, i) => outline.slice(2 * i, 2 * i + 2));
    const expected = [
      [12, 21.5],
      [11.5, 21],
      [11, 21.5],
      [11.5, 22],
    ];
    expect(points).toHaveLength(4);
    for (const [x, y] of expected) {
      expect(points.some((p) => Math.abs(p[0] - x) < 1e-5 && Math.abs(p[1] - y) < 1e-5)).toBe(true);
    }
  });

  test("a mask without a pixel has no outline", () => {
    expect(maskOutline(square(0, -1, 0, -5))).toEqual([]);
  });

  test("joins parts and holes without enclosing anything between them", () => {
    // Two columns of 2 x 7 pixels of value 1, and a ring with a hole: areas by counting pixels, corners cut off.
    const side = 16;
    const logits = new Float32Array(side * side).fill(-1);
    const paint = (x1: number, y1: number, x2: number, y2: number, value: number) => {
      for (let y = y1; y < y2; y++) logits.fill(value, y * side + x1, y * side + x2);
    };
    paint(1, 1, 3, 8, 1);
    paint(12, 1, 14, 8, 1);
    paint(4, 9, 12, 15, 1);
    paint(6, 11, 10, 13, -1);
    const outline = maskOutline({ left: 0, top: 0, width: side, height: side, logits });
    // 2 * 14 + 8 * 6 - 4 * 2 pixels; each of 3 * 4 outer corners loses 1/8, each of 4 inner ones gains it.
    expect(polygonArea(outline)).toBeCloseTo(28 + 48 - 8 - 12 / 8 + 4 / 8, 3);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) expect(inside(outline, x + 0.5, y + 0.5)).toBe(logits[y * side + x] > 0);
    }
  });

  test.each([1, 2, 3, 4, 5])("holds exactly the pixels of the mask by its definition, seed %d", (seed) => {
    const random = new Random(seed);
    const data = Float32Array.from({ length: 3 * 64 }, () => random.normal());
    const prototypes: Prototypes = { width: 8, height: 8, data, scale: 4 };
    const coefficients = Float32Array.from({ length: 3 }, () => random.normal());
    const box = { x1: random.uniform(-4, 10), y1: random.uniform(-4, 10), x2: random.uniform(14, 36), y2: 29 };
    const outline = maskOutline(maskLogits(prototypes, coefficients, box));
    const expected = reference(prototypes, coefficients, box);
    let differ = 0;
    let pixels = 0;
    for (let y = 0; y < expected.height; y++) {
      for (let x = 0; x < expected.width; x++) {
        const value = expected.at(x, y);
        if (value > 0) pixels++;
        if (Math.abs(value) > 1e-4 && inside(outline, x + 0.5, y + 0.5) !== value > 0) differ++;
      }
    }
    expect(pixels).toBeGreaterThan(50);
    expect(differ).toBe(0);
  });
});
