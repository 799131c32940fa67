import { describe, expect, test } from "vitest";
import type { AnnotatedImage, AnnotationSet } from "./annotation-set";
import { groupAttribute } from "./image-group";
import { mergeAll } from "./merge-clashes";
import { onlyClasses, pickImages } from "./pick-images";
import { joinGroups } from "./together";
import { joinSets } from "./unite-classes";
import { parseCondition } from "./where";

const mark = (classId: number, x = 0) => ({ classId, box: { x1: x, y1: 0, x2: x + 10, y2: 10 } });

describe("pickImages", () => {
  // A tenth of 100 images show class 1.
  const set: AnnotationSet = {
    categories: [{ name: "often" }, { name: "rare" }],
    images: Array.from({ length: 100 }, (_, i) => ({
      file: `${String(i).padStart(3, "0")}.png`,
      annotations: [mark(i % 10 === 0 ? 1 : 0)],
    })),
  };

  test("takes as many as asked, the same for the same seed in whatever order they are listed", () => {
    const files = (of: AnnotationSet, seed: number) =>
      pickImages(of, 7, { seed })
        .map((i) => of.images[i].file)
        .sort();
    expect(files(set, 1)).toHaveLength(7);
    expect(files({ ...set, images: set.images.toReversed() }, 1)).toEqual(files(set, 1));
    expect(files(set, 2)).not.toEqual(files(set, 1));
    expect(pickImages(set, 500)).toHaveLength(100);
  });

  test("keeps the shares of the classes where asked: two of twenty are rare", () => {
    const picked = pickImages(set, 20, { stratify: ["class"] });
    expect(picked).toHaveLength(20);
    expect(picked.filter((i) => i % 10 === 0)).toHaveLength(2);
  });

  test("onlyClasses renumbers, and leaves out what shows none of them", () => {
    const rare = onlyClasses(set, ["rare"]);
    expect(rare.categories).toEqual([{ name: "rare" }]);
    expect(rare.images).toHaveLength(10);
    expect(rare.images[0].annotations[0].classId).toBe(0);
    expect(onlyClasses(set, ["rare"], { keepEmpty: true }).images).toHaveLength(100);
    expect(() => onlyClasses(set, ["gone"])).toThrow(/no class gone; the set has often, rare/);
  });
});

describe("parseCondition", () => {
  const image: AnnotatedImage = {
    file: "p1/a.png",
    split: "train",
    width: 640,
    annotations: [mark(0)],
    attributes: { site: "A", age: 60, patient_id: "p1", flag: true },
  };

  test.each([
    ["site=A", true],
    ["site = B", false],
    ["site!=B", true],
    ["age>=60", true],
    ["age>60", false],
    ["age<=60.5", true],
    ["age=60.0", true],
    ["age!=60.0", false],
    ["constructor=1", false],
    ["patient=p1", true],
    ["file~^p1/", true],
    ["boxes=1", true],
    ["width<700", true],
    ["split!=train", false],
    ["flag=true", true],
    ["scanner=X", false],
    ["scanner!=X", true],
    ["scanner>3", false],
  ])("holds %s: %s", (text, holds) => {
    expect(parseCondition(text)(image)).toBe(holds);
  });

  test.each([
    ["site", /wanted name, sign/],
    ["age>old", /compares with no number/],
    ["file~(", /no regular expression/],
  ])("refuses %s", (text, message) => {
    expect(() => parseCondition(text)).toThrow(message);
  });
});

test("groupAttribute reads the usual names, and an attribute's own", () => {
  expect(groupAttribute({ PatientID: " 7 " }, "patient")).toBe("7");
  expect(groupAttribute({ "Study Instance UID": "1.2" }, "study")).toBe("1.2");
  expect(groupAttribute({ scanner: "X" }, "scanner")).toBe("X");
  expect(groupAttribute({ patient_id: "" }, "patient")).toBeUndefined();
  expect(groupAttribute(undefined, "patient")).toBeUndefined();
});

test("joinGroups makes one group of those that must stay together, also in chains", () => {
  expect(
    joinGroups(
      ["d", "c", "b", "a", "e"],
      [
        [0, 1],
        [1, 2],
      ],
    ),
  ).toEqual(["b", "b", "b", "a", "e"]);
});

describe("sets put together", () => {
  const a: AnnotationSet = { categories: [{ name: "x", id: 7 }], images: [{ file: "1", annotations: [mark(0)] }] };
  const b: AnnotationSet = {
    categories: [
      { name: "y", id: 7 },
      { name: "x", id: 9 },
      { name: "X", id: 10 },
    ],
    images: [
      { file: "1", annotations: [mark(1, 0.2), mark(0, 50)] },
      { file: "2", annotations: [mark(2)] },
    ],
  };

  test("joinSets unites classes by name and keeps images apart", () => {
    const set = joinSets([a, b]);
    expect(set.categories.map(({ name }) => name)).toEqual(["x", "y", "X"]);
    expect(set.images.map(({ file }) => file)).toEqual(["1", "1", "2"]);
    expect(set.images[1].annotations.map(({ classId }) => classId)).toEqual([0, 1]);
  });

  test("mergeAll keeps each image and each mark once, and tells what clashed", () => {
    const { set, clashes } = mergeAll([a, b]);
    expect(set.images.map(({ file, annotations }) => [file, annotations.length])).toEqual([
      ["1", 2],
      ["2", 1],
    ]);
    expect(set.categories.every(({ id }) => id === undefined)).toBe(true);
    expect(clashes).toEqual([
      expect.stringContaining("classes x and X are kept apart"),
      expect.stringContaining("1 images are in two sets"),
      expect.stringContaining("1 annotations came twice"),
    ]);
  });
});
