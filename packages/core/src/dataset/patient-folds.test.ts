import { describe, expect, test } from "vitest";
import { Random } from "../math/random";
import { type FoldImage, patientFolds } from "./patient-folds";

/** Images of `patient`, each with the classes given. */
const of = (patient: string, ...classes: readonly (readonly number[])[]): FoldImage[] =>
  classes.map((classIds) => ({ patient, classIds }));

describe("patientFolds", () => {
  test("never puts a patient into two folds, and leaves no fold empty", () => {
    const random = new Random(3);
    const images = Array.from({ length: 200 }, () => ({
      patient: `p${random.integer(0, 23)}`,
      classIds: Array.from({ length: random.integer(0, 4) }, () => random.integer(0, 3)),
    }));
    for (const seed of [0, 1, 2]) {
      const folds = patientFolds(images, { k: 5, seed });
      const foldsOf = new Map<string, Set<number>>();
      images.forEach(({ patient }, i) => {
        foldsOf.set(patient, (foldsOf.get(patient) ?? new Set()).add(folds[i]));
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
    const folds = patientFolds(images, { k: 4 });
    expect(folds.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
    // Twelve images in four folds: three in each.
    expect([0, 1, 2, 3].map((fold) => folds.filter((one) => one === fold).length)).toEqual([3, 3, 3, 3]);
  });

  test("gives the same folds for the same seed, in whatever order the files are listed", () => {
    const images = ["d", "a", "c", "b", "e", "f"].flatMap((patient) => of(patient, [0], []));
    const folds = patientFolds(images, { k: 3, seed: 7 });
    expect(patientFolds(images, { k: 3, seed: 7 })).toEqual(folds);
    const turned = patientFolds(images.toReversed(), { k: 3, seed: 7 });
    expect(turned.toReversed()).toEqual(folds);
  });

  test("makes as many folds as there are patients, one in each, where one patient has nearly all images", () => {
    const images = [...of("a", ...Array.from({ length: 50 }, () => [0])), ...of("b", [0]), ...of("c", [])];
    expect(new Set(patientFolds(images, { k: 3 })).size).toBe(3);
  });

  test("refuses more folds than patients, and fewer than two folds", () => {
    const images = [...of("a", [0], [0]), ...of("b", [0])];
    expect(() => patientFolds(images, { k: 3 })).toThrow(/2 patients for 3 folds; .*smaller k/);
    expect(() => patientFolds(of("a", [0]), { k: 2 })).toThrow(/1 patient for 2 folds/);
    expect(() => patientFolds(images, { k: 1 })).toThrow(/k is 1, expected a whole number of at least 2/);
  });
});
