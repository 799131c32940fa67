/**
 * @file Overlap of boxes and non-maximum suppression against the public implementation.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { type SelectOptions, selectDetections } from "../src/detect/select";
import { ciou, diou, giou, iou } from "../src/geometry/box";
import { openSafetensors, type RawTensor } from "../src/nn/weights/safetensors";

function fixture(name: string): ReadonlyMap<string, RawTensor> {
  return openSafetensors(readFileSync(sharedPath(`reference/yolo/ops/${name}.safetensors`))).tensors;
}

function floats(tensors: ReadonlyMap<string, RawTensor>, name: string): Float32Array {
  // Copied: the bytes of the file need not be aligned.
  return new Float32Array(new Uint8Array(tensors.get(name)!.bytes).buffer);
}

describe.skipIf(!sharedAvailable)("overlap", () => {
  test.each([
    ["iou", iou],
    ["giou", giou],
    ["diou", diou],
    ["ciou", ciou],
  ] as const)("parity: %s of 200 pairs within 1e-6", (name, measure) => {
    const tensors = fixture("iou");
    const [a, b, expected] = [floats(tensors, "a"), floats(tensors, "b"), floats(tensors, name)];
    expect(expected.length).toBe(200);
    let worst = 0;
    for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(measure(a, i, b, i) - expected[i]));
    expect(worst).toBeLessThan(1e-6);
  });
});

const SETTINGS: readonly (readonly [name: string, options: Partial<SelectOptions>])[] = [
  ["default", { conf: 0.25, iou: 0.7 }],
  ["val", { conf: 0.001, iou: 0.7, multiLabel: true }],
  ["agnostic", { conf: 0.25, iou: 0.45, agnostic: true }],
  ["maxdet", { conf: 0.05, iou: 0.6, maxDetections: 20 }],
  ["classes", { conf: 0.25, iou: 0.7, classes: [1] }],
];

/** (C, A) turned into (A, C). */
function transposed(values: Float32Array, channels: number): Float32Array {
  const anchors = values.length / channels;
  return Float32Array.from(values, (_, i) => values[(i % channels) * anchors + Math.floor(i / channels)]);
}

describe.skipIf(!sharedAvailable)("selectDetections", () => {
  const cases = SETTINGS.flatMap(([name, options]) =>
    [0, 1].flatMap((index) => (["CA", "AC"] as const).map((layout) => ({ name, options, index, layout }))),
  );
  test.each(cases)("parity: $name, image $index, layout $layout: same rows, same order", (given) => {
    const tensors = fixture("nms");
    const all = floats(tensors, "prediction");
    const one = all.subarray(given.index * 7 * 2000, (given.index + 1) * 7 * 2000);
    const decoded = given.layout === "CA" ? one : transposed(one, 7);
    const found = selectDetections(decoded, { anchors: 2000, nc: 3, layout: given.layout, ...given.options });
    const expected = floats(tensors, `${given.name}.${given.index}`);
    const rows: number[] = [];
    for (let i = 0; i < found.scores.length; i++) {
      rows.push(...found.boxes.subarray(4 * i, 4 * i + 4), found.scores[i], found.classIds[i]);
    }
    expect(rows.length).toBe(expected.length);
    expect(rows).toEqual([...expected]);
  });
});
