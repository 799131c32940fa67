/**
 * @file Every file of the reference material has its tests.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { REFERENCE_MODELS } from "./reference-model";

const packages = resolve(import.meta.dirname, "../../..");

/** Files of every reference model, and the tests that read them. */
const OF_MODELS: Readonly<Record<string, readonly string[]>> = {
  "model.pt": ["node/test/parity/forward.test.ts", "core/test/networks.test.ts"],
  "forward.safetensors": ["node/test/parity/forward.test.ts"],
  "train.safetensors": ["node/test/parity/training-step.test.ts"],
  "meta.json": ["node/test/parity/training-step.test.ts", "core/test/networks.test.ts"],
};

/** The other files. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "bccd-yolov8n.pt": ["core/test/networks.test.ts", "node/test/parity/predictions.test.ts"],
  "bccd-yolo12n.pt": ["core/test/networks.test.ts"],
  "bccd-yolov8n.predictions.json": ["node/test/parity/predictions.test.ts"],
  "bccd-yolov8n.results.csv": ["node/test/parity/training-log.test.ts"],
  "bccd-yolo12n.results.csv": ["node/test/parity/training-log.test.ts"],
  "ops/ap_per_class.json": ["core/test/average-precision.test.ts"],
  "ops/assigner.safetensors": ["node/test/parity/assigner.test.ts"],
  "ops/iou.safetensors": ["core/test/detections.test.ts", "node/test/parity/overlap.test.ts"],
  "ops/letterbox.safetensors": ["core/test/letterbox.test.ts"],
  "ops/nms.safetensors": ["core/test/detections.test.ts"],
  "ops/optim.safetensors": ["node/test/parity/optimiser.test.ts"],
  "yolo-reference.md": ["node/test/parity/golden-forward.test.ts", "node/test/parity/golden-loss.test.ts"],
};

const TABLE: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    REFERENCE_MODELS.flatMap((model) => Object.entries(OF_MODELS).map(([file, tests]) => [`${model}/${file}`, tests])),
  ),
  ...OTHERS,
};

describe("the parity tests", () => {
  test.skipIf(!sharedAvailable)("read every file of the reference material but YOLO11's", () => {
    const root = sharedPath("reference/yolo");
    const files = readdirSync(root, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((file) => !file.startsWith("yolo11n/") && file !== "README.md");
    expect(Object.keys(TABLE).sort()).toEqual(files.sort());
  });

  test.each([...new Set(Object.values(TABLE).flat())])("of %s are there", (file) => {
    expect(readFileSync(join(packages, file), "utf8")).toContain('"parity: ');
  });
});
