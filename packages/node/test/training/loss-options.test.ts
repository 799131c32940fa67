/**
 * @file What the detection loss can be told: each option, and several together, against the reference in plain float64
 * loops, and gradients by raw maps against its central differences with the assignment held.
 */
import { ArgumentError } from "@fovea/core/errors";
import { grad } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Value } from "@fovea/core/graph/runtime";
import { input } from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { truthInputs } from "@fovea/core/nn/assign";
import { type AnchorGrid, anchorTotal, type SoftLabels, truthFeeds, truthsOf } from "@fovea/core/nn/candidates";
import { detectionLoss } from "@fovea/core/nn/detection-loss";
import { IOU_TYPES } from "@fovea/core/nn/iou";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { parametersOf } from "@fovea/core/nn/parameters";
import { trainingGraph } from "@fovea/core/nn/training-graph";
import { describe, expect, test } from "vitest";
import { expectClose } from "../gradient/check";
import { load } from "../parity/reference-model";
import { type LevelMaps, type LossInput, referenceLoss } from "./reference-loss";
import { SIDE, smallNetwork } from "./small-network";

const GRID: AnchorGrid = { width: 96, height: 64, strides: [8, 16, 32] };
const ANCHORS = anchorTotal(GRID);
const BATCH = 2;
const CLASSES = 3;
const IOU_MEAN = 0.7;

/** Random raw maps; boxes of about `size` pixels. */
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

/** Image, class, corners in pixels. */
const target = (image: number, label: number, x1: number, y1: number, x2: number, y2: number): Target => {
  const { width, height } = GRID;
  return [image, label, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
};

const TARGETS: readonly Target[] = [
  target(0, 0, 8, 10, 40, 38),
  target(0, 2, 50, 12, 78, 50),
  target(0, 1, 30, 30, 60, 60),
  target(1, 1, 20, 20, 52, 44),
];

interface Inputs extends Pick<LossInput, "weights" | "ignored"> {
  readonly levels: readonly LevelMaps[];
  readonly targets: readonly Target[];
}

/** Runs the graph; gradients are those of the total, the items' sum times the batch. */
async function run(options: LossOptions, { levels, targets, weights, ignored }: Inputs) {
  const map = (kind: string, channels: number) =>
    GRID.strides.map((s, i) => input(`${kind}:${i}`, "float32", ["batch", channels, GRID.height / s, GRID.width / s]));
  const [boxes, scores] = [map("boxes", 64), map("scores", CLASSES)];
  const { total, items, assignment, iouMean } = detectionLoss(
    { boxes, scores },
    GRID.strides,
    truthInputs(options),
    options,
  );
  const gradients = Object.fromEntries(grad(total, [...boxes, ...scores]).map((g, i) => [`gradient:${i}`, g]));
  const { truth, foreground, weights: strengths } = assignment;
  const outputs = { items, truth, foreground, strengths, ...gradients, ...(iouMean && { iouMean }) };
  const session = await load(toModelBytes(outputs));
  const soft: SoftLabels | undefined = options.softLabels
    ? {
        weights: weights && Float32Array.from(weights),
        ignored: ignored && Uint8Array.from(ignored, Number),
      }
    : undefined;
  const truths = truthsOf(Float32Array.from(targets.flat()), GRID, { assignAll: options.assignAll, soft });
  const feeds: Record<string, Value> = { ...truthFeeds(truths) };
  levels.forEach((level, i) => {
    const size = [GRID.height / GRID.strides[i], GRID.width / GRID.strides[i]];
    feeds[`boxes:${i}`] = { dtype: "float32", shape: [BATCH, 64, ...size], data: level.boxes };
    feeds[`scores:${i}`] = { dtype: "float32", shape: [BATCH, CLASSES, ...size], data: level.scores };
  });
  if (iouMean) feeds.iou_mean = { dtype: "float32", shape: [1], data: Float32Array.of(IOU_MEAN) };
  const results = await session.run(feeds);
  await session.release();
  return results;
}

type Results = Awaited<ReturnType<typeof run>>;
const numbers = (results: Results, name: string) => results[name].data as Float32Array;

/** Foreground anchors of an image and the ground truth of each. */
function assignedIn(results: Results, image: number): (readonly [anchor: number, truth: number])[] {
  return Array.from({ length: ANCHORS }, (_, anchor) => anchor).flatMap((anchor) => {
    const at = image * ANCHORS + anchor;
    return numbers(results, "foreground")[at] ? [[anchor, Number(results.truth.data[at])] as const] : [];
  });
}

/** Compares items, assignment, and gradients by some of the raw values, with the plain loops. */
async function check(options: LossOptions, inputs: Inputs): Promise<Results> {
  const results = await run(options, inputs);
  const iouMean = options.wiouScale ? IOU_MEAN : undefined;
  const given: LossInput = { grid: GRID, batch: BATCH, classes: CLASSES, options, iouMean, ...inputs };
  const expected = referenceLoss(given);
  expectClose(results.items.data, expected.items, 1e-5, "items");
  for (let image = 0; image < BATCH; image++) {
    const [anchors, truths] = [expected.foreground[image], expected.truths[image]];
    expect(assignedIn(results, image)).toEqual(anchors.map((anchor, i) => [anchor, truths[i]]));
  }
  if (options.wiouScale) expect(numbers(results, "iouMean")[0]).toBeCloseTo(expected.meanIouLoss, 5);

  const random = new Random(5);
  // CIoU and WIoU have terms without a gradient: `box-loss.test.ts` holds those.
  const plainBoxes = ["giou", "diou", "siou"].includes(options.iouType ?? "ciou");
  for (const [kind, first] of plainBoxes
    ? ([
        ["boxes", 0],
        ["scores", 3],
      ] as const)
    : ([["scores", 3]] as const)) {
    for (const level of [0, 1, 2]) {
      const gradient = numbers(results, `gradient:${first + level}`);
      // Half of them where something pulls, half anywhere.
      const moving = [...gradient.keys()].filter((i) => Math.abs(gradient[i]) > 1e-4);
      const entries = [...random.shuffle(moving).slice(0, 12), ...random.shuffle([...gradient.keys()]).slice(0, 12)];
      const differences = entries.map((entry) => {
        const moved = (step: number) => {
          const levels = inputs.levels.map((maps, i) =>
            i === level ? { ...maps, [kind]: Float64Array.from(maps[kind]) } : maps,
          );
          (levels[level][kind] as Float64Array | Float32Array)[entry] += step;
          return BATCH * referenceLoss({ ...given, levels }, expected).items.reduce((a, b) => a + b);
        };
        return (moved(1e-4) - moved(-1e-4)) / 2e-4;
      });
      expectClose(
        entries.map((entry) => gradient[entry]),
        differences,
        1e-4,
        `gradient of ${kind}, level ${level}`,
      );
    }
  }
  return results;
}

describe("the detection loss with options", () => {
  const inputs: Inputs = { levels: maps(1), targets: TARGETS };

  test("has the graph of none where each is given as it is by default", () => {
    const defaults: LossOptions = {
      box: 7.5,
      cls: 0.5,
      dfl: 1.5,
      iouType: "ciou",
      wiouScale: false,
      focalGamma: 0,
      focalAlpha: 0,
      labelSmoothing: 0,
      assignAll: false,
      softLabels: false,
    };
    const graph = (loss?: LossOptions) =>
      trainingGraph(smallNetwork, parametersOf(smallNetwork), { width: SIDE, height: SIDE, loss }).model;
    expect(graph(defaults)).toEqual(graph());
  });

  test.each(IOU_TYPES)("trains boxes by %s", async (iouType) => {
    await check({ iouType }, inputs);
  });

  test("weighs boxes by WIoU's running mean, and tells the batch's", async () => {
    await check({ iouType: "wiou", wiouScale: true }, inputs);
  });

  test("gives back WIoU's running mean where there is no lesion", async () => {
    const results = await run({ iouType: "wiou", wiouScale: true }, { levels: maps(1), targets: [] });
    expect(numbers(results, "iouMean")[0]).toBeCloseTo(IOU_MEAN, 6);
  });

  test.each([0.5, 1, 1.5, 2, 3])("modulates the class loss with gamma %d", async (focalGamma) => {
    await check({ focalGamma }, inputs);
  });

  test.each<LossOptions>([
    { focalAlpha: 0.25 },
    { focalGamma: 2, focalAlpha: 0.25 },
    { labelSmoothing: 0.1 },
    { classWeights: [0.5, 1, 4] },
    { box: 3, cls: 2, dfl: 1 },
    { iouType: "siou", focalGamma: 1.5, focalAlpha: 0.4, labelSmoothing: 0.2, classWeights: [2, 0.25, 1] },
  ])("is that of the plain loops with %o", async (options) => {
    await check(options, inputs);
  });

  test("of a batch without lesions is a number under every option", async () => {
    const options: LossOptions = { focalGamma: 2, labelSmoothing: 0.1, softLabels: true, assignAll: true };
    await check(options, { levels: maps(2), targets: [] });
  });

  test.each<readonly [LossOptions, string]>([
    [{ focalGamma: -1 }, "focalGamma: got -1"],
    [{ focalAlpha: 1 }, "focalAlpha: got 1"],
    [{ labelSmoothing: 1 }, "labelSmoothing: got 1"],
    [{ classWeights: [1, 2] }, "classWeights: 2 weights for 3 classes"],
    [{ classWeights: [1, 2, Number.NaN] }, "classWeights: got NaN"],
  ])("refuses %o", async (options, message) => {
    const refusal = run(options, inputs);
    await expect(refusal).rejects.toThrow(ArgumentError);
    await expect(refusal).rejects.toThrow(message);
  });
});

describe("soft labels", () => {
  const inputs: Inputs = { levels: maps(3), targets: TARGETS };
  const softLabels = true;

  test("of weight 1 come to what there is without them", async () => {
    const [plain, soft] = await Promise.all([
      run({}, inputs),
      run({ softLabels }, { ...inputs, weights: [1, 1, 1, 1] }),
    ]);
    for (const name of Object.keys(plain)) {
      expectClose(soft[name].data, Array.from(plain[name].data, Number), 2e-6, name);
    }
  });

  test("weigh the box, class and distribution loss at their anchors", async () => {
    await check({ softLabels }, { ...inputs, weights: [0.25, 1, 0.5, 0.75] });
  });

  test("go together with everything else", async () => {
    await check(
      { softLabels, iouType: "wiou", wiouScale: true, focalGamma: 1.5, labelSmoothing: 0.1, classWeights: [1, 3, 1] },
      { ...inputs, weights: [0.25, 1, 0.5, 0], ignored: [false, true, false, false] },
    );
  });

  test("of weight 0 neither reward nor punish at their anchors", async () => {
    const results = await check({ softLabels }, { ...inputs, weights: [1, 0, 1, 1] });
    const unread = assignedIn(results, 0).flatMap(([anchor, truth]) => (truth === 1 ? [anchor] : []));
    expect(unread.length).toBeGreaterThan(3);
    expect(unread.flatMap((anchor) => gradientsAt(results, 0, anchor)).every((g) => g === 0)).toBe(true);
  });

  test("ignore the classes of a region, and only there", async () => {
    // The second target of image 0 is a region: nobody owns anchors by it.
    const results = await check({ softLabels }, { ...inputs, ignored: [false, true, false, false] });
    const owned = new Set(assignedIn(results, 0).map(([anchor]) => anchor));
    const [inside, outside]: [number[], number[]] = [[], []];
    centres().forEach(([x, y], anchor) => {
      if (owned.has(anchor)) return;
      (x > 50 && x < 78 && y > 12 && y < 50 ? inside : outside).push(anchor);
    });
    // 28 x 38 px hold 3 x 5 or so cells of 8 px, one or two of 16 px; ground truths own some.
    expect(inside.length).toBeGreaterThan(10);
    expect(inside.flatMap((anchor) => gradientsAt(results, 0, anchor)).every((g) => g === 0)).toBe(true);
    expect(outside.every((anchor) => gradientsAt(results, 0, anchor).some((g) => g !== 0))).toBe(true);
  });
});

/** Anchor centres in pixels. */
function centres(): (readonly [number, number])[] {
  return GRID.strides.flatMap((s) => {
    const columns = GRID.width / s;
    return Array.from(
      { length: (columns * GRID.height) / s },
      (_, i) => [((i % columns) + 0.5) * s, (Math.floor(i / columns) + 0.5) * s] as const,
    );
  });
}

/** All gradients by the raw values of one anchor. */
function gradientsAt(results: Results, image: number, anchor: number): number[] {
  let start = 0;
  for (const [level, s] of GRID.strides.entries()) {
    const pixels = (GRID.width / s) * (GRID.height / s);
    const cell = anchor - start;
    start += pixels;
    if (cell >= pixels) continue;
    return [64, CLASSES].flatMap((channels, kind) =>
      Array.from(
        { length: channels },
        (_, c) => numbers(results, `gradient:${level + 3 * kind}`)[(image * channels + c) * pixels + cell],
      ),
    );
  }
  throw new Error(`no anchor ${anchor}`);
}

describe("assigning all ground truths", () => {
  const assignAll = true;

  /** Every ground truth has an anchor whose target is at least 0.1. */
  function expectAll(results: Results, targets: readonly Target[]): void {
    targets.forEach(([image], truth) => {
      const own = assignedIn(results, image).filter(([, owner]) => owner === truth);
      const best = Math.max(...own.map(([anchor]) => numbers(results, "strengths")[image * ANCHORS + anchor]));
      expect(best, `ground truth ${truth}`).toBeGreaterThanOrEqual(Math.fround(0.1));
    });
  }

  test("does what it did where every one has good anchors of its own", async () => {
    // One lesion to an image, predicted about as large as it is.
    const targets = [target(0, 0, 20, 20, 44, 44), target(1, 2, 60, 30, 84, 54)];
    const inputs: Inputs = { levels: maps(4), targets };
    const [plain, all] = await Promise.all([run({}, inputs), run({ assignAll }, inputs)]);
    for (const name of Object.keys(plain)) expect(all[name].data, name).toEqual(plain[name].data);
  });

  test("finds an anchor for a lesion of one pixel", async () => {
    const targets = [target(0, 0, 30, 30, 31, 31), target(1, 1, 64, 40, 65, 41)];
    const inputs: Inputs = { levels: maps(5, 60), targets };
    // Boxes of about 60 px are predicted: without it, no target worth the name.
    expect(Math.max(...numbers(await run({}, inputs), "strengths"))).toBeLessThan(0.1);
    expectAll(await check({ assignAll }, inputs), targets);
  });

  test("finds one for each of several in one place", async () => {
    const targets = Array.from({ length: 7 }, () => target(0, 1, 30, 30, 31, 31));
    expectAll(await check({ assignAll }, { levels: maps(6), targets }), targets);
  });

  test("finds one for each of the lesions in the corners, and beyond them", async () => {
    const targets = [
      target(0, 0, 0, 0, 1, 1),
      target(0, 1, 95, 0, 96, 1),
      target(0, 2, 0, 63, 1, 64),
      target(0, 0, 95, 63, 96, 64),
      target(1, 0, 200, 200, 201, 201),
    ];
    expectAll(await check({ assignAll }, { levels: maps(7), targets }), targets);
  });

  test("finds one for a lesion that lost all its anchors to others", async () => {
    // Eight large ones over a small one that is predicted as large as they are.
    const targets = [
      target(0, 1, 44, 28, 52, 36),
      ...Array.from({ length: 8 }, (_, i) => target(0, 0, 16 + i, 4, 76 + i, 60)),
    ];
    expectAll(await check({ assignAll }, { levels: maps(8, 56), targets }), targets);
  });
});
