import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import type { Language } from "../language";
import type { JudgedLesion } from "../rules/judge";
import { batchCsvHead, batchCsvRow } from "./batch-csv";
import { batchNotes } from "./batch-notes";
import { BatchTally } from "./batch-statistics";
import type { ImageFindings } from "./findings";
import type { JudgedImage } from "./judged-image";

const CLASSES = ["nodule", "mass"];
const finding = (classId: number, confidence: number, width: number, height: number): Finding => ({
  classId,
  className: CLASSES[classId],
  confidence,
  box: { x1: 10, y1: 20, x2: 10 + width, y2: 20 + height },
});
const image = (findings: readonly JudgedLesion[], extra: Partial<JudgedImage> = {}): JudgedImage => ({
  ...{ file: "a.png", width: 100, height: 80, findings },
  ...extra,
});
const three = [finding(0, 0.9, 10, 20), finding(1, 0.6, 30, 40), finding(0, 0.5, 20, 30)];
const error = { code: "invalid_image", message: "b.png: cut off" } as const;
const row = (images: readonly ImageFindings[], filename = "a.png", language: Language = "en") =>
  batchCsvRow({ filename, images, language }, CLASSES);

describe("the table of a batch", () => {
  test("begins with a byte order mark and exactly these columns", () => {
    expect(batchCsvHead(CLASSES)).toBe(
      "\uFEFFfilename,total_detections,avg_confidence,nodule_count,nodule_avg_conf,mass_count,mass_avg_conf,avg_width,avg_height,notes,error\r\n",
    );
    expect([...new TextEncoder().encode(batchCsvHead([]))].slice(0, 3)).toEqual([0xef, 0xbb, 0xbf]);
  });

  test("gives means over the findings of a file", () => {
    // (0.9 + 0.6 + 0.5) / 3 = 2 / 3; nodules (0.9 + 0.5) / 2 = 0.7; widths (10 + 30 + 20) / 3, heights (20 + 40 + 30) / 3.
    expect(row([image(three)])).toBe("a.png,3,0.6667,2,0.7000,1,0.6000,20.00,30.00,,\r\n");
  });

  test("puts the frames of a file together", () => {
    const frames = [image(three.slice(0, 1), { frame: 0 }), image(three.slice(1), { frame: 1 })];
    expect(row(frames)).toBe("a.png,3,0.6667,2,0.7000,1,0.6000,20.00,30.00,,\r\n");
  });

  test("says 0 where nothing was found, and makes up no mean", () => {
    expect(row([image([])])).toBe("a.png,0,,0,,0,,,,,\r\n");
  });

  test("says nothing but the error of a file that could not be read", () => {
    expect(row([image([], { error })])).toBe(
      "a.png,,,,,,,,,,the image file is damaged or of a format that is not read; export or send it again (b.png: cut off)\r\n",
    );
    expect(row([image([], { error })], "a.png", "zh")).toBe(
      "a.png,,,,,,,,,,图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（b.png: cut off）\r\n",
    );
  });

  test("counts the frames that could be read, and names the error of the other", () => {
    expect(row([image(three), image([], { frame: 1, error })])).toContain("a.png,3,0.6667,");
    expect(row([image(three), image([], { frame: 1, error })])).toContain("(b.png: cut off)\r\n");
  });

  test("lets no name run as a formula, nor break the row", () => {
    expect(row([image([])], '=cmd|"/c calc"!A1,x.png')).toBe(`"'=cmd|""/c calc""!A1,x.png",0,,0,,0,,,,,\r\n`);
    expect(batchCsvHead(["+a", "b,c"])).toContain(`,'+a_count,'+a_avg_conf,"b,c_count","b,c_avg_conf",`);
  });
});

describe("batchNotes", () => {
  const mild = { zh: "轻微", en: "mild" };
  const severe = { zh: "严重", en: "severe" };
  const findings = [
    { ...three[0], category: mild },
    { ...three[1], category: severe },
    { ...three[2], category: severe },
  ];

  test("counts categories, the most frequent first, and repeats what was odd once", () => {
    const dark =
      "16-bit picture of which 12 bits are used: it is seen nearly black; convert it from DICOM with a window";
    const warned: JudgedImage = { ...image([]), findings, warnings: [dark] };
    expect(batchNotes([warned], "zh")).toBe(
      "严重 2、轻微 1；16位图像只用了其中12位，模型看到的几乎全黑，结果不可靠；请从 DICOM 按窗宽窗位重新导出",
    );
    expect(batchNotes([warned, warned], "en")).toBe(`2 frames; severe 4, mild 2; ${dark}`);
  });

  test("tells of frames that could not be read", () => {
    expect(batchNotes([image([]), image([], { frame: 1, error })], "zh")).toBe("2帧；1帧处理失败");
    expect(batchNotes([image([], { error })], "en")).toBe("");
  });
});

describe("BatchTally", () => {
  test("counts files, classes and categories", () => {
    const tally = new BatchTally(CLASSES);
    tally.add(image([{ ...three[0], category: { zh: "重", en: "bad" } }, three[1]]));
    tally.add(image([three[2]], { file: "b.png" }));
    tally.add(image([], { file: "c.png" }));
    tally.add(image([], { file: "d.png", error }));
    const statistics = tally.statistics();
    expect(statistics).toMatchObject({
      ...{ files: 4, images: 3, filesWithFindings: 2, failures: 1, findings: 3, meanPerImage: 1, maxPerImage: 2 },
      // Only 0.9 is above 0.7; (0.9 + 0.6 + 0.5) / 3 to four places.
      ...{ highConfidence: 1, meanConfidence: 0.6667 },
      perCategory: [{ category: { zh: "重", en: "bad" }, findings: 1 }],
    });
    expect(statistics.perClass).toEqual([
      { classId: 0, className: "nodule", findings: 2, images: 2, meanConfidence: 0.7, meanWidth: 15, meanHeight: 25 },
      { classId: 1, className: "mass", findings: 1, images: 1, meanConfidence: 0.6, meanWidth: 30, meanHeight: 40 },
    ]);
    expect(statistics.summary.zh).toBe(
      "共处理4个文件，其中2个检出病灶，合计3处，平均每幅1.00处，最多2处。1个文件处理失败。",
    );
    expect(statistics.summary.en).toContain("4 files, 2 with findings: 3 in all");
  });

  test("of nothing has every class, and no mean", () => {
    expect(new BatchTally(CLASSES).statistics()).toMatchObject({
      ...{ files: 0, findings: 0, meanConfidence: null, perCategory: [] },
      perClass: [
        { className: "nodule", findings: 0, meanConfidence: null, meanWidth: null },
        { className: "mass", findings: 0, meanHeight: null },
      ],
    });
  });
});
