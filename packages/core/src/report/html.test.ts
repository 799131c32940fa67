import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { FindingsTally, type ImageFindings } from "./findings";
import { findingsHtml, type HtmlReportOptions } from "./html";
import { html, relativeUrl } from "./html-text";

const mass: Finding = {
  classId: 1,
  className: "mass",
  confidence: 0.914,
  box: { x1: 10.4, y1: 20, x2: 60.4, y2: 60 },
  sizeMm: { width: 34.18, height: 27.34 },
};
const image = (extra: Partial<ImageFindings> = {}): ImageFindings => ({
  ...{ file: "a.dcm", width: 512, height: 480, findings: [mass] },
  ...extra,
});
function page(images: ImageFindings[], options?: HtmlReportOptions, model = "best.safetensors"): string {
  const tally = new FindingsTally();
  for (const one of images) tally.add(one);
  return findingsHtml({ model, imgsz: 640, conf: 0.25, iou: 0.7, images, summary: tally.summary() }, options);
}

describe("findingsHtml", () => {
  test("is one page that fetches nothing and runs nothing", () => {
    const text = page([image()], { pictures: [{ original: "original/a.png", annotated: "annotated/a.png" }] });
    expect(text.startsWith("<!doctype html>")).toBe(true);
    expect(text).not.toMatch(/https?:|<script|@import|url\(|<link/i);
    expect([...text.matchAll(/src="([^"]*)"/g)].map(([, src]) => src)).toEqual([
      "./original/a.png",
      "./annotated/a.png",
    ]);
  });

  test("says everything in both languages, with a switch", () => {
    const text = page([image()]);
    expect(text).toContain('for="show-zh"');
    expect(text).toContain("病灶检测报告");
    expect(text).toContain("Lesion detection report");
    expect(text.split('class="zh"').length).toBe(text.split('class="en"').length);
    expect(text).toMatch(/id="show-zh" checked>/);
    expect(page([image()], { language: "en" })).toMatch(/id="show-en" checked>/);
  });

  test("states what it is not", () => {
    expect(page([])).toContain("Not a medical device");
    expect(page([])).toContain("不是医疗器械");
  });

  test("gives findings in pixels and millimetres, and what the millimetres were measured on", () => {
    const spacingMm = { row: 0.68359375, column: 0.68359375, source: "ImagerPixelSpacing" } as const;
    const text = page([image({ spacingMm })], { colours: ["#111111", "#222222"] });
    expect(text).toContain("50 × 40");
    expect(text).toContain("34.2 × 27.3");
    expect(text).toContain("pixel spacing 0.6836 × 0.6836 mm (ImagerPixelSpacing, at the detector, magnified)");
    expect(text).toContain("background:#222222");
    expect(page([image()])).toContain("the file gives no pixel spacing");
  });

  test("shows images without findings and files that failed", () => {
    const error = { code: "invalid_dicom", message: "b.dcm: Rows: missing" } as const;
    const text = page([image({ findings: [] }), image({ file: "b.dcm", findings: [], error })]);
    expect(text).toContain("未检测到明显病灶");
    expect(text).toContain("DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（b.dcm: Rows: missing）");
    expect(text).toContain("send it again from where it comes from (b.dcm: Rows: missing)");
  });

  test("shows the metrics of the training run, with its curves", () => {
    const measures = { ap50: 0.8125, ap: 0.4, precision: 0.7, recall: 0.6, sensitivity1: 0.65 };
    const perClass = [{ classId: 0, name: "nodule", ...measures, labels: 31, images: 28 }];
    const metrics = {
      map50: 0.8034,
      map5095: 0.5131,
      precision: 0.797,
      recall: 0.804,
      perClass,
      sizes: [],
      images: 40,
      labels: 92,
    };
    const text = page([], { training: { metrics, epochs: 25, curves: "runs/results.png" } });
    for (const value of ["0.803", "0.513", "0.797", "0.804", "0.813", "./runs/results.png", "25"])
      expect(text).toContain(value);
  });

  test("shows one picture of both, and says how many images it leaves out", () => {
    const text = page([image({})], { pictures: [{ sideBySide: "sidebyside/a 1.jpg" }], omitted: 2 });
    expect(text).toContain('src="./sidebyside/a%201.jpg"');
    expect(text.match(/<figure>/g)).toHaveLength(1);
    expect(text).toContain("另有2幅图像未在此页显示");
    expect(text).toContain("2 more images are not shown here");
    expect(page([image({})], {})).not.toContain("not shown here");
  });

  test("escapes text from files and models", () => {
    const evil = `<script>alert("1")</script>&'`;
    const findings = [{ ...mass, className: evil }];
    const error = { code: "invalid_image", message: evil } as const;
    const images = [image({ file: evil, findings }), image({ error })];
    const text = page(images, { date: evil, title: { zh: evil, en: evil }, colours: [`red"><script>`] }, evil);
    expect(text).not.toContain("<script");
    expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
  });
});

describe("html", () => {
  test("escapes strings and keeps pieces", () => {
    expect(html`<p>${"a<b"}${html`<i>${3}</i>`}${[html`x`, html`y`]}${undefined}</p>`.markup).toBe(
      "<p>a&lt;b<i>3</i>xy</p>",
    );
  });
});

describe("relativeUrl", () => {
  test.each([
    ["annotated/a.png", "./annotated/a.png"],
    ["annotated\\胸片 1#?.png", "./annotated/%E8%83%B8%E7%89%87%201%23%3F.png"],
    ["../a.png", "./../a.png"],
    ["javascript:alert(1)", "./javascript%3Aalert(1)"],
    ["//host/a.png", "./host/a.png"],
  ])("turns %s into %s", (path, url) => {
    expect(relativeUrl(path)).toBe(url);
  });
});
