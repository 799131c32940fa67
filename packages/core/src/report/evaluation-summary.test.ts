import { describe, expect, test } from "vitest";
import { evaluate } from "../metrics/evaluate";
import { type EvaluationCase, EvaluationRecord } from "../metrics/evaluation-record";
import { ofTen, summarySentences, weakGroups } from "./evaluation-summary";

/** Boxes of ten pixels, one for each score; lesions and findings of one place are the same. */
function image(file: string, places: readonly number[], found: readonly (readonly [place: number, score: number])[]) {
  const boxes = (at: readonly number[]) => ({
    boxes: Float32Array.from(at.flatMap((x) => [20 * x, 0, 20 * x + 10, 10])),
    classIds: new Int32Array(at.length),
  });
  const detections = {
    ...boxes(found.map(([place]) => place)),
    scores: Float32Array.from(found, ([, score]) => score),
  };
  return { file, truth: boxes(places), detections };
}

function evaluation(...cases: EvaluationCase[]) {
  const record = new EvaluationRecord(["nodule"]);
  for (const one of cases) record.add(one);
  return evaluate(record, { threshold: 0.5, resamples: 50 });
}

const text = (one: ReturnType<typeof evaluation>, language: "zh" | "en") => {
  const { tested, found, healthy, certainty } = summarySentences(one, language);
  return [tested, found, healthy, certainty].join(" ").replaceAll("\u00a0", " ");
};

describe("summarySentences", () => {
  test("of a mixed result count lesions, false alarms and healthy images", () => {
    const one = evaluation(
      image("a", [0, 1], [[0, 0.9]]),
      image("b", [], [[3, 0.8]]),
      image("c", [], []),
      image("d", [], []),
    );
    const en = text(one, "en");
    expect(en).toContain("Tested on 4 images: 2 lesions in 1 image, 3 images without any.");
    expect(en).toContain("finds 1 of 2 lesions, 50.0 %");
    // One in four images.
    expect(en).toContain("with 0.25 false alarms per image");
    expect(en).toContain("Of 3 images without a lesion, 2 are rightly left without a finding (specificity 66.7 %");
    const zh = text(one, "zh");
    expect(zh).toContain("测试使用4幅图像：其中1幅共标注2处病灶，3幅无病灶。");
    expect(zh).toContain("模型找到2处病灶中的1处，检出率50.0 %");
    expect(zh).toContain("平均每幅图像误报0.25处");
    expect(zh).toContain("3幅无病灶图像中，2幅正确地没有检出（特异度66.7 %");
  });

  test("count images with nothing but an unjudged region neither with lesions nor without", () => {
    const unclear = { ...image("c", [], [[7, 0.9]]), regions: Float32Array.of(0, 0, 10, 10) };
    const one = evaluation(image("a", [0], [[0, 0.9]]), image("b", [], []), unclear);
    const en = text(one, "en");
    expect(en).toContain("1 lesion in 1 image, 1 image without any, 1 with nothing but what is not judged.");
    expect(en).toContain("Of 1 image without a lesion, 1 is rightly left");
    expect(text(one, "zh")).toContain("1幅无病灶，1幅只有不作评判的区域。");
  });

  test("of no lesion state no sensitivity", () => {
    const one = evaluation(image("a", [], [[0, 0.9]]), image("b", [], []));
    expect(text(one, "en")).toContain(
      "it cannot be said how many are found; the model reports 1 false alarm, 0.50 per image",
    );
    expect(text(one, "zh")).toContain("没有病灶，无法给出检出率；模型误报1处");
    expect(summarySentences(one, "en").certainty).toBeUndefined();
    expect(summarySentences(one, "en").warnings).toContain("No lesion is marked: no sensitivity can be stated.");
    expect(text(one, "en")).not.toContain("NaN");
    expect(text(one, "zh")).not.toContain("NaN");
  });

  test("of no detection say that nothing is reported", () => {
    const record = new EvaluationRecord(["nodule"]);
    record.add(image("a", [0], []));
    record.add(image("b", [], []));
    const one = evaluate(record, { resamples: 50 });
    expect(text(one, "en")).toContain("The model reports nothing: none of 1 lesion is found");
    expect(text(one, "zh")).toContain("模型没有任何检出：1处病灶均未找到，无误报。");
    expect(summarySentences(one, "zh").warnings).toContain("模型没有任何检出；请确认模型与这些图像是否匹配。");
  });

  test("of a perfect result have no false alarm and no weakness", () => {
    const one = evaluation(image("a", [0], [[0, 0.9]]), image("b", [1], [[1, 0.8]]), image("c", [], []));
    expect(text(one, "en")).toContain("finds 2 of 2 lesions, 100.0 %");
    expect(text(one, "en")).toContain("without a single false alarm");
    expect(text(one, "zh")).toContain("检出率100.0 %");
    expect(text(one, "zh")).toContain("没有误报");
    expect(summarySentences(one, "en").weaknesses).toEqual([]);
  });

  test("name a group of which clearly fewer lesions are found, the weakest first", () => {
    // 40 lesions found at site A; of 20 at site B 2.
    const found = Array.from({ length: 40 }, (_, i) => ({
      ...image(`a${i}`, [0], [[0, 0.9]]),
      attributes: { site: "A" },
    }));
    const missed = Array.from({ length: 20 }, (_, i) => ({
      ...image(`b${i}`, [0], i < 2 ? [[0, 0.9]] : []),
      attributes: { site: "B" },
    }));
    const one = evaluation(...found, ...missed);
    expect(weakGroups(one).map(({ by, value }) => [by, value])).toEqual([["site", "B"]]);
    expect(summarySentences(one, "en").weaknesses[0]).toContain("Weaker for site B: 2 of 20 found");
    expect(summarySentences(one, "zh").weaknesses[0]).toContain("较弱：中心 B，20处中找到2处");
  });
});

describe("ofTen", () => {
  test.each([
    [Number.NaN, "–", "–"],
    [0, "none", "一个也没有"],
    [0.02, "fewer than 1 of 10", "10个中不到1个"],
    [0.56, "about 6 of 10", "10个中约6个"],
    [0.97, "more than 9 of 10", "10个中9个以上"],
    [1, "all", "全部"],
  ])("says %d as %s", (share, en, zh) => {
    expect([ofTen(share, "en"), ofTen(share, "zh")]).toEqual([en, zh]);
  });
});
