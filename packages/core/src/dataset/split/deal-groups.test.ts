import { describe, expect, test } from "vitest";
import { Random } from "../../math/random";
import { dealGroups, equalShares, type GroupedImage } from "./deal-groups";

/** Images of `patient`, each with the classes given. */
const of = (group: string, ...classes: readonly (readonly number[])[]): GroupedImage[] =>
  classes.map((strata) => ({ group, strata }));

const deal = (images: readonly GroupedImage[], { k, seed }: { k: number; seed?: number }) =>
  dealGroups(images, equalShares(k), { seed, noun: "patient" });

describe("dealGroups", () => {
  test("never puts a patient into two folds, and leaves no fold empty", () => {
    const random = new Random(3);
    const images = Array.from({ length: 200 }, () => ({
      group: `p${random.integer(0, 23)}`,
      strata: Array.from({ length: random.integer(0, 4) }, () => random.integer(0, 3)),
    }));
    for (const seed of [0, 1, 2]) {
      const folds = deal(images, { k: 5, seed });
      const foldsOf = new Map<string, Set<number>>();
      images.forEach(({ group }, i) => {
        foldsOf.set(group, (foldsOf.get(group) ?? new Set()).add(folds[i]));
      });
      expect([...foldsOf.values()].every((own) => own.size === 1)).toBe(true);
      expect(new Set(folds)).toEqual(new Set([0, 1, 2, 3, 4]));
    }
  });

  test("deals a rare class out evenly", () => {
    // Four patients with class 1, eight without: each of four folds must get one of the four.
    const images = [
      ...["a", "b", "c", "d"].flatMap((patient) => of(patient, [0, 1])),
      ...["e", "f", "g", "h", "i", "j", "k", "l"].flatMap((patient) => of(patient, [0])),
    ];
    const folds = deal(images, { k: 4 });
    expect(folds.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
    // Twelve images in four folds: three in each.
    expect([0, 1, 2, 3].map((fold) => folds.filter((one) => one === fold).length)).toEqual([3, 3, 3, 3]);
  });

  test("gives the same folds for the same seed, in whatever order the files are listed", () => {
    const images = ["d", "a", "c", "b", "e", "f"].flatMap((patient) => of(patient, [0], []));
    const folds = deal(images, { k: 3, seed: 7 });
    expect(deal(images, { k: 3, seed: 7 })).toEqual(folds);
    const turned = deal(images.toReversed(), { k: 3, seed: 7 });
    expect(turned.toReversed()).toEqual(folds);
  });

  test("makes as many folds as there are patients, one in each, where one patient has nearly all images", () => {
    const images = [...of("a", ...Array.from({ length: 50 }, () => [0])), ...of("b", [0]), ...of("c", [])];
    expect(new Set(deal(images, { k: 3 })).size).toBe(3);
  });

  test("refuses more folds than patients, and fewer than two folds", () => {
    const images = [...of("a", [0], [0]), ...of("b", [0])];
    expect(() => deal(images, { k: 3 })).toThrow(/2 patients for 3 parts; .*fewer parts/);
    expect(() => deal(of("a", [0]), { k: 2 })).toThrow(/1 patient for 2 parts/);
    expect(() => deal(images, { k: 1 })).toThrow(/k is 1, expected a whole number of at least 2/);
  });

  test("gives unequal parts about what they shall have, of images and of every class", () => {
    // 200 patients of one image each, a tenth of them with the rare class 1: parts of 70, 15 and 15 %.
    const images = Array.from({ length: 200 }, (_, i) => ({ group: `p${i}`, strata: i % 10 === 0 ? [0, 1] : [0] }));
    const parts = dealGroups(images, [70, 15, 15], { seed: 4 });
    const count = (part: number, rare: boolean) =>
      images.filter(({ strata }, i) => parts[i] === part && (!rare || strata.length === 2)).length;
    expect([0, 1, 2].map((part) => count(part, true))).toEqual([14, 3, 3]);
    expect([0, 1, 2].map((part) => count(part, false))).toEqual([140, 30, 30]);
  });

  test("refuses parts of no size", () => {
    expect(() => dealGroups(of("a", [0]), [1, 0])).toThrow(/share of a part is 0/);
  });
});
