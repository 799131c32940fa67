/**
 * @file Convolution, batch norm and SiLU in training, which are differentiated as one: forward, batch statistics and
 * gradients against a float64 reference.
 *
 * The running statistics of a network see what comes of the statistics here; PyTorch's `BatchNorm2d` normalises with the
 * biased variance and epsilon 1e-3, as the networks set it. Frozen, the norm goes by given statistics, which are no
 * function of the input.
 */
import { grad } from "@fovea/core/graph/gradient";
import { input, mul, reduceSum } from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import type { ConvBlockShape } from "@fovea/core/nn/leaves";
import { trainingLeaves } from "@fovea/core/nn/training";
import { describe, expect, test } from "vitest";
import { BATCH, centralDifferences, expectClose, feed, load } from "./check";
import { conv } from "./kernels/convolution";
import { fill, sizeOf, type Values } from "./kernels/values";

const EPSILON = 1e-3;

interface Block {
  readonly what: string;
  readonly channels: number;
  readonly size: readonly [height: number, width: number];
  readonly shape: ConvBlockShape;
  /** The convolution carries a bias. */
  readonly bias?: boolean;
  /** The norm is frozen at `running`. */
  readonly frozen?: boolean;
}

/** Running statistics of a block, far from those of its batch. */
function running({ shape }: Block): { mean: number[]; variance: number[] } {
  const channels = Array.from({ length: shape.c2 }, (_, c) => c);
  return { mean: channels.map((c) => Math.fround(0.3 * c - 0.4)), variance: channels.map((c) => 0.5 + 0.75 * c) };
}

/** Mean and biased variance of each channel of (B, C, H, W). */
function statistics({ shape: [batch, channels, height, width], data }: Values): { mean: number[]; variance: number[] } {
  const pixels = height * width;
  const of = (c: number) =>
    Array.from({ length: batch }, (_, b) => [
      ...data.subarray((b * channels + c) * pixels, (b * channels + c + 1) * pixels),
    ]).flat();
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = Array.from({ length: channels }, (_, c) => average(of(c)));
  return { mean, variance: mean.map((m, c) => average(of(c).map((v) => (v - m) ** 2))) };
}

/** Inputs: x, weight, [bias,] gamma, beta. */
function reference(block: Block): (inputs: readonly Values[]) => Values {
  const { shape, bias } = block;
  const { k = 1, s = 1, g = 1, act = true } = shape;
  const p = Math.floor(k / 2);
  return (inputs) => {
    const [x, w, ...rest] = inputs;
    const [gamma, beta] = rest.slice(bias ? 1 : 0);
    const geometry = { strides: [s, s], pads: [p, p, p, p], dilations: [1, 1], group: g };
    const y = conv(x, w, bias ? rest[0] : undefined, geometry);
    const { mean, variance } = block.frozen ? running(block) : statistics(y);
    let at = 0;
    return fill(y.shape, ([, c]) => {
      const normed = ((y.data[at++] - mean[c]) / Math.sqrt(variance[c] + EPSILON)) * gamma.data[c] + beta.data[c];
      return act ? normed / (1 + Math.exp(-normed)) : normed;
    });
  };
}

function draw(shape: readonly number[], random: Random, { mean = 0, deviation = 1 } = {}): Values {
  const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(mean + deviation * random.normal()));
  return { shape, data };
}

/** Values for the inputs of `reference`. */
function drawInputs({ channels, size, shape, bias }: Block, random: Random): Values[] {
  const { c2, k = 1, g = 1 } = shape;
  const within = channels / g;
  return [
    draw([BATCH, channels, ...size], random),
    draw([c2, within, k, k], random, { deviation: 1 / Math.sqrt(within * k * k) }),
    ...(bias ? [draw([c2], random)] : []),
    draw([c2], random, { mean: 1, deviation: 0.3 }),
    draw([c2], random, { deviation: 0.3 }),
  ];
}

/** Output, statistics and the gradients of sum(weights * output) by x and every parameter, in the reference's order. */
async function run(block: Block, values: readonly Values[], weights: Values) {
  const { channels, size, shape, bias = false } = block;
  const { mean: runningMean, variance: runningVariance } = running(block);
  const stored = new Map([
    ["block.bn.running_mean", Float32Array.from(runningMean)],
    ["block.bn.running_var", Float32Array.from(runningVariance)],
  ]);
  const x = input("x", "float32", ["batch", channels, ...size]);
  const leaves = trainingLeaves(() => bias, block.frozen ? stored : undefined);
  const output = leaves.leaves.conv("block", x, shape);
  const names = ["conv.weight", ...(bias ? ["conv.bias"] : []), "bn.weight", "bn.bias"].map((name) => `block.${name}`);
  const parameters = names.map((name) => leaves.parameters.get(name)!);
  const upstream = input("upstream", "float32", output.shape);
  const gradients = grad(reduceSum(mul(output, upstream)), [x, ...parameters]);
  const [statistic] = leaves.statistics;
  if (block.frozen) expect(statistic).toBeUndefined();
  const moments = statistic && { mean: statistic.mean, variance: statistic.variance };
  const outputs = { output, ...moments, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) };
  const session = await load(outputs, [x, ...parameters, upstream]);
  const feeds = Object.fromEntries(["x", ...names].map((name, i) => [name, feed(values[i], "float32")]));
  const results = await session.run({ ...feeds, upstream: feed(weights, "float32") });
  await session.release();
  return results;
}

/** Entries of each input whose derivative is taken by differences. */
const ENTRIES = 40;

async function check(block: Block): Promise<void> {
  const random = new Random(block.what.length + 7 * block.channels);
  const values = drawInputs(block, random);
  const forward = reference(block);
  const expected = forward(values);
  const weights = draw(expected.shape, random);
  const results = await run(block, values, weights);

  expect(results.output.shape).toEqual(expected.shape);
  expectClose(results.output.data, expected.data, 1e-5, "output");
  for (const [i, { data, shape }] of values.entries()) {
    const got = results[`g${i}`];
    expect(got.shape, `shape of gradient ${i}`).toEqual(shape);
    const entries = random.shuffle(Array.from({ length: data.length }, (_, entry) => entry)).slice(0, ENTRIES);
    const differences = centralDifferences(forward, values, weights, i, entries);
    const at = entries.map((entry) => Number(got.data[entry]));
    // A bias before the norm moves nothing; its differences are rounding.
    if (block.bias && !block.frozen && i === 2) expect(at.every((g) => g === 0)).toBe(true);
    else expectClose(at, differences, 1e-4, `gradient ${i}`);
  }
}

// Maps of 32 x 32 pixels and more take another form of the affine.
const BLOCKS: readonly Block[] = [
  { what: "1 x 1", channels: 3, size: [5, 4], shape: { c2: 4 } },
  { what: "1 x 1 without activation", channels: 3, size: [5, 4], shape: { c2: 4, act: false } },
  { what: "3 x 3", channels: 2, size: [6, 5], shape: { c2: 3, k: 3 } },
  { what: "3 x 3, stride 2", channels: 2, size: [6, 8], shape: { c2: 3, k: 3, s: 2 } },
  { what: "3 x 3, stride 2, odd size", channels: 2, size: [7, 5], shape: { c2: 3, k: 3, s: 2 } },
  { what: "depthwise 3 x 3", channels: 4, size: [5, 5], shape: { c2: 4, k: 3, g: 4 } },
  {
    what: "depthwise 7 x 7 without activation, with a bias",
    channels: 4,
    size: [8, 8],
    shape: { c2: 4, k: 7, g: 4, act: false },
    bias: true,
  },
  { what: "one pixel", channels: 3, size: [1, 1], shape: { c2: 2 } },
  { what: "large map", channels: 2, size: [32, 33], shape: { c2: 2 } },
  { what: "large map without activation", channels: 2, size: [33, 32], shape: { c2: 2, act: false } },
  { what: "large map, 3 x 3, stride 2", channels: 2, size: [64, 66], shape: { c2: 2, k: 3, s: 2 } },
];

describe("a convolution with batch norm", () => {
  test.each(BLOCKS)("$what: output and gradients are those of float64", async (block) => {
    await check(block);
  });

  test.each(BLOCKS)("frozen, $what: output and gradients are those of float64", async (block) => {
    await check({ ...block, frozen: true });
  });

  test("frozen without its statistics is refused", () => {
    const x = input("x", "float32", ["batch", 2, 4, 4]);
    const { leaves } = trainingLeaves(() => false, new Map());
    expect(() => leaves.conv("block", x, { c2: 2 })).toThrow("no block.bn.running_mean to freeze the norm at");
  });

  test("gives mean and biased variance of the batch", async () => {
    const block: Block = { what: "statistics", channels: 2, size: [4, 6], shape: { c2: 3 } };
    const values = drawInputs(block, new Random(1));
    const results = await run(block, values, draw([BATCH, 3, 4, 6], new Random(2)));
    const geometry = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    const { mean, variance } = statistics(conv(values[0], values[1], undefined, geometry));
    expectClose(results.mean.data, mean, 1e-5, "mean");
    expectClose(results.variance.data, variance, 1e-5, "variance");
  });

  test("of equal pixels is its shift, and passes on no more than rounding", async () => {
    const block: Block = { what: "constant", channels: 1, size: [4, 4], shape: { c2: 1, act: false } };
    const one = (shape: number[], value: number): Values => ({
      shape,
      data: new Float64Array(sizeOf(shape)).fill(value),
    });
    const values = [one([BATCH, 1, 4, 4], 3), one([1, 1, 1, 1], 1), one([1], 2), one([1], 0.25)];
    const results = await run(block, values, draw([BATCH, 1, 4, 4], new Random(3)));
    expect(results.variance.data[0]).toBe(0);
    for (const value of results.output.data) expect(Number(value)).toBeCloseTo(0.25, 6);
  });
});

/**
 * The variance is the difference of two means, of squares and squared: a relative error of about 4e-6 (mean / deviation)^2
 * for the 4608 values here, most of it from summing them. Nothing at 1; at 1000 the variance is lost and clamped to 0,
 * so that the output grows by up to 1 / sqrt(epsilon) = 32, but stays a number. Where the mean is below 1, epsilon hides
 * all of this.
 */
describe("a mean far above the deviation", () => {
  const block: Block = { what: "offset", channels: 1, size: [48, 48], shape: { c2: 1, act: false } };

  async function errorAt(ratio: number) {
    const random = new Random(ratio);
    const shape = [BATCH, 1, 48, 48];
    const one = (value: number, dims: number[]): Values => ({ shape: dims, data: Float64Array.of(value) });
    const x = draw(shape, random, { mean: ratio });
    const values = [x, one(1, [1, 1, 1, 1]), one(1, [1]), one(0, [1])];
    const results = await run(block, values, draw(shape, random));
    const expected = reference(block)(values);
    const { variance } = statistics(x);
    const differences = expected.data.map((y, i) => Math.abs(y - Number(results.output.data[i])));
    const largest = Math.max(...expected.data.map(Math.abs));
    return {
      variance: Math.abs(Number(results.variance.data[0]) / variance[0] - 1),
      output: Math.max(...differences) / largest,
      finite: [results.output, results.g0, results.g1, results.g2].every(({ data }) =>
        [...data].every((value) => Number.isFinite(Number(value))),
      ),
    };
  }

  test.each([
    [1, 1e-5],
    [10, 1e-3],
    [100, 5e-2],
  ])("(%d times) leaves the variance and the output good to %d", async (ratio, tolerance) => {
    const { variance, output, finite } = await errorAt(ratio);
    expect(variance).toBeLessThan(tolerance);
    expect(output).toBeLessThan(tolerance);
    expect(finite).toBe(true);
  });

  test.each([1000, 1e4, 1e5])("(%d times) leaves the output and the gradients numbers", async (ratio) => {
    const { output, finite } = await errorAt(ratio);
    expect(output).toBeLessThan(1 / Math.sqrt(EPSILON));
    expect(finite).toBe(true);
  });
});
