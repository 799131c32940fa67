/**
 * @file The task-aligned assigner on candidate lists.
 *
 * 3 images of 160 x 160 with 6 places for ground truths each, of which 6, 3 and none are taken. On background anchors
 * the reference names its first ground truth, which nobody reads; only the mask and the zero scores mean anything there.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Value } from "@fovea/core/graph/runtime";
import { input } from "@fovea/core/graph/tensor";
import { assign, truthInputs } from "@fovea/core/nn/assign";
import { type AnchorGrid, anchorTotal, truthFeeds, truthsOf } from "@fovea/core/nn/candidates";
import { anchorsOf } from "@fovea/core/nn/head";
import { beforeAll, describe, expect, test } from "vitest";
import { type Fixture, readFixture } from "../../../../test/fixture";
import { sharedAvailable } from "../../../../test/shared";
import { load } from "./reference-model";

const GRID: AnchorGrid = { width: 160, height: 160, strides: [8, 16, 32] };
const ANCHORS = anchorTotal(GRID);
const IMAGES = 3;
const PLACES = 6;
const CLASSES = 3;

describe.skipIf(!sharedAvailable)("the assigner", () => {
  let fixture: ReadonlyMap<string, Fixture>;
  let results: Readonly<Record<string, Value>>;
  /** Place in the reference of each of our ground truths, which stand without gaps. */
  const places: number[] = [];
  const given = (name: string) => fixture.get(name)!.data as Float32Array;

  beforeAll(async () => {
    fixture = readFixture("reference/yolo/ops/assigner.safetensors");
    const targets: number[] = [];
    for (let place = 0; place < IMAGES * PLACES; place++) {
      if (given("mask_gt")[place] === 0) continue;
      const [x1, y1, x2, y2] = given("gt_bboxes").subarray(4 * place, 4 * place + 4);
      const { width, height } = GRID;
      const box = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
      targets.push(Math.floor(place / PLACES), given("gt_labels")[place], ...box);
      places.push(place);
    }
    const truths = truthsOf(Float32Array.from(targets), GRID);
    const boxes = input("boxes", "float32", [`${ANCHORS}*batch`, 4]);
    const logits = input("logits", "float32", [`${ANCHORS}*batch`, CLASSES]);
    const { scores, weights, truth, foreground } = assign(boxes, logits, truthInputs());
    const session = await load(toModelBytes({ scores, weights, truth, foreground }));
    results = await session.run({
      boxes: { dtype: "float32", shape: [IMAGES * ANCHORS, 4], data: given("pd_bboxes") },
      // The reference is given probabilities.
      logits: {
        dtype: "float32",
        shape: [IMAGES * ANCHORS, CLASSES],
        data: given("pd_scores").map((p) => Math.log(p / (1 - p))),
      },
      ...truthFeeds(truths),
    });
    await session.release();
  });

  test("parity: the anchors are those of the reference", () => {
    const levels = GRID.strides.map((stride) => input("map", "float32", ["batch", 1, 160 / stride, 160 / stride]));
    const { points, strides } = anchorsOf(levels, GRID.strides);
    const [places, pixels] = [points, strides].map(
      (x) => (x.source.kind === "constant" ? x.source.data : []) as Float32Array,
    );
    const centres = Array.from({ length: 2 * ANCHORS }, (_, i) => {
      const anchor = Math.floor(i / 2);
      return places[(i % 2) * ANCHORS + anchor] * pixels[anchor];
    });
    expect(centres).toEqual([...given("anc_points")]);
  });

  test("parity: the same anchors are foreground", () => {
    expect([...(results.foreground.data as Float32Array)]).toEqual([...given("fg_mask")]);
  });

  test("parity: every foreground anchor has the same ground truth, class and box", () => {
    let count = 0;
    for (let anchor = 0; anchor < IMAGES * ANCHORS; anchor++) {
      if (given("fg_mask")[anchor] === 0) continue;
      count++;
      const place = places[Number(results.truth.data[anchor])];
      const image = Math.floor(anchor / ANCHORS);
      expect(place - image * PLACES, `anchor ${anchor}`).toBe(given("target_gt_idx")[anchor]);
      expect(given("gt_labels")[place]).toBe(given("target_labels")[anchor]);
      const target = given("target_bboxes").subarray(4 * anchor, 4 * anchor + 4);
      expect(given("gt_bboxes").subarray(4 * place, 4 * place + 4)).toEqual(target);
    }
    // 50 in the first image, 24 in the second.
    expect(count).toBe(74);
  });

  test("parity: target scores within 1e-5", () => {
    const scores = results.scores.data as Float32Array;
    const expected = given("target_scores");
    expect(scores).toHaveLength(expected.length);
    expect(Math.max(...expected.map((score, i) => Math.abs(score - scores[i])))).toBeLessThan(1e-5);
    // The weight of an anchor in the box loss: its scores of all classes together.
    const weights = results.weights.data as Float32Array;
    weights.forEach((weight, i) => {
      const sum = expected[CLASSES * i] + expected[CLASSES * i + 1] + expected[CLASSES * i + 2];
      expect(Math.abs(weight - sum)).toBeLessThan(1e-5);
    });
  });
});
