import type { Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { describe, test } from "vitest";
import { bothBatches, type Case, checkOutput } from "./check";
import { apart, type Draw, indicesBelow, permutation } from "./draw";
import { zip } from "./kernels/elementwise";
import { resizeLinear, scatterElements, scatterND } from "./kernels/movement";

/** Small whole numbers: many of them equal. */
const few: Draw = indicesBelow(3);
const truth = (x: Tensor) => t.cast(x, "float32");
const replaced = (_: number, update: number) => update;

const comparisons: readonly Case[] = (
  [
    ["Equal", t.equal, (a: number, b: number) => Number(a === b)],
    ["Greater", t.greater, (a: number, b: number) => Number(a > b)],
    ["Less", t.less, (a: number, b: number) => Number(a < b)],
  ] as const
).map(([name, build, reference]) => ({
  name,
  inputs: [
    { shape: ["batch", 1, 4], draw: few },
    { shape: [3, 1], draw: few },
  ],
  build: ([a, b]) => truth(build(a, b)),
  reference: (values) => zip(values, reference),
}));

const logic: readonly Case[] = [
  {
    name: "And, Or and Not",
    inputs: [
      { shape: [4, 1], draw: few },
      { shape: [5], draw: few },
    ],
    build: ([a, b]) => {
      const [p, q] = [t.greater(a, 0), t.greater(b, 1)];
      return truth(t.or(t.and(p, t.not(q)), t.and(q, t.not(p))));
    },
    reference: (values) => zip(values, (a, b) => Number(a > 0 !== b > 1)),
  },
];

const others: readonly Case[] = [
  {
    name: "Floor",
    inputs: [{ shape: [7] }],
    build: ([x]) => t.floor(x),
    reference: ([x]) => ({ shape: x.shape, data: x.data.map(Math.floor) }),
  },
  {
    name: "OneHot",
    inputs: [{ shape: ["batch", 3], dtype: "int64", draw: few }],
    build: ([x]) => t.oneHot(x, 3),
    reference: ([x]) => ({
      shape: [...x.shape, 3],
      data: Float64Array.from({ length: 3 * x.data.length }, (_, i) => Number(x.data[Math.floor(i / 3)] === i % 3)),
    }),
  },
  {
    name: "Range along the batch",
    inputs: [{ shape: ["batch", 2] }],
    build: ([x]) => {
      const limit = t.reshape(t.shapeOf(x, 0, 1), []);
      return t.add(t.reshape(t.cast(t.range(limit, x.shape[0]), "float32"), [x.shape[0], 1]), t.mul(x, 0));
    },
    reference: ([x]) => ({ shape: x.shape, data: x.data.map((_, i) => Math.floor(i / 2)) }),
  },
  {
    name: "Range of a float",
    inputs: [{ shape: [], draw: () => [4] }],
    build: ([x]) => t.range(x, "count"),
    reference: () => ({ shape: [4], data: Float64Array.of(0, 1, 2, 3) }),
  },
  {
    name: "Shape",
    inputs: [{ shape: ["batch", 3, 5] }],
    build: ([x]) => t.cast(t.shapeOf(x, 0, 2), "float32"),
    reference: ([x]) => ({ shape: [2], data: Float64Array.from(x.shape.slice(0, 2)) }),
  },
  {
    name: "fullLike",
    inputs: [{ shape: ["batch", 9, 3] }],
    build: ([x]) => t.fullLike(x, -2.5),
    reference: ([x]) => ({ shape: x.shape, data: x.data.map(() => -2.5) }),
  },
  {
    name: "Resize bilinear",
    inputs: [{ shape: ["batch", 2, 3, 4] }],
    build: ([x]) => t.resize(x, 2, "linear"),
    reference: ([x]) => resizeLinear(x, 2),
  },
  {
    name: "TopK indices",
    inputs: [{ shape: [2, 6], draw: apart }],
    build: ([x]) => t.gatherElements(x, t.topK(x, 4).indices, { axis: 1 }),
    reference: ([x]) => ({
      shape: [2, 4],
      data: Float64Array.from(
        [0, 6].flatMap((row) => [...x.data.slice(row, row + 6)].sort((a, b) => b - a).slice(0, 4)),
      ),
    }),
  },
];

const scatters: readonly Case[] = (
  [
    ["none", replaced],
    ["max", Math.max],
  ] as const
).flatMap(([reduction, combine]): Case[] => [
  {
    name: `ScatterND, reduction ${reduction}`,
    inputs: [{ shape: [5, 2] }, { shape: [5, 1], dtype: "int64", draw: permutation }, { shape: [5, 2] }],
    build: ([x, indices, u]) => t.scatterND(x, indices, u, reduction),
    reference: ([x, indices, u]) => scatterND(x, indices, u, combine),
  },
  {
    name: `ScatterElements, reduction ${reduction}`,
    inputs: [{ shape: [6] }, { shape: [6], dtype: "int64", draw: permutation }, { shape: [6] }],
    build: ([x, indices, u]) => t.scatterElements(x, indices, u, { axis: 0, reduction }),
    reference: ([x, indices, u]) => scatterElements(x, indices, u, 0, combine),
  },
]);

describe("an operator without a gradient computes what its reference does:", () => {
  test.each(bothBatches([...comparisons, ...logic, ...others, ...scatters]))("$name", checkOutput);
});
