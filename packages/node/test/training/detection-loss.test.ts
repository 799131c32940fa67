/**
 * @file The detection loss where a data set is at its edges: nothing to find, everything one lesion, duplicates, lesions
 * smaller than a cell. Against a reference in plain float64 loops, itself held to the public implementation's numbers by
 * the parity tests of the same formulas.
 */
import { grad } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Session, Value } from "@fovea/core/graph/runtime";
import { input } from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { truthInputs } from "@fovea/core/nn/assign";
import { type AnchorGrid, anchorTotal, truthFeeds, truthsOf } from "@fovea/core/nn/candidates";
import { detectionLoss } from "@fovea/core/nn/detection-loss";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { expectClose } from "../gradient/check";
import { type LevelMaps, referenceLoss } from "./reference-loss";

const GRID: AnchorGrid = { width: 96, height: 64, strides: [8, 16, 32] };
const ANCHORS = anchorTotal(GRID);
const BATCH = 2;
const CLASSES = 3;

let session: Session;

beforeAll(async () => {
  const map = (kind: string, channels: number) =>
    GRID.strides.map((s, i) => input(`${kind}:${i}`, "float32", ["batch", channels, GRID.height / s, GRID.width / s]));
  const [boxes, scores] = [map("boxes", 64), map("scores", CLASSES)];
  const { total, items, assignment } = detectionLoss({ boxes, scores }, GRID.strides, truthInputs());
  const maps = [...boxes, ...scores];
  const gradients = Object.fromEntries(grad(total, maps).map((g, i) => [`gradient:${i}`, g]));
  const { truth, foreground } = assignment;
  session = await (await openRuntime({ threads: 1 })).load(toModelBytes({ items, truth, foreground, ...gradients }));
});

afterAll(() => session.release());

/** Random raw maps; boxes of about `size` pixels, so that there is overlap to speak of. */
function maps(seed: number, size = 24): LevelMaps[] {
  const random = new Random(seed);
  return GRID.strides.map((stride) => {
    const pixels = (GRID.width / stride) * (GRID.height / stride);
    const boxes = new Float32Array(BATCH * 64 * pixels);
    for (let i = 0; i < boxes.length; i++) {
      const bin = Math.floor(i / pixels) % 16;
      boxes[i] = 0.5 * random.normal() - 2 * Math.abs(bin - Math.min(15, size / 2 / stride));
    }
    return { boxes, scores: Float32Array.from({ length: BATCH * CLASSES * pixels }, () => random.normal() - 1) };
  });
}

type Target = readonly [image: number, label: number, cx: number, cy: number, w: number, h: number];

async function run(levels: readonly LevelMaps[], targets: readonly Target[]): Promise<Readonly<Record<string, Value>>> {
  const truths = truthsOf(Float32Array.from(targets.flat()), GRID);
  const feeds: Record<string, Value> = { ...truthFeeds(truths) };
  levels.forEach(({ boxes, scores }, i) => {
    const size = [GRID.height / GRID.strides[i], GRID.width / GRID.strides[i]];
    feeds[`boxes:${i}`] = { dtype: "float32", shape: [BATCH, 64, ...size], data: boxes };
    feeds[`scores:${i}`] = { dtype: "float32", shape: [BATCH, CLASSES, ...size], data: scores };
  });
  return session.run(feeds);
}

/** Runs both and compares items and assignment; every gradient must be a number. */
async function check(levels: readonly LevelMaps[], targets: readonly Target[]) {
  const results = await run(levels, targets);
  const expected = referenceLoss({ grid: GRID, batch: BATCH, classes: CLASSES, levels, targets });
  expectClose(results.items.data, expected.items, 1e-5, "items");
  for (let image = 0; image < BATCH; image++) {
    const from = image * ANCHORS;
    const anchors = Array.from({ length: ANCHORS }, (_, a) => a).filter((a) => results.foreground.data[from + a]);
    expect(anchors).toEqual(expected.foreground[image]);
    expect(anchors.map((a) => Number(results.truth.data[from + a]))).toEqual(expected.truths[image]);
  }
  for (let i = 0; i < 6; i++) {
    expect((results[`gradient:${i}`].data as Float32Array).every(Number.isFinite), `gradient ${i}`).toBe(true);
  }
  return { results, expected };
}

describe("the detection loss", () => {
  test.each([1, 2, 3, 4, 5])("of random lesions (%d) is that of the plain loops", async (seed) => {
    const random = new Random(seed + 100);
    const targets = Array.from({ length: 7 }, (): Target => {
      const [w, h] = [random.uniform(0.05, 0.5), random.uniform(0.05, 0.6)];
      const [cx, cy] = [random.uniform(w / 2, 1 - w / 2), random.uniform(h / 2, 1 - h / 2)];
      return [random.integer(0, BATCH), random.integer(0, CLASSES), cx, cy, w, h];
    }).sort((a, b) => a[0] - b[0]);
    const { expected } = await check(maps(seed), targets);
    expect(expected.foreground.flat().length).toBeGreaterThan(10);
  });

  test("of a batch without any lesion is the class loss alone, divided by 1", async () => {
    const levels = maps(1);
    const { results } = await check(levels, []);
    expect(results.items.data[0]).toBe(0);
    expect(results.items.data[2]).toBe(0);
    for (let i = 0; i < 3; i++) {
      expect((results[`gradient:${i}`].data as Float32Array).every((g) => g === 0)).toBe(true);
      // d/dx 0.5 log(1 + e^x) times the batch of 2: the sigmoid.
      const expected = levels[i].scores.map((x) => 1 / (1 + Math.exp(-x)));
      expectClose(results[`gradient:${i + 3}`].data, expected, 1e-5, `gradient of scores ${i}`);
    }
  });

  test("is the same for an image without lesions wherever it stands in the batch", async () => {
    const one: Target = [0, 1, 0.5, 0.5, 0.3, 0.4];
    await check(maps(2), [one]);
    await check(maps(2), [[1, ...one.slice(1)] as unknown as Target]);
  });

  test("of a lesion that covers everything gives it ten anchors at most", async () => {
    const { expected } = await check(maps(3, 60), [[0, 2, 0.5, 0.5, 1, 1]]);
    expect(expected.foreground[0].length).toBe(10);
    // Larger than the image on every side, as mosaics cut them: the same candidates.
    await check(maps(3, 60), [[0, 2, 0.5, 0.5, 1.5, 1.5]]);
  });

  test("of a lesion entered twice gives every anchor to the first", async () => {
    const target: Target = [0, 1, 0.5, 0.5, 0.3, 0.4];
    const { expected } = await check(maps(4), [target, target]);
    expect(new Set(expected.truths[0])).toEqual(new Set([0]));
  });

  test("of one lesion under two classes gives every anchor to the first of them", async () => {
    const { expected } = await check(maps(4), [
      [0, 2, 0.5, 0.5, 0.3, 0.4],
      [0, 0, 0.5, 0.5, 0.3, 0.4],
    ]);
    // The classes rank anchors differently, so that some are chosen by the second alone: those stay its own.
    expect(expected.truths[0].filter((truth) => truth === 0).length).toBeGreaterThanOrEqual(5);
  });

  test("of lesions smaller than a cell still finds them anchors", async () => {
    // 3 x 3 px about (30, 30) and 1 x 7 px hold no centre of an 8 px cell, which lie at 28, 36 and 44, 52; they are
    // widened. Boxes of about 6 px are predicted.
    const { expected } = await check(maps(5, 6), [
      [0, 0, 30 / 96, 30 / 64, 3 / 96, 3 / 64],
      [1, 1, 50.5 / 96, 20 / 64, 1 / 96, 7 / 64],
    ]);
    expect(expected.foreground.map((anchors) => anchors.length > 0)).toEqual([true, true]);
  });

  test("of a lesion without area is a number", async () => {
    await check(maps(6), [[0, 0, 0.5, 0.5, 0, 0]]);
  });

  test("of a lesion outside of the image gives it nothing", async () => {
    const { expected } = await check(maps(7), [[0, 0, 2, 2, 0.1, 0.1]]);
    expect(expected.foreground[0]).toEqual([]);
  });
});
