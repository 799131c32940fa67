import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { candidatesOf, type Level, type ScoreOptions } from "./head-scores";

const FINE: Level = { width: 3, height: 2, stride: 8 };
const COARSE: Level = { width: 1, height: 1, stride: 16 };

/** Logits of two classes, -100 but in `cells`. */
function logits({ width, height }: Level, cells: Readonly<Record<number, readonly [number, number]>>): Float32Array {
  const count = width * height;
  const values = new Float32Array(2 * count).fill(-100);
  for (const [cell, pair] of Object.entries(cells)) {
    for (const [classId, logit] of pair.entries()) values[classId * count + Number(cell)] = logit;
  }
  return values;
}

/** Logit of a probability. */
const logit = (p: number) => Math.log(p / (1 - p));

const fine = logits(FINE, { 4: [-2, 0] });
const coarse = logits(COARSE, { 0: [logit(0.9), logit(0.8)] });
const find = (options: Partial<ScoreOptions> = {}) =>
  candidatesOf([FINE, COARSE], [fine, coarse], { nc: 2, ...options });

describe("candidatesOf", () => {
  test("gives the best class of each cell above the threshold, levels in a row", () => {
    const { scores, classIds, anchorIndex } = find();
    // The coarse level's only cell stands behind the six of the fine one; logit 0 is a score of 0.5.
    expect([...scores]).toEqual([0.5, Math.fround(0.9)]);
    expect([...classIds]).toEqual([1, 0]);
    expect([...anchorIndex]).toEqual([4, 6]);
  });

  test("a score must exceed the threshold, in single precision", () => {
    expect(find({ conf: 0.5 }).scores.length).toBe(1);
    expect(find({ conf: 0.4999 }).scores.length).toBe(2);
    // 0.9 in single precision is below 0.9 in double, and does not exceed itself.
    expect(find({ conf: 0.9 }).scores.length).toBe(0);
  });

  test("a threshold of 0 lets every cell pass, one of 1 none", () => {
    expect(find({ conf: 0 }).scores.length).toBe(7);
    expect(find({ conf: 1 }).scores.length).toBe(0);
  });

  test("a class filter leaves out cells whose best class is another", () => {
    expect([...find({ classes: [1] }).anchorIndex]).toEqual([4]);
    expect([...find({ classes: [] }).anchorIndex]).toEqual([]);
  });

  test("passes over scores that are no numbers", () => {
    const broken = new Float32Array(12).fill(Number.NaN);
    expect([...candidatesOf([FINE, COARSE], [broken, coarse], { nc: 2 }).anchorIndex]).toEqual([6]);
  });

  test("refuses logits of another size", () => {
    expect(() => find({ nc: 3 })).toThrow(ShapeError);
    expect(() => find({ nc: 3 })).toThrow("candidatesOf: 12 logits for 3 classes and 2 x 3 cells");
  });
});
