import { describe, expect, test } from "vitest";
import type { JudgedLesion } from "../rules/judge";
import { type ClinicalPage, clinicalHtml } from "./clinical-html";

const lesion: JudgedLesion = {
  ...{ classId: 0, className: "fracture", confidence: 0.914, box: { x1: 10.4, y1: 20, x2: 60.4, y2: 60 } },
  sizeMm: { width: 34.18, height: 27.34 },
  category: { zh: "中度", en: "moderate" },
  suggestion: { zh: "建议复查", en: "review suggested" },
};
const page = (extra: Partial<ClinicalPage> = {}): ClinicalPage => ({
  ...{ subject: "1.2.3", modelVersion: "best@0123456789ab", rulesVersion: "2026-11@ba9876543210", reportAbove: 0.5 },
  images: [{ file: "a.dcm", width: 512, height: 480, findings: [lesion, { ...lesion, confidence: 0.4 }] }],
  ...extra,
});
const only = (extra: object) => [{ ...page().images[0], ...extra }];
const PNG = "data:image/png;base64,iVBORw0KGgo=";

describe("clinicalHtml", () => {
  test("shows place, sizes, confidence, category, suggestion and what made them, in both languages", () => {
    const text = clinicalHtml(page({ classNames: { zh: { fracture: "骨折" } } }));
    for (const part of [
      ...["best@0123456789ab", "2026-11@ba9876543210", "50 × 40", "34.2 × 27.3", "0.91", "moderate", "中度", "骨折"],
      ...["fracture", "review suggested", "建议复查", "upper left", "左上", "Not a medical device", "不是医疗器械"],
      "department&#39;s own rule file",
    ]) {
      expect(text).toContain(part);
    }
    expect(text.split('class="zh"').length).toBe(text.split('class="en"').length);
  });

  test("leaves out what is not above the confidence that is reported, and says so", () => {
    const text = clinicalHtml(page());
    expect(text.match(/<tr><td>\d/g)).toHaveLength(1);
    expect(text).toContain("1 more of confidence 0.5 or less is not listed.");
    expect(clinicalHtml(page({ reportAbove: undefined })).match(/<tr><td>\d/g)).toHaveLength(2);
  });

  test("says below which confidence findings were left out, also where it was not the same everywhere, or nobody knows", () => {
    const said = (thresholds?: ClinicalPage["thresholds"]) =>
      [...clinicalHtml(page({ thresholds })).matchAll(/<dt>[^/]*置信度阈值.*?<dd>(.*?)<\/dd>/g)].map(([, value]) =>
        value.replaceAll(/<[^>]*>/g, "|"),
      );
    expect(said()).toEqual([]);
    expect(said([0.25, 0.25])).toEqual([expect.stringMatching(/\|0\.25\|+ ?\|*0\.25\|/)]);
    expect(said([0.5, 0.25, undefined])).toEqual([
      expect.stringMatching(/0\.25、0\.5、部分图像未记录.*0\.25, 0\.5, not recorded for some images/),
    ]);
    expect(said([undefined])).toEqual([expect.stringMatching(/\|未记录\|.*\|not recorded\|/)]);
  });

  test("fetches nothing and runs nothing: pictures come along", () => {
    const text = clinicalHtml(page({ images: only({ picture: PNG }) }));
    expect(text).toContain(`src="${PNG}"`);
    expect(text).toContain("default-src &#39;none&#39;");
    expect(text).not.toMatch(/https?:|<script|@import|url\(|<link/i);
    expect(clinicalHtml(page({ images: only({ picture: "annotated/a 1.jpg" }) }))).toContain(
      'src="./annotated/a%201.jpg"',
    );
  });

  test.each([
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml;base64,PHN2Zz4=",
    'data:image/png;base64,"><script>',
  ])("refuses %s as a picture", (picture) => {
    expect(() => clinicalHtml(page({ images: only({ picture }) }))).toThrow("expected PNG or JPEG in base64");
  });

  test("says how many of the images that it does not show have findings", () => {
    const text = clinicalHtml(page({ omitted: 5, omittedWithFindings: 2 }));
    expect(text).toContain("5 more images are not shown here, 2 of them with findings.");
    expect(text).toContain("另有5幅图像未在此页显示，其中2幅有检出。");
  });

  test("counts images where it shows frames, and says so of those that it does not show", () => {
    // Two frames of one image, two of which are not shown, and another image that is not.
    const images = [page().images[0], { ...page().images[0], frame: 1 }];
    const text = clinicalHtml(page({ images, all: 2, unread: 1, omitted: 3, omittedWithFindings: 2 }));
    expect(text).toMatch(/<dt>.*Images.*<\/dt><dd>2<\/dd>/);
    expect(text).toContain("Note: of 2 images, 1 was not analysed");
    expect(text).toContain("3 more images or frames are not shown here, 2 of them with findings.");
    expect(text).toContain("另有3幅图像（或帧）未在此页显示，其中2幅有检出。");
  });

  test("says why an image could not be read, and how many it does not show", () => {
    const error = { code: "invalid_dicom", message: "cut off" };
    const text = clinicalHtml(page({ images: only({ error, findings: [] }), omitted: 3 }));
    expect(text).toContain("DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（cut off）");
    expect(text).toContain(
      "the DICOM file is damaged or breaks the standard; send it again from where it comes from (cut off)",
    );
    expect(text).toContain("另有3幅图像未在此页显示");
  });

  test("says what was odd about a file, in both languages", () => {
    const warnings = ["ignored what follows the pixel data: bad tag"];
    const text = clinicalHtml(page({ images: only({ warnings }) }));
    expect(text).toContain("提示：像素数据之后的内容无法解析，已忽略；请核对图像是否完整（bad tag）");
    expect(text).toContain("Note: ignored what follows the pixel data: bad tag");
  });

  test("says what readers made of findings, where there are readers, and counts what they rejected", () => {
    expect(clinicalHtml(page())).not.toContain("Review");
    const findings = (["open", "accepted", "rejected"] as const).map((review) => ({ ...lesion, review }));
    const text = clinicalHtml(page({ images: only({ findings }) }));
    expect(text.match(/<td class="review">/g)).toHaveLength(3);
    expect(text.match(/<tr class="rejected">/g)).toHaveLength(1);
    expect(text).toContain("其中1处已被阅片者拒绝。");
  });

  test("calls no image clear that was not read whole", () => {
    const notWhole = { zh: "2帧中有1帧未能分析", en: "1 of 2 frames could not be analysed" };
    const clear = clinicalHtml(page({ images: only({ findings: [], notWhole }), unread: 1 }));
    expect(clear).not.toContain('class="chip clear"');
    expect(clear).toContain("Not read whole: 1 of 2 frames could not be analysed.");
    const found = clinicalHtml(page({ images: only({ notWhole }), unread: 1 }));
    expect(found).toContain('class="chip found"');
    expect(found).toContain("Not read whole: 1 of 2 frames could not be analysed.");
  });

  test("escapes text from files, models and rules", () => {
    const evil = `<script>alert("1")</script>&'`;
    const both = { zh: evil, en: evil };
    const findings = [{ ...lesion, className: evil, category: both, suggestion: both }];
    const images = [...only({ file: evil, findings }), ...only({ error: { code: "invalid_image", message: evil } })];
    const classNames = { zh: { [evil]: evil } };
    const text = clinicalHtml(
      page({ subject: evil, date: evil, modelVersion: evil, rulesVersion: evil, images, classNames }),
    );
    expect(text).not.toContain("<script");
    expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
  });
});
