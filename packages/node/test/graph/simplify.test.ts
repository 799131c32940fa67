import { ShapeError } from "@fovea/core/errors";
import { encodeModel } from "@fovea/core/graph/onnx/codec";
import { toModel, toModelAsBuilt } from "@fovea/core/graph/onnx/write";
import type { Shape, Tensor } from "@fovea/core/graph/op";
import type { Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";

const BATCH = 2;
const INPUTS = [
  t.input("image", "float32", ["batch", 3, 4]),
  t.input("table", "float32", [3, 4]),
  t.input("row", "float32", [4]),
  t.input("one", "float32", []),
];

const pick = <T>(random: Random, from: readonly T[]): T => from[random.integer(0, from.length)];

/** A constant that folding looks for, or any other, as a scalar or a small array. */
function anyConstant(random: Random): Tensor {
  const value = () => pick(random, [0, 1, 1, -1, 0.5, 3, Math.fround(random.normal())]);
  const shape = pick<readonly number[]>(random, [[], [], [1], [1, 1], [4], [3, 1], [3, 4]]);
  const uniform = random.chance(0.5) ? value() : undefined;
  const count = shape.reduce((n, size) => n * size, 1);
  return t.constant(
    Float32Array.from({ length: count }, () => uniform ?? value()),
    shape,
  );
}

function permutation(random: Random, axes: number): number[] {
  return random.shuffle(Array.from({ length: axes }, (_, i) => i));
}

/** Another shape of as many cells, in which at most the batch moves. */
function anyShape(random: Random, shape: Shape): Shape {
  const sizes = shape.filter((dim) => typeof dim === "number");
  const flat = sizes.reduce((n, size) => n * size, 1);
  const tail = pick<readonly number[]>(random, [[flat], [flat, 1], [1, flat], sizes]);
  return shape.includes("batch") ? [...(random.chance(0.3) ? [1] : []), "batch", ...tail] : tail;
}

/** Ways to make a tensor of two others. Each may refuse by a ShapeError. */
const STEPS: readonly ((random: Random, a: Tensor, b: Tensor) => Tensor)[] = [
  (random, a, b) => pick(random, [t.add, t.sub, t.mul, t.max, t.min])(a, b),
  (random, a) => pick(random, [t.add, t.sub, t.mul, t.div, t.max])(a, anyConstant(random)),
  (random, a) => pick(random, [t.add, t.sub, t.mul])(anyConstant(random), a),
  (random) => pick(random, [t.add, t.sub, t.mul, t.div])(anyConstant(random), anyConstant(random)),
  (random, a) => pick(random, [t.neg, t.abs, t.relu, t.sigmoid, t.exp])(a),
  (_, a) => t.sqrt(t.abs(a)),
  (random, a) => t.transpose(a, permutation(random, a.shape.length)),
  (random, a) => t.transpose(t.transpose(a, permutation(random, a.shape.length)), permutation(random, a.shape.length)),
  (random, a) => t.reshape(a, anyShape(random, a.shape)),
  (_, a, b) => t.expandLike(a, b),
  (_, a, b) => t.where(t.greater(a, b), a, b),
  (_, a, b) => t.concat([a, b], { axis: -1 }),
  (random, a) => t.slice(a, -1, random.integer(0, 2), 100, random.integer(1, 3)),
  (random, a) => t.reduceMax(a, { axes: [-1], keepdims: random.chance(0.5) }),
  (random, a) => t.split(a, 2, { axis: -1 })[random.integer(0, 2)],
  (_, a) => t.sub(...(t.split(t.exp(a), 2, { axis: -1 }).map(t.neg) as [Tensor, Tensor])),
  (_, a) => t.mul(a, t.fullLike(a, 2)),
  (_, a) => t.apply("Identity", [a], {})[0],
];

/** A few outputs of a graph of some twenty steps. */
function randomOutputs(random: Random): Record<string, Tensor> {
  const pool: Tensor[] = [...INPUTS];
  while (pool.length < INPUTS.length + 20) {
    const step = pick(random, STEPS);
    try {
      pool.push(step(random, pick(random, pool), pick(random, pool)));
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  return { last: pool[pool.length - 1], y: pick(random, pool), z: pick(random, pool), again: pick(random, pool) };
}

function feeds(random: Random): Record<string, Value> {
  const entries = INPUTS.map(({ shape, source }) => {
    const sizes = shape.map((dim) => (typeof dim === "number" ? dim : BATCH));
    const data = Float32Array.from({ length: sizes.reduce((n, size) => n * size, 1) }, () => random.normal());
    return [source.kind === "input" ? source.name : "", { dtype: "float32", shape: sizes, data } satisfies Value];
  });
  return Object.fromEntries(entries);
}

describe("simplification leaves every bit of the outputs as it was", () => {
  test.each(Array.from({ length: 150 }, (_, seed) => seed))("in random graph %d", async (seed) => {
    const random = new Random(seed);
    const outputs = randomOutputs(random);
    const runtime = await openRuntime({ threads: 1 });
    const given = feeds(random);
    const run = async (model: ReturnType<typeof toModel>) => {
      const session = await runtime.load(encodeModel(model));
      const results = await session.run(given);
      await session.release();
      return results;
    };
    const plain = toModelAsBuilt(outputs, { inputs: INPUTS });
    const simplified = toModel(outputs, { inputs: INPUTS });
    expect(simplified.graph!.node.length).toBeLessThanOrEqual(plain.graph!.node.length);
    const [expected, got] = [await run(plain), await run(simplified)];
    for (const name of Object.keys(outputs)) {
      expect(got[name].shape).toEqual(expected[name].shape);
      // x + 0 becomes x, so that -0 may stay -0: equal, though not to Object.is.
      const cells = (value: Value) => Array.from(value.data as Float32Array, (cell) => (cell === 0 ? 0 : cell));
      expect(cells(got[name])).toEqual(cells(expected[name]));
    }
  });
});
