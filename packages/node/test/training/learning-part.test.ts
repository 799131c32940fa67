/**
 * @file A convolution that reads frozen and learning maps side by side: the learning ones get the gradient that they get
 * where all learn, and none is computed for the others.
 */
import { grad } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import { nodesBehind } from "@fovea/core/graph/order";
import type { Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { trainingLeaves } from "@fovea/core/nn/training";
import { describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { relativeError } from "../agreement";

const IMAGE = [2, 3, 6, 8] as const;

/** Which of the maps that are put together learn. */
const ORDERS = [
  [true, false],
  [false, true],
  [false, true, false],
  [true, false, true],
  [false, true, true, false],
] as const;

/** Running statistics of the blocks, up to as many maps as there are. */
const RUNNING = new Map(
  ["a0", "a1", "a2", "a3", "b"].flatMap((path): [string, Float32Array][] => [
    [`${path}.bn.running_mean`, new Float32Array(path === "b" ? 5 : 4).fill(0.25)],
    [`${path}.bn.running_var`, new Float32Array(path === "b" ? 5 : 4).fill(2)],
  ]),
);

/** A block of kernel k on maps side by side; those that do not learn are the image itself, `always` behind a parameter. */
function build(learns: readonly boolean[], k: number, always: boolean, frozen = false) {
  const { leaves, parameters } = trainingLeaves(() => false, frozen ? RUNNING : undefined);
  const image = t.input("image", "float32", IMAGE);
  const maps = learns.map((one, i) => {
    if (one) return leaves.conv(`a${i}`, image, { c2: 4 });
    return always ? t.mul(image, leaves.vector(`one${i}`, 1, 1)) : image;
  });
  const y = leaves.conv("b", t.concat(maps, { axis: 1 }), { c2: 5, k });
  const loss = t.reduceSum(t.mul(y, t.sigmoid(y)), { axes: [0, 1, 2, 3] });
  const names = [...parameters.keys()].filter((name) => !name.startsWith("one"));
  const gradients = grad(
    loss,
    names.map((name) => parameters.get(name)!),
  );
  return { parameters, image, names, gradients };
}

async function gradientsOf({ parameters, image, names, gradients }: ReturnType<typeof build>) {
  const random = new Random(5);
  const noise = (x: Tensor): Value => {
    const shape = x.shape as readonly number[];
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    return { dtype: "float32", shape, data };
  };
  const feeds: Record<string, Value> = { image: noise(image) };
  for (const name of names) feeds[name] = noise(parameters.get(name)!);
  for (const name of parameters.keys()) feeds[name] ??= { dtype: "float32", shape: [1], data: Float32Array.of(1) };
  const outputs = Object.fromEntries(names.map((name, i) => [`gradient:${name}`, gradients[i]]));
  const model = toModelBytes(outputs, { inputs: [image, ...parameters.values()] });
  const session = await (await openRuntime({ threads: 1 })).load(model);
  const results = await session.run(feeds);
  await session.release();
  return names.map((name) => results[`gradient:${name}`].data as Float32Array);
}

describe.each([1, 3])("a block of kernel %i", (k) => {
  test.each(ORDERS.map((learns) => ({ learns })))("on maps that learn or not: $learns", async ({ learns }) => {
    const some = build(learns, k, false);
    const found = await gradientsOf(some);
    const expected = await gradientsOf(build(learns, k, true));
    some.names.forEach((name, i) => {
      expect(relativeError(found[i], expected[i]), name).toBeLessThan(1e-5);
    });
  });

  test.each(ORDERS.map((learns) => ({ learns })))("with frozen norms, on maps: $learns", async ({ learns }) => {
    const some = build(learns, k, false, true);
    const found = await gradientsOf(some);
    const expected = await gradientsOf(build(learns, k, true, true));
    some.names.forEach((name, i) => {
      expect(relativeError(found[i], expected[i]), name).toBeLessThan(1e-5);
    });
  });

  test("cuts no gradient up where one of its maps learns", () => {
    const splits = (always: boolean) =>
      nodesBehind(build([false, true], k, always).gradients).filter(({ op }) => op === "Split").length;
    expect([splits(false), splits(true)]).toEqual([0, 1]);
  });
});
