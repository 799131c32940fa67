import { describe, expect, test } from "vitest";
import { labelStatistics } from "./label-statistics";
import { runReportHtml } from "./run-html";
import { durationText, type RunReport, runSummaryLine } from "./run-report";

const HOSTILE = `"><img src=x onerror="alert(1)"><script>alert(2)</script>'`;

function report(extra: Partial<RunReport> = {}): RunReport {
  return {
    ...{ name: "ct", end: "finished", date: "2026-01-02 03:04", epochs: 3, bestEpoch: 2 },
    model: { name: "yolov8n", size: "3,011,433 parameters", weights: "from scratch, seed 0" },
    rows: [1, 2, 3].map((epoch) => ({ epoch, time: 30 * epoch, "train/box_loss": 3 / epoch, "metrics/mAP50(B)": 0.4 })),
    best: {
      ...{ map50: 0.4321, map5095: 0.21, precision: 0.5, recall: 0.6, images: 7, labels: 9 },
      perClass: [
        { classId: 0, name: HOSTILE, ap50: 0.4, ap: 0.2, precision: 0.5, recall: 0.6, labels: 9, sensitivity1: 0.3 },
      ],
    },
    curves: [{ title: "F1 by confidence", xTitle: "confidence", lines: [{ name: HOSTILE, points: [{ x: 0, y: 1 }] }] }],
    confusion: { counts: [5, 1, 2, 0] },
    names: [HOSTILE],
    labels: [
      {
        split: "train",
        statistics: labelStatistics([{ file: "a", labels: [{ classId: 0, cx: 0, cy: 0, w: 1, h: 1 }] }], [HOSTILE]),
      },
    ],
    trainBatches: [{ jpeg: "/9j/", width: 4, height: 3, caption: HOSTILE }],
    validation: [
      { jpeg: "/9j/", width: 8, height: 3, caption: HOSTILE, marked: 3, found: 2, falseAlarms: 1, worst: true },
    ],
    stages: [{ name: HOSTILE, firstEpoch: 1, lastEpoch: 3, trainable: HOSTILE, learningRate: "0.01" }],
    timing: [
      { epoch: 1, seconds: 11, waitingSeconds: 1, validationSeconds: 1 },
      { epoch: 2, seconds: 21, waitingSeconds: 0, validationSeconds: 1 },
    ],
    environment: [["node", HOSTILE]],
    arguments: [
      { name: "epochs", value: "3", isDefault: false },
      { name: "freeze", value: HOSTILE, isDefault: true },
    ],
    data: { path: HOSTILE, fingerprint: "ab".repeat(32), files: 12, bytes: 3 * 2 ** 20 },
    ...extra,
  } as RunReport;
}

describe("runReportHtml", () => {
  const text = runReportHtml(report());

  test("is one page that fetches nothing and runs nothing", () => {
    expect(text.startsWith("<!doctype html>")).toBe(true);
    expect(text).not.toMatch(/<script|@import|url\(|<link/i);
    // The name space of SVG is no address that is fetched.
    expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect([...text.matchAll(/\ssrc="([^"]*)"/g)].map(([, src]) => src)).toEqual([
      "data:image/jpeg;base64,/9j/",
      "data:image/jpeg;base64,/9j/",
    ]);
    expect(text).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"`);
  });

  test("shows hostile names as the text that they are, everywhere", () => {
    expect(text).not.toContain("<img src=x");
    expect(text).not.toContain("<script>");
    // Outside of quoted values no tag has such an attribute.
    expect(text.replaceAll(/="[^"]*"/g, "")).not.toMatch(/<[^>]*\sonerror/);
    expect(text).toContain("&lt;script&gt;");
  });

  test("has no inline style, so that a server may forbid them", () => {
    expect(text).not.toMatch(/\sstyle=/);
  });

  test("says everything in both languages, with a switch", () => {
    expect(text.split('class="zh"').length).toBe(text.split('class="en"').length);
    expect(text).toMatch(/id="show-zh" checked>/);
    expect(runReportHtml(report(), { language: "en" })).toMatch(/id="show-en" checked>/);
    expect(text).toContain("训练阶段");
    expect(text).toContain("Training batches as fed");
  });

  test("has all sections, and those only that have something to show", () => {
    const ids = (page: string) => [...page.matchAll(/<section class="card" id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids(text)).toEqual([
      ...["curves", "classes", "precision-recall", "confusion", "validation", "batches"],
      ...["labels", "stages", "timing", "arguments", "environment"],
    ]);
    const bare = report({
      ...{ rows: [], best: undefined, curves: [], confusion: undefined, labels: [], trainBatches: [] },
      ...{ validation: [], stages: [], timing: [], arguments: [], bestEpoch: 0, end: "failed", failure: "no <loss>" },
    });
    expect(ids(runReportHtml(bare))).toEqual(["environment"]);
    expect(runReportHtml(bare)).toContain("no &lt;loss&gt;");
  });

  test("shows sensitivities with their intervals", () => {
    // Half of the lesions from a quarter of a false positive per image on; LUNA16's seven points: 0 at 1/8, then 0.5.
    const froc = { fpPerScan: [0, 0.249, 0.25, 9], sensitivity: [0, 0, 0.5, 0.5], thresholds: [] };
    const best = { ...report().best!, froc: froc as never };
    const points = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map((low) => ({ low, high: low + 0.2 }));
    const page = runReportHtml(report({ best, intervals: { points, perClass: [points[0]], sizes: [] } }));
    const [, table] = /id="froc"(.*?)<\/section>/s.exec(page) ?? [];
    const cells = [...table.matchAll(/<t[dh] class="number">([^<]*)</g)].map(([, cell]) => cell);
    expect(cells.slice(0, 7)).toEqual(["1/8", "1/4", "1/2", "1", "2", "4", "8"]);
    expect(cells.slice(7, 14)).toEqual(["0.0 %", ...Array.from({ length: 6 }, () => "50.0 %")]);
    expect(cells.slice(14)).toEqual(
      points.map(({ low }) => `${(100 * low).toFixed(1)}–${(100 * low + 20).toFixed(1)}`),
    );
    // Six sevenths of a half.
    expect(table).toContain("Mean of the seven 42.9 %");
  });

  test("tells the share of training time that was spent waiting", () => {
    // 1 s of 32 s, 2 of which went to validation: 1 / 30.
    expect(text).toContain("3.3 % of the training time");
    expect(text).toContain("16.0 s per epoch on average");
  });

  test("draws no matrix of very many classes, and lists no endless table", () => {
    const names = Array.from({ length: 200 }, (_, i) => `class ${i}`);
    const best = report().best;
    const perClass = names.map((name, classId) => ({ ...best!.perClass[0], name, classId }));
    const page = runReportHtml(report({ names, best: { ...best!, perClass } }));
    expect(page).toContain("200 classes; the matrix is in confusion.png");
    expect(page).toContain("100 more not shown");
  });

  test("names its script where it is served, and leaves the policy to the server", () => {
    const live = runReportHtml(report(), { script: "/live.js" });
    expect(live).toContain('<script src="/live.js" defer></script>');
    expect(live).not.toContain("Content-Security-Policy");
  });
});

describe("runSummaryLine", () => {
  test("tells measure, epochs, end and time", () => {
    expect(runSummaryLine(report())).toEqual({
      zh: "mAP50 0.432（第2轮最佳）；已完成3/3轮，正常结束；用时1分30秒",
      en: "mAP50 0.432 at its best epoch, 2; 3 of 3 epochs, finished; 1 min 30 s",
    });
  });

  test("of a run without validation leaves the measure out", () => {
    const rows = [{ epoch: 1, time: 5, "metrics/mAP50(B)": "" }];
    expect(runSummaryLine(report({ rows, best: undefined, bestEpoch: 1, end: "interrupted" })).en).toBe(
      "1 of 3 epochs, interrupted, can be resumed; 5.0 s",
    );
  });
});

// 3599.7 s are rounded first: not 59 min 60 s. 3690 s are 61.5 minutes.
test.each([
  [0, "0.0 s"],
  [59.94, "59.9 s"],
  [65, "1 min 05 s"],
  [3599.7, "1 h 00 min"],
  [3690, "1 h 02 min"],
])("durationText writes %d s as %s", (seconds, text) => {
  expect(durationText(seconds, "en")).toBe(text);
});
