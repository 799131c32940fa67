import { describe, expect, test } from "vitest";
import { evaluate } from "../metrics/evaluate";
import { EvaluationRecord } from "../metrics/evaluation-record";
import { evaluationTables } from "./evaluation-csv";
import { evaluationHtml } from "./evaluation-html";
import { evaluationJson } from "./evaluation-json";
import { evaluationSummaryHtml } from "./evaluation-summary-html";

const EVIL = `<img src=x onerror="alert(1)">`;

/** Two images: a lesion found at 0.9, one missed, one false alarm at 0.8; every name would run a script. */
function evaluation() {
  const record = new EvaluationRecord([EVIL, "mass"]);
  const boxes = Float32Array.of(0, 0, 10, 10, 50, 50, 90, 90);
  record.add({
    file: `dir/${EVIL}.png`,
    patient: EVIL,
    attributes: { [EVIL]: EVIL, site: EVIL },
    truth: { boxes, classIds: Int32Array.of(0, 1) },
    detections: { boxes: boxes.slice(0, 4), classIds: Int32Array.of(0), scores: Float32Array.of(0.9) },
  });
  record.add({
    file: "=cmd.png",
    patient: "P2",
    attributes: { site: "other" },
    truth: { boxes: new Float32Array(), classIds: new Int32Array() },
    detections: { boxes: boxes.slice(4), classIds: Int32Array.of(1), scores: Float32Array.of(0.8) },
  });
  return evaluate(record, { threshold: 0.5, title: EVIL, subject: [[EVIL, EVIL]], resamples: 50 });
}

describe("evaluationHtml", () => {
  test("holds the numbers in both languages, and escapes every name", () => {
    const page = evaluationHtml(evaluation(), { language: "en", date: EVIL });
    expect(page).not.toContain("<img src=x");
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    // One of two lesions, one false alarm in two images.
    expect(page).toContain("finds 1 of 2 lesions, 50.0\u00a0%");
    expect(page).toContain("模型找到2处病灶中的1处");
    expect(page).toContain("with 0.50 false alarms per image");
    expect(page).toContain('id="show-en" checked');
  });

  test("needs nothing from outside and runs nothing", () => {
    const page = evaluationHtml(evaluation());
    expect(page).not.toMatch(/<script|<[^>]*\son\w+=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  test("shows a picture with its larger one, and sketches a case without", () => {
    const one = evaluation();
    expect(one.worst.map(({ kind }) => kind)).toEqual(["miss", "false alarm"]);
    const picture = { jpeg: "AAAA", width: 3, height: 2 };
    const page = evaluationHtml(one, { pictures: [{ thumb: picture, large: picture }, undefined] });
    expect(page).toContain('<a href="#picture-0"><img src="data:image/jpeg;base64,AAAA" width="3" height="2"');
    expect(page).toContain('id="picture-0"');
    expect(page).not.toContain('id="picture-1"');
    expect(page).toContain('class="sketch"');
  });
});

describe("evaluationSummaryHtml", () => {
  test.each(["zh", "en"] as const)("is one language: %s", (language) => {
    const page = evaluationSummaryHtml(evaluation(), { language });
    expect(page).not.toContain("<img src=x");
    expect(page).toContain(`class="lang-${language}"`);
    expect(page).toContain(language === "zh" ? "10个中约5个" : "about 5 of 10");
    expect(page.includes("Bear in mind")).toBe(language === "en");
  });
});

describe("evaluationJson", () => {
  test("has the same numbers, and null for what cannot be stated", () => {
    const json = JSON.parse(evaluationJson(evaluation(), { date: "2026-11-26" }));
    expect(json).toMatchObject({ format: "fovea-evaluation", version: 1, date: "2026-11-26" });
    expect(json.operating).toMatchObject({ threshold: 0.5, lesions: 2, found: 1, falseAlarms: 1 });
    expect(json.operating.sensitivity.value).toBe(0.5);
    expect(json.coco.large).toBeNull();
    expect(json.cases).toHaveLength(2);
    expect(json.precisionRecall.classes[0].curves.f1).toHaveLength(101);
  });
});

describe("evaluationTables", () => {
  test("have a row for each case, class and group, and defuse formulas", () => {
    const tables = evaluationTables(evaluation());
    const lines = tables["cases.csv"].split("\r\n");
    expect(lines[0]).toBe("\uFEFFfile,patient,score,positive,lesions,hits,misses,false_alarms");
    expect(lines[2]).toBe(`"'=cmd.png",P2,0.8,0,0,0,0,1`);
    expect(tables["per-class.csv"].split("\r\n")[2]).toMatch(/^mass,2,2,1,0,1,0,/);
    expect(tables["subgroups.csv"]).toContain("size_px,< 32 px,2,2,1,1,1,1,");
    expect(tables["froc.csv"].split("\r\n")[0]).toBe("\uFEFFfp_per_image,threshold,sensitivity,low,high");
  });
});
