import { describe, expect, test } from "vitest";
import type { AnnotatedImage, Annotation } from "../annotation-set";
import { checkSet, severityCounts } from "./check-set";
import { classFindings } from "./class-checks";
import { emptyLabelFindings } from "./empty-labels";
import { FINDING_KINDS } from "./finding-kinds";
import { leakageFindings } from "./leakage-checks";
import { outlierFindings } from "./outliers";

const square = (classId: number, side: number, at = 10): Annotation => ({
  classId,
  box: { x1: at, y1: at, x2: at + side, y2: at + side },
});

const image = (file: string, annotations: readonly Annotation[] = [], rest: Partial<AnnotatedImage> = {}) => ({
  file,
  width: 1000,
  height: 1000,
  annotations,
  ...rest,
});

const many = (count: number, of: (i: number) => AnnotatedImage) => Array.from({ length: count }, (_, i) => of(i));

describe("classFindings", () => {
  const categories = ["often", "rare", "never"].map((name) => ({ name }));

  test("finds classes never seen, hardly seen, and missing in a part", () => {
    const images = [
      ...many(30, (i) => image(`t${i}`, [square(0, 20)], { split: "train" })),
      image("v", [square(0, 20)], { split: "val" }),
      image("r", [square(1, 20)], { split: "train" }),
    ];
    expect(classFindings({ categories, images }).map(({ kind, message }) => [kind, message.en])).toEqual([
      ["class_rare", "rare: 1 box in all"],
      ["class_missing_in_part", "rare: no box in val, 1 box in all"],
      ["class_never", "never: no box"],
    ]);
  });

  test("says nothing of classes where nothing is labelled at all", () => {
    expect(classFindings({ categories, images: [image("a")] })).toEqual([]);
  });
});

describe("outlierFindings", () => {
  const categories = [{ name: "nodule" }];

  test("finds the box ten times as large as all others, and the long one, not one that the edge cuts", () => {
    const usual = many(30, (i) => image(`a${i}`, [square(0, 20 + (i % 3))]));
    const long = { classId: 0, box: { x1: 100, y1: 100, x2: 200, y2: 104 } };
    const cut = { classId: 0, box: { x1: 0, y1: 100, x2: 4, y2: 200 } };
    const images = [...usual, image("huge", [square(0, 210)]), image("long", [long]), image("cut", [cut])];
    expect(outlierFindings({ categories, images }).map(({ kind, images: [i] }) => [kind, images[i].file])).toEqual([
      ["size_outlier", "huge"],
      ["aspect_outlier", "long"],
    ]);
  });

  test("says nothing of a class with few boxes", () => {
    expect(outlierFindings({ categories, images: [image("a", [square(0, 5)]), image("b", [square(0, 500)])] })).toEqual(
      [],
    );
  });
});

describe("leakageFindings", () => {
  const images = ["train", "train", "val", "val"].map((split, i) => image(`${i}.png`, [], { split }));

  test("finds the patient in two parts, with one image of each first", () => {
    const [found, ...others] = leakageFindings(images, ["a", "b", "b", "c"]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: "patient_leakage", severity: "error", images: [1, 2] });
    expect(found.message.en).toBe("patient b: train 1, val 1");
  });

  test("finds the study or series in two parts where the patient is not known", () => {
    const of = (attributes: AnnotatedImage["attributes"]) => images.map((one) => ({ ...one, attributes }));
    const nobody = images.map(() => undefined);
    const texts = (own: readonly AnnotatedImage[]) => leakageFindings(own, nobody).map(({ message }) => message.en);
    expect(texts(of({ study_uid: "1.2", series_uid: "1.2.3" }))[0]).toBe("study 1.2: train 2, val 2");
    expect(texts(of({ series_uid: "1.2.3" }))[0]).toBe("series 1.2.3: train 2, val 2");
  });

  test("finds the study in two parts where the patient is known in one of them only", () => {
    const own = images.map((one, i) => ({ ...one, attributes: { study: i === 1 || i === 2 ? "s" : `${i}` } }));
    const found = leakageFindings(own, ["a", "b", undefined, "c"]);
    expect(found.map(({ message }) => message.en)[0]).toBe("study s: train 1, val 1");
  });

  test("finds the file that two parts list, whether or not its picture is there", () => {
    const own = [image("a.png", [], { split: "train" }), image("b.png", [], { split: "val" })];
    const set = { categories: [], images: [...own, image("a.png", [], { split: "val" })] };
    const found = checkSet({ set }).filter(({ kind }) => kind === "duplicate_across_parts");
    expect(found).toMatchObject([{ severity: "error", images: [0, 2] }]);
    expect(found[0].message.en).toBe("same file: train: a.png = val: a.png");
  });

  test("says that nothing can be said where patients are not known", () => {
    const found = leakageFindings(images, ["a", undefined, undefined, "c"]);
    expect(found.map(({ kind }) => kind)).toEqual(["patient_unknown"]);
    expect(found[0].message.en).toContain("2 of 4 images in 2 parts");
  });

  test("is silent where there is one part only", () => {
    expect(leakageFindings([image("a"), image("b")], ["p", "p"])).toEqual([]);
  });
});

describe("emptyLabelFindings", () => {
  const labelled = (prefix: string, count: number) => many(count, (i) => image(`${prefix}${i}.png`, [square(0, 20)]));
  const empty = (prefix: string, count: number) => many(count, (i) => image(`${prefix}${900 + i}.png`));

  test("finds the image without labels among names of which nearly all have some, where other names have none", () => {
    const images = [...labelled("y", 19), ...empty("y", 1), ...empty("no", 15)];
    const found = emptyLabelFindings(images);
    expect(found.map(({ images: [i] }) => images[i].file)).toEqual(["y900.png"]);
    expect(found[0].message.en).toBe("19 of 20 images named y have labels, this one has none");
  });

  test("takes images without labels for negatives where no kind of name is one of negatives", () => {
    expect(emptyLabelFindings([...labelled("y", 19), ...empty("y", 1)])).toEqual([]);
  });

  test("looks at folders, too", () => {
    const images = [...labelled("pos/", 19), ...empty("pos/", 1), ...empty("neg/", 12)];
    expect(emptyLabelFindings(images).map(({ images: [i] }) => images[i].file)).toEqual(["pos/900.png"]);
  });

  test("notes it of one patient's images", () => {
    const images = [...labelled("a", 11), ...empty("b", 1)];
    const found = emptyLabelFindings(
      images,
      images.map(() => "p1"),
    );
    expect(found.map(({ images: [i], severity }) => [images[i].file, severity])).toEqual([["b900.png", "note"]]);
  });
});

describe("checkSet", () => {
  test("puts the gravest first, problems of files among them, and counts", () => {
    const set = {
      categories: [{ name: "nodule" }],
      images: [image("a.png", [square(0, 0), square(0, 2)]), image("b.png", [square(0, 40)])],
    };
    const problem = {
      severity: "warning",
      code: "invalid_annotations",
      file: "x.json",
      at: "annotation 3",
      message: "odd",
    } as const;
    const findings = checkSet({ set, problems: [problem] });
    expect(findings.map(({ kind }) => kind)).toEqual([
      "degenerate_box",
      "annotation_problem",
      "class_rare",
      "tiny_box",
    ]);
    expect(findings[1]).toMatchObject({ file: "x.json", message: { en: "annotation 3: odd" } });
    expect(severityCounts(findings)).toEqual({ error: 1, warning: 2, note: 1 });
  });

  test("has a name and an advice in both languages for every kind", () => {
    for (const { name, mend } of Object.values(FINDING_KINDS)) {
      expect([name.zh, name.en, mend.zh, mend.en].every((text) => text.length > 0)).toBe(true);
    }
  });
});
