import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { byFolds, byLeavingOut, byRatios } from "./divide";
import { findLeaks, leakText } from "./leaks";
import { strataOf } from "./strata";

/** Images of 60 patients, one to five each, with labels of two classes. */
function patients(seed: number) {
  const random = new Random(seed);
  return Array.from({ length: 60 }, (_, p) => p).flatMap((p) =>
    Array.from({ length: random.integer(1, 6) }, () => ({
      group: `p${p}`,
      strata: Array.from({ length: random.integer(0, 4) }, () => random.integer(0, 2)),
    })),
  );
}

describe("byRatios", () => {
  const images = patients(1);

  test("makes train, val and test near their sizes, no patient in two of them", () => {
    const { parts } = byRatios(images, [70, 15, 15], { seed: 2 });
    expect(parts.map(({ name }) => name)).toEqual(["train", "val", "test"]);
    const shares = parts.map((part) => part.images.length / images.length);
    // A patient has at most 5 of about 180 images: within 4 %.
    expect(Math.abs(shares[0] - 0.7)).toBeLessThan(0.04);
    expect(Math.abs(shares[1] - 0.15)).toBeLessThan(0.04);
    const partOf = images.map((_, i) => parts.find((part) => part.images.includes(i))?.name);
    expect(
      findLeaks(
        images.map(({ group }) => group),
        partOf,
      ),
    ).toEqual([]);
    expect(parts.flatMap((part) => part.images).sort((a, b) => a - b)).toEqual(images.map((_, i) => i));
  });

  test("gives the same patients the same part for the same seed, however the images are listed", () => {
    const partsOf = (order: readonly { readonly group: string; readonly strata: readonly number[] }[]) => {
      const { parts } = byRatios(order, [80, 20], { seed: 9 });
      return parts.map((part) => [...new Set(part.images.map((i) => order[i].group))].sort());
    };
    expect(partsOf(new Random(5).shuffle([...images]))).toEqual(partsOf(images));
    expect(byRatios(images, [80, 20], { seed: 9 })).toEqual(byRatios(images, [80, 20], { seed: 9 }));
    expect(byRatios(images, [80, 20], { seed: 10 })).not.toEqual(byRatios(images, [80, 20], { seed: 9 }));
  });

  test("refuses a single part, and fewer patients than parts", () => {
    expect(() => byRatios(images, [100])).toThrow(/two or more/);
    expect(() => byRatios([{ group: "a", strata: [] }], [50, 50], { noun: "patient" })).toThrow(
      /1 patient for 2 parts/,
    );
  });
});

describe("byFolds", () => {
  test("holds every image out once", () => {
    const images = patients(3);
    const folds = byFolds(images, 4);
    expect(folds.map(({ name }) => name)).toEqual(["fold1", "fold2", "fold3", "fold4"]);
    const held = folds.flatMap(({ parts }) => parts[1].images).sort((a, b) => a - b);
    expect(held).toEqual(images.map((_, i) => i));
    for (const { parts } of folds) expect(parts[0].images.length + parts[1].images.length).toBe(images.length);
  });
});

describe("byLeavingOut", () => {
  test("holds each site out once, by name", () => {
    expect(byLeavingOut(["b", "a", "b"])).toEqual([
      {
        name: "a",
        parts: [
          { name: "train", images: [0, 2] },
          { name: "val", images: [1] },
        ],
      },
      {
        name: "b",
        parts: [
          { name: "train", images: [1] },
          { name: "val", images: [0, 2] },
        ],
      },
    ]);
  });

  test("needs two sites", () => {
    expect(() => byLeavingOut(["a", "a"])).toThrow(/all images are of a/);
  });
});

describe("findLeaks", () => {
  test("names who stands in several parts, and leaves out who or where is not known", () => {
    const leaks = findLeaks(["b", "b", "a", "a", undefined, "c"], ["train", "val", "train", "train", "val", undefined]);
    expect(leaks.map((leak) => [leak.group, leakText(leak)])).toEqual([["b", "train 1, val 1"]]);
  });
});

describe("strataOf", () => {
  const box = (classId: number, side: number) => ({ classId, box: { x1: 0, y1: 0, x2: side, y2: side } });
  const set = {
    categories: [{ name: "x" }, { name: "y" }],
    images: [
      { file: "a", annotations: [box(0, 10), box(1, 20)] },
      { file: "b", annotations: [box(0, 40), { ...box(1, 80), ignore: true }] },
      { file: "c", annotations: [] },
    ],
  };

  test("are classes, thirds of the sizes after them, or both; what is ignored counts in none", () => {
    expect(strataOf(set, ["class"])).toEqual([[0, 1], [0], []]);
    expect(strataOf(set, ["size"])).toEqual([[0, 1], [2], []]);
    expect(strataOf(set, ["class", "size"])).toEqual([[0, 2, 1, 3], [0, 4], []]);
    expect(strataOf(set, [])).toEqual([[], [], []]);
  });
});
