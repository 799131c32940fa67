/**
 * @file Elementwise operators, on random shapes and with every kind of broadcasting.
 */
import type { Shape, Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { bothBatches, type Case } from "../check";
import { apart, awayFromZero, type Draw, normal, positive, randomShape } from "../draw";
import { expand, map, sigmoid, softplus, zip } from "../kernels/elementwise";

interface Unary {
  readonly name: string;
  readonly build: (x: Tensor) => Tensor;
  readonly reference: (x: number) => number;
  readonly draw?: Draw;
  readonly tolerance?: number;
}

const UNARY: readonly Unary[] = [
  { name: "Abs", build: t.abs, reference: Math.abs, draw: awayFromZero },
  { name: "Atan", build: t.atan, reference: Math.atan },
  { name: "Exp", build: t.exp, reference: Math.exp },
  { name: "Identity", build: (x) => t.apply("Identity", [x], {})[0], reference: (x) => x },
  { name: "Log", build: t.log, reference: Math.log, draw: positive },
  { name: "Neg", build: t.neg, reference: (x) => -x },
  { name: "Relu", build: t.relu, reference: (x) => Math.max(x, 0), draw: awayFromZero },
  { name: "Sigmoid", build: t.sigmoid, reference: sigmoid },
  { name: "Softplus", build: t.softplus, reference: softplus },
  { name: "Sqrt", build: t.sqrt, reference: Math.sqrt, draw: positive },
  { name: "Tanh", build: t.tanh, reference: Math.tanh },
  { name: "QuickGelu, alpha 1", build: t.silu, reference: (x) => x * sigmoid(x) },
  {
    name: "QuickGelu, alpha 1.702",
    build: (x) => t.apply("QuickGelu", [x], { alpha: 1.702 })[0],
    reference: (x) => x * sigmoid(1.702 * x),
  },
  { name: "Pow 2", build: (x) => t.pow(x, 2), reference: (x) => x ** 2 },
  { name: "Pow 3", build: (x) => t.pow(x, 3), reference: (x) => x ** 3 },
  { name: "Pow 1", build: (x) => t.pow(x, 1), reference: (x) => x },
  { name: "Pow 0", build: (x) => t.pow(x, 0), reference: () => 1 },
  { name: "Pow -1", build: (x) => t.pow(x, -1), reference: (x) => 1 / x, draw: awayFromZero },
  { name: "Pow 0.5", build: (x) => t.pow(x, 0.5), reference: Math.sqrt, draw: positive },
  { name: "Pow -1.5", build: (x) => t.pow(x, -1.5), reference: (x) => x ** -1.5, draw: positive },
  { name: "square", build: t.square, reference: (x) => x * x },
  // Multiples of 0.1 plus up to 0.05, so that -0.28 and 0.27 are never met.
  { name: "Clip", build: (x) => t.clip(x, { min: -0.28, max: 0.27 }), reference: between(-0.28, 0.27), draw: apart },
  { name: "Clip below", build: (x) => t.clip(x, { min: -0.28 }), reference: between(-0.28, Infinity), draw: apart },
  { name: "Clip above", build: (x) => t.clip(x, { max: 0.27 }), reference: between(-Infinity, 0.27), draw: apart },
  { name: "Clip without bounds", build: (x) => t.clip(x, {}), reference: (x) => x },
  { name: "Cast to the same type", build: (x) => t.cast(x, "float32"), reference: (x) => x },
  {
    // float16 keeps 11 bits: 2^-11 of each entry is lost on both ways.
    name: "Cast to float16 and back",
    build: (x) => t.cast(t.cast(x, "float16"), "float32"),
    reference: (x) => x,
    tolerance: 2 ** -11,
  },
];

function between(min: number, max: number): (x: number) => number {
  return (x) => Math.min(Math.max(x, min), max);
}

const random = new Random(20);

const unaryCases: readonly Case[] = UNARY.flatMap(({ name, build, reference, draw, tolerance }) =>
  [0, 1, 2, 3].map((axes) => {
    const shape: Shape = axes === 2 ? ["batch", 3] : randomShape(random, axes, 5);
    return {
      name: `${name} of (${shape.join(", ")})`,
      inputs: [{ shape, draw }],
      build: ([x]: readonly Tensor[]) => build(x),
      reference: ([x]) => map(x, reference),
      tolerance,
    } satisfies Case;
  }),
);

/** Pairs of shapes that broadcast: one side, the other, both at once, leading axes, scalars, a symbolic batch. */
const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [4, 1],
    [2, 1, 3],
  ],
  [
    [1, 3],
    [2, 1],
  ],
  [[], [2, 3]],
  [[2, 3], []],
  [[], []],
  [
    [1, 1],
    [2, 3],
  ],
  [[2, 3], [1]],
  [
    ["batch", 3],
    ["batch", 1],
  ],
  [
    ["batch", 3],
    [1, 3],
  ],
  [[3], ["batch", 2, 3]],
  [
    ["batch", 1],
    [1, 4],
  ],
];

interface Binary {
  readonly name: string;
  readonly build: (a: Tensor, b: Tensor) => Tensor;
  readonly reference: (a: number, b: number) => number;
  readonly draws?: readonly [Draw, Draw];
}

/** Multiples of 0.1, and others that lie between those, so that no two are equal. */
const tenths: Draw = (random, count) => Array.from({ length: count }, () => random.integer(-9, 10) * 0.1);
const halfway: Draw = (random, count) => Array.from(tenths(random, count), (x) => x + 0.05);

const BINARY: readonly Binary[] = [
  { name: "Add", build: t.add, reference: (a, b) => a + b },
  { name: "Sub", build: t.sub, reference: (a, b) => a - b },
  { name: "Mul", build: t.mul, reference: (a, b) => a * b },
  { name: "Div", build: t.div, reference: (a, b) => a / b, draws: [normal, awayFromZero] },
  { name: "Max", build: t.max, reference: Math.max, draws: [tenths, halfway] },
  { name: "Min", build: t.min, reference: Math.min, draws: [tenths, halfway] },
];

const binaryCases: readonly Case[] = BINARY.flatMap(({ name, build, reference, draws = [normal, normal] }) =>
  PAIRS.map(([a, b]) => ({
    name: `${name} of (${a.join(", ")}) and (${b.join(", ")})`,
    inputs: [
      { shape: a, draw: draws[0] },
      { shape: b, draw: draws[1] },
    ],
    build: ([x, y]: readonly Tensor[]) => build(x, y),
    reference: (values) => zip(values, reference),
  })),
);

const numberCases: readonly Case[] = [
  ["x + 2", (x: Tensor) => t.add(x, 2), (x: number) => x + 2],
  ["1 - x", (x: Tensor) => t.sub(1, x), (x: number) => 1 - x],
  ["-1.5 x", (x: Tensor) => t.mul(x, -1.5), (x: number) => -1.5 * x],
  ["1 / x", (x: Tensor) => t.div(1, x), (x: number) => 1 / x],
  ["x / 3", (x: Tensor) => t.div(x, 3), (x: number) => x / 3],
].map(([name, build, reference]) => ({
  name: `${name}`,
  inputs: [{ shape: [2, 3], draw: awayFromZero }],
  build: ([x]: readonly Tensor[]) => (build as (x: Tensor) => Tensor)(x),
  reference: ([x]) => map(x, reference as (x: number) => number),
}));

/** Shapes of the condition and of both choices. */
const CHOICES: readonly (readonly [Shape, Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
    [2, 3],
  ],
  [[2, 1], [3], [2, 3]],
  [[3], [2, 1], [1, 1]],
  [[2, 3], [], [3]],
  [[], [2, 3], [2, 1, 1]],
  [["batch", 1], ["batch", 3], [3]],
];

const whereCases: readonly Case[] = CHOICES.map(([condition, a, b]) => ({
  name: `Where of (${condition.join(", ")}), (${a.join(", ")}) and (${b.join(", ")})`,
  inputs: [{ shape: condition, draw: awayFromZero }, { shape: a }, { shape: b }],
  // The condition is made of a float, whose gradient must be zero.
  build: ([c, x, y]) => t.where(t.greater(c, 0), x, y),
  reference: (values) => zip(values, (c, x, y) => (c > 0 ? x : y)),
}));

const EXPANSIONS: readonly (readonly [Shape, Shape])[] = [
  [[3], [2, 3]],
  [
    [2, 1],
    [2, 4],
  ],
  [
    [1, 3, 1],
    [2, 3, 4],
  ],
  [[], [2, 2]],
  [
    [1, 3],
    ["batch", 3],
  ],
  [
    ["batch", 1],
    ["batch", 3],
  ],
];

const expandCases: readonly Case[] = EXPANSIONS.map(([from, to]) => ({
  name: `Expand of (${from.join(", ")}) to (${to.join(", ")})`,
  inputs: [{ shape: from }, { shape: to }],
  build: ([x, like]) => t.expandLike(x, like),
  reference: ([x, like]) => expand(x, like.shape),
}));

export const elementwiseCases: readonly Case[] = bothBatches([
  ...unaryCases,
  ...binaryCases,
  ...numberCases,
  ...whereCases,
  ...expandCases,
]);
