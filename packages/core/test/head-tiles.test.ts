/**
 * @file Detections found in two steps, scores and then boxes, against those of the decoded output of the public
 * implementation.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { candidatesOf, type Level } from "../src/detect/head-scores";
import { TilePlan } from "../src/detect/head-tiles";
import { selectDetections } from "../src/detect/select";
import { suppress } from "../src/detect/suppress";
import { openSafetensors } from "../src/nn/weights/safetensors";

const LEVELS: readonly Level[] = [8, 16, 32].map((stride) => ({ width: 128 / stride, height: 96 / stride, stride }));

const ANCHORS = 12 * 16 + 6 * 8 + 3 * 4;

/** Each level of one image of a (B, channels, anchors) tensor. */
function levelsOf(all: Float32Array, image: number, channels: number): Float32Array[] {
  let start = 0;
  return LEVELS.map(({ width, height }) => {
    const count = width * height;
    const first = start;
    start += count;
    return Float32Array.from({ length: channels * count }, (_, i) => {
      return all[(image * channels + Math.floor(i / count)) * ANCHORS + first + (i % count)];
    });
  });
}

/** What the box branch would say of the tiles: the middle of each, as `plan` cuts it out of the box logits themselves. */
function middles(plan: TilePlan, logits: readonly Float32Array[]): Float32Array[] {
  const inputs = plan.inputs(logits);
  return LEVELS.map((_, i) => {
    const { shape, data } = inputs[`tiles.${i}`];
    const [count] = shape;
    return Float32Array.from({ length: count * 64 * 4 }, (_, k) => {
      const [plane, cell] = [Math.floor(k / 4), k % 4];
      return (data as Float32Array)[plane * 36 + (2 + Math.floor(cell / 2)) * 6 + 2 + (cell % 2)];
    });
  });
}

describe.skipIf(!sharedAvailable)("scores, then boxes", () => {
  test.each(["yolov8n", "yolo12n"])("parity: %s: the same detections as in the decoded output", (name) => {
    const file = `reference/yolo/${name}/forward.safetensors`;
    const { tensors } = openSafetensors(readFileSync(sharedPath(file)));
    const floats = (key: string) => new Float32Array(new Uint8Array(tensors.get(key)!.bytes).buffer);
    const [decoded, boxes, scores] = ["eval.0", "eval.1.boxes", "eval.1.scores"].map(floats);
    for (const image of [0, 1]) {
      // Untrained, the heads score 0.0042 at most; the coarsest level's 12 cells are above 0.002.
      const options = { nc: 3, conf: 0.002, iou: 0.9 };
      const candidates = candidatesOf(LEVELS, levelsOf(scores, image, 3), options);
      const plan = new TilePlan(LEVELS, candidates.anchorIndex);
      const logits = middles(plan, levelsOf(boxes, image, 64));
      const found = suppress(candidates, (anchorIndex) => plan.boxes(anchorIndex, logits), options);
      const one = decoded.subarray(image * 7 * ANCHORS, (image + 1) * 7 * ANCHORS);
      const expected = selectDetections(one, { anchors: ANCHORS, ...options });
      expect(expected.scores.length).toBeGreaterThan(3);
      expect([...found.anchorIndex]).toEqual([...expected.anchorIndex]);
      expect([...found.classIds]).toEqual([...expected.classIds]);
      for (const [i, x] of expected.boxes.entries()) expect(found.boxes[i]).toBeCloseTo(x, 3);
    }
  });
});
