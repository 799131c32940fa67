/**
 * @file A trained model against the public implementation: its detections, from image file to findings, and its measures.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Detector } from "@fovea/core/detect/detector";
import type { Finding } from "@fovea/core/finding";
import { iou } from "@fovea/core/geometry/box";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { readSourceImage } from "../../src/data/source-image";
import { exportOnnx } from "../../src/export/export-onnx";
import { loadNetwork } from "../../src/model/load-network";
import { openDetector } from "../../src/model/open-detector";
import { openModel } from "../../src/model/open-model";
import { measureModel } from "../../src/train/measure-model";

/** x1, y1, x2, y2, confidence, class; pixels of the source image. */
type Row = readonly [number, number, number, number, number, number];

interface Reference {
  readonly imgsz: number;
  readonly conf: number;
  readonly iou: number;
  readonly images: readonly { readonly image: string; readonly boxes: readonly Row[] }[];
}

function overlap(finding: Finding, [x1, y1, x2, y2]: Row): number {
  const { box } = finding;
  return iou(Float32Array.of(box.x1, box.y1, box.x2, box.y2), 0, Float32Array.of(x1, y1, x2, y2), 0);
}

/** How many rows have a finding of their own: same class, IoU above .95, confidence within .02. */
function matched(findings: readonly Finding[], rows: readonly Row[]): number {
  const free = new Set(findings);
  let count = 0;
  for (const row of rows) {
    const own = [...free].find(
      (finding) =>
        finding.classId === row[5] && Math.abs(finding.confidence - row[4]) <= 0.02 && overlap(finding, row) > 0.95,
    );
    if (own === undefined) continue;
    free.delete(own);
    count++;
  }
  return count;
}

describe.skipIf(!sharedAvailable)("detections of the trained blood cell model", () => {
  let reference: Reference;
  let detector: Detector;
  const found = new Map<string, Finding[]>();

  beforeAll(async () => {
    reference = JSON.parse(readFileSync(sharedPath("reference/yolo/bccd-yolov8n.predictions.json"), "utf8"));
    const network = await loadNetwork(await openDetector(sharedPath("reference/yolo/bccd-yolov8n.pt")));
    detector = new Detector(network, reference);
    for (const { image } of reference.images) {
      found.set(image, await detector.detect(await readSourceImage(sharedPath(`data/det_bccd/images/${image}`))));
    }
  });

  test("parity: at least 97 % of the 315 are found, with at most 3 % more", () => {
    const total = reference.images.reduce((sum, { boxes }) => sum + boxes.length, 0);
    const pairs = reference.images.reduce((sum, { image, boxes }) => sum + matched(found.get(image)!, boxes), 0);
    const extra = [...found.values()].reduce((sum, findings) => sum + findings.length, 0) - pairs;
    expect(total).toBe(315);
    expect(pairs).toBeGreaterThanOrEqual(0.97 * 315);
    expect(extra).toBeLessThanOrEqual(0.03 * 315);
  });

  test("parity: the classes have the names of the checkpoint", () => {
    const names = new Set([...found.values()].flat().map(({ classId, className }) => `${classId} ${className}`));
    expect([...names].sort()).toEqual(["0 RBC", "1 WBC", "2 Platelets"]);
  });
});

describe.skipIf(!sharedAvailable)("measures of the trained blood cell model", () => {
  let exported: string;

  beforeAll(async () => {
    exported = join(await mkdtemp(join(tmpdir(), "fovea-")), "bccd.onnx");
    const model = await openModel(sharedPath("reference/yolo/bccd-yolov8n.pt"));
    await writeFile(exported, exportOnnx(model, { width: 320, height: 320, date: "2026-01-01" }));
  });
  afterAll(() => rm(dirname(exported), { recursive: true }));

  test.each(["checkpoint", "exported graph"])("parity: %s: mAP as the public tool measures it", async (kind) => {
    const summary = await measureModel({
      model: kind === "checkpoint" ? sharedPath("reference/yolo/bccd-yolov8n.pt") : exported,
      data: sharedPath("data/det_bccd/bccd.yaml"),
      imgsz: 320,
    });
    expect(Math.abs(summary.map50 - 0.80353)).toBeLessThan(0.005);
    expect(Math.abs(summary.map5095 - 0.5131)).toBeLessThan(0.005);
  });

  test("an exported graph is not measured at another size than its own", async () => {
    const data = sharedPath("data/det_bccd/bccd.yaml");
    await expect(measureModel({ model: exported, data, imgsz: 640 })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("exported for 320 x 320; give --imgsz 320"),
    });
  });
});
