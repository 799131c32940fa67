/**
 * @file One training step of the reference checkpoints: loss items, gradients, running means.
 */
import { readFileSync } from "node:fs";
import type { Value } from "@fovea/core/graph/runtime";
import { MOMENTUM, moveTowards } from "@fovea/core/nn/running-statistics";
import { type TrainingGraph, trainingGraph } from "@fovea/core/nn/training-graph";
import { describe, expect, type TestContext, test } from "vitest";
import { type Fixture, readFixture } from "../../../../test/fixture";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import type { Batch } from "../../src/data/batch";
import type { Model } from "../../src/model/open-model";
import { batchFeeds } from "../../src/train/train-step";
import { cosine, largest, norm, relativeError } from "../agreement";
import { LAYOUTS, type Layout, lanesOf, load, REFERENCE_MODELS, referenceModel } from "./reference-model";

interface Meta {
  readonly grad_norm: Readonly<Record<string, number>>;
}

/** A step that has run, beside what the reference says of it. */
interface Step {
  readonly model: Model;
  readonly graph: TrainingGraph;
  readonly results: Readonly<Record<string, Value>>;
  readonly fixture: ReadonlyMap<string, Fixture>;
  readonly meta: Meta;
}

/**
 * Parameters that move nothing, whose gradient is 0 in exact arithmetic: the bias of `pe` before its batch norm, and the
 * shifts of the convolutions without activation in attention blocks, which reach nothing but the inputs of 1 x 1
 * convolutions that batch norms centre again. What the reference holds for them is the rounding of its sums.
 */
const IDLE = /\.(?:attn\.pe\.conv|attn\.pe\.bn|attn\.proj\.bn|mlp\.1\.bn)\.bias$/;

/** An idle gradient is at most this share of the gradient of the weight or scale beside it. */
const ROUNDING = 1e-5;

function feedsOf({ network }: Model, fixture: ReadonlyMap<string, Fixture>): Record<string, Value> {
  const [images, image, label, box] = ["img", "batch_idx", "cls", "bboxes"].map((name) => fixture.get(name)!);
  const [size, , height, width] = images.shape;
  const count = image.data.length;
  const targets = new Float32Array(6 * count);
  for (let i = 0; i < count; i++) {
    targets.set([image.data[i], label.data[i], ...box.data.subarray(4 * i, 4 * i + 4)], 6 * i);
  }
  const masks = fixture.get("masks");
  const batch: Batch = {
    images: new Uint8Array(),
    size,
    width,
    height,
    targets,
    masks: masks && Uint8Array.from(masks.data),
    files: [],
    sources: [],
    release: () => undefined,
  };
  // The reference's images are no bytes: they are fed as they are.
  return { ...batchFeeds(batch, network), images: { dtype: "float32", shape: images.shape, data: images.data } };
}

async function runStep(name: string, lanes: number): Promise<Step> {
  const model = await referenceModel(name);
  const fixture = readFixture(`reference/yolo/${name}/train.safetensors`);
  const [, , height, width] = fixture.get("img")!.shape;
  const graph = trainingGraph(model.network, model.parameters, { width, height, lanes, pixels: "float32" });
  const session = await load(graph.model);
  const parameters = graph.trained.map(({ name: at, shape }): [string, Value] => {
    return [at, { dtype: "float32", shape, data: model.values.get(at)! }];
  });
  const results = await session.run({ ...Object.fromEntries(parameters), ...feedsOf(model, fixture) });
  await session.release();
  const meta: Meta = JSON.parse(readFileSync(sharedPath(`reference/yolo/${name}/meta.json`), "utf8"));
  return { model, graph, results, fixture, meta };
}

const steps = new Map<string, Promise<Step>>();

/** The step of a case; it runs once for all tests. */
async function stepOf({ name, layout }: { name: string; layout: Layout }, context: TestContext): Promise<Step> {
  const lanes = await lanesOf(layout, context);
  const key = `${name} ${lanes}`;
  const known = steps.get(key) ?? runStep(name, lanes);
  steps.set(key, known);
  return known;
}

const gradientOf = ({ results }: Step, name: string) => results[`gradient:${name}`].data as Float32Array;

const cases = REFERENCE_MODELS.flatMap((name) => LAYOUTS.map((layout) => ({ name, layout })));

describe.skipIf(!sharedAvailable)("a training step", () => {
  test.for(cases)("parity: $name, $layout: loss items", async (one, context) => {
    const { results, fixture, model } = await stepOf(one, context);
    const items = fixture.get("items")!.data;
    // The reference of a segmenting network has a fifth item, a semantic loss that is not in use.
    const expected = model.network.task === "segment" ? items.subarray(0, 4) : items;
    const got = results.loss_items.data as Float32Array;
    expect(got).toHaveLength(expected.length);
    got.forEach((item, i) => {
      expect(Math.abs(item / expected[i] - 1)).toBeLessThan(1e-4);
    });
  });

  test.for(cases)("parity: $name, $layout: the norm of every gradient", async (one, context) => {
    const step = await stepOf(one, context);
    const expected = Object.entries(step.meta.grad_norm);
    expect(step.graph.trained.map(({ name }) => name).sort()).toEqual(expected.map(([name]) => name).sort());
    for (const [name, value] of expected) {
      const got = norm(gradientOf(step, name));
      if (IDLE.test(name)) {
        const bound = ROUNDING * step.meta.grad_norm[name.replace(/bias$/, "weight")];
        expect([got < bound, value < bound], `${name}: ${got}, ${value}`).toEqual([true, true]);
      } else if (value === 0) expect(got, name).toBe(0);
      else expect(Math.abs(got / value - 1), name).toBeLessThan(1e-3);
    }
  });

  test.for(cases)("parity: $name, $layout: gradients entry by entry", async (one, context) => {
    const step = await stepOf(one, context);
    const given = [...step.fixture].filter(([name]) => name.startsWith("grad."));
    expect(given.length).toBeGreaterThan(100);
    for (const [key, { data }] of given) {
      const name = key.slice("grad.".length);
      const got = gradientOf(step, name);
      // The norms say all that there is to say of gradients without direction.
      if (IDLE.test(name)) continue;
      if (largest(data) === 0) {
        expect(largest(got), name).toBe(0);
        continue;
      }
      expect(cosine(got, data), name).toBeGreaterThan(0.9999);
      expect(relativeError(got, data), name).toBeLessThan(1e-3);
    }
  });

  test.for(cases)("parity: $name, $layout: running means after the step", async (one, context) => {
    const { results, fixture, model } = await stepOf(one, context);
    const given = [...fixture].filter(([name]) => name.startsWith("after."));
    expect(given.length).toBeGreaterThan(30);
    for (const [key, { data }] of given) {
      const name = key.slice("after.".length);
      const running = Float32Array.from(model.values.get(name)!);
      moveTowards(running, results[`mean:${name.replace(".running_mean", "")}`].data as Float32Array, MOMENTUM);
      expect(relativeError(running, data), name).toBeLessThan(1e-4);
    }
  });
});
