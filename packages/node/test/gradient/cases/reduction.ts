/**
 * @file Operators that bring many cells into one: reductions, softmax, matrix products, pooling, the largest k.
 */
import type { Shape, Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { bothBatches, type Case } from "../check";
import { apart } from "../draw";
import { map } from "../kernels/elementwise";
import { largest, matMul, maxPool, mean, reduce, softmax, sum, swapLast, topK } from "../kernels/reduction";

const REDUCTIONS = [
  { name: "ReduceSum", build: t.reduceSum, reference: sum },
  { name: "ReduceMean", build: t.reduceMean, reference: mean },
  { name: "ReduceMax", build: t.reduceMax, reference: largest, draw: apart },
] as const;

/** Shape and axes; the batch is symbolic among the reduced, among the kept and nowhere. */
const AXES: readonly (readonly [Shape, readonly number[]])[] = [
  [[5], [0]],
  [[2, 3, 4], [1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[2, 3, 4], [-1]],
  [
    [2, 3, 4],
    [0, 1, 2],
  ],
  [[2, 1, 4], [1]],
  [["batch", 3, 4], [0]],
  [
    ["batch", 3, 4],
    [0, 2],
  ],
  [
    ["batch", 3, 4],
    [1, 2],
  ],
  [
    ["batch", 3, 2, 2],
    [0, 2, 3],
  ],
];

const reduceCases: readonly Case[] = REDUCTIONS.flatMap(({ name, build, reference, ...rest }) =>
  AXES.flatMap(([shape, axes]) =>
    [false, true].map(
      (keepdims) =>
        ({
          name: `${name} of (${shape.join(", ")}) over ${axes.join(", ")}${keepdims ? ", kept" : ""}`,
          inputs: [{ shape, ...rest }],
          build: ([x]: readonly Tensor[]) => build(x, { axes, keepdims }),
          reference: ([x]) =>
            reduce(
              x,
              axes.map((axis) => (axis + shape.length) % shape.length),
              keepdims,
              reference,
            ),
        }) satisfies Case,
    ),
  ),
);

const SOFTMAXES: readonly (readonly [Shape, number])[] = [
  [[5], 0],
  [[2, 3, 4], 0],
  [[2, 3, 4], 1],
  [[2, 3, 4], -1],
  [["batch", 4, 16, 3], 2],
  [["batch", 3], 0],
];

const softmaxCases: readonly Case[] = SOFTMAXES.map(([shape, axis]) => ({
  name: `Softmax of (${shape.join(", ")}) over ${axis}`,
  inputs: [{ shape }],
  build: ([x]) => t.softmax(x, axis),
  reference: ([x]) => softmax(x, (axis + shape.length) % shape.length),
}));

/** Shapes of both factors, as they stand after transposition. */
const FACTORS: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 5],
    [5, 1],
  ],
  [
    [3, 1],
    [1, 3],
  ],
  [
    [2, 2, 3],
    [2, 3, 4],
  ],
  [
    [2, 2, 3],
    [3, 4],
  ],
  [
    [2, 3],
    [4, 3, 2],
  ],
  [
    [4, 1, 2, 3],
    [2, 3, 2],
  ],
  [
    [1, 2, 3],
    [2, 3, 2],
  ],
  [
    ["batch", 2, 3],
    ["batch", 3, 4],
  ],
  [
    ["batch", 2, 3],
    [3, 4],
  ],
  [
    [2, 3],
    ["batch", 3, 4],
  ],
  [
    ["batch", 2, 2, 3],
    [1, 3, 2],
  ],
];

const swapped = (shape: Shape): Shape => [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]];

const matMulCases: readonly Case[] = FACTORS.map(([a, b]) => ({
  name: `MatMul of (${a.join(", ")}) and (${b.join(", ")})`,
  inputs: [{ shape: a }, { shape: b }],
  build: ([x, y]) => t.matMul(x, y),
  reference: ([x, y]) => matMul(x, y),
}));

const fusedMatMulCases: readonly Case[] = FACTORS.flatMap(([a, b]) =>
  [
    { transA: false, transB: false, alpha: -0.5 },
    { transA: true, transB: false, alpha: 1 },
    { transA: false, transB: true, alpha: 1 },
    { transA: true, transB: true, alpha: 0.125 },
  ].map(
    ({ transA, transB, alpha }) =>
      ({
        name: `FusedMatMul of (${a.join(", ")})${transA ? "'" : ""} and (${b.join(", ")})${transB ? "'" : ""} times ${alpha}`,
        inputs: [{ shape: transA ? swapped(a) : a }, { shape: transB ? swapped(b) : b }],
        build: ([x, y]: readonly Tensor[]) => t.fusedMatMul(x, y, { transA, transB, alpha }),
        reference: ([x, y]) =>
          map(matMul(transA ? swapLast(x) : x, transB ? swapLast(y) : y), (value) => alpha * value),
      }) satisfies Case,
  ),
);

/** Height, width, kernel, stride, padding. */
const POOLS: readonly (readonly [number, number, number, number, number])[] = [
  [4, 6, 2, 2, 0],
  [5, 5, 2, 2, 0],
  [5, 6, 3, 1, 1],
  [6, 5, 3, 2, 1],
  [7, 6, 5, 1, 2],
  [3, 3, 5, 1, 2],
  [7, 8, 2, 3, 0],
];

const maxPoolCases: readonly Case[] = POOLS.map(([height, width, k, stride, pad]) => ({
  name: `MaxPool of ${height} x ${width}, kernel ${k}, stride ${stride}, padding ${pad}`,
  inputs: [{ shape: ["batch", 3, height, width], draw: apart }],
  build: ([x]) => t.maxPool(x, k, { stride, pad }),
  reference: ([x]) => maxPool(x, k, stride, pad),
}));

/** Three poolings in a row, all four results side by side: the block SPPF. */
const pyramid: Case = {
  name: "MaxPool three times over",
  inputs: [{ shape: ["batch", 2, 6, 7], draw: apart }],
  build: ([x]) => {
    const once = t.maxPool(x, 5, { pad: 2 });
    const twice = t.maxPool(once, 5, { pad: 2 });
    return t.add(t.add(x, once), t.add(twice, t.maxPool(twice, 5, { pad: 2 })));
  },
  reference: ([x]) => {
    const once = maxPool(x, 5, 1, 2);
    const twice = maxPool(once, 5, 1, 2);
    const thrice = maxPool(twice, 5, 1, 2);
    return { shape: x.shape, data: x.data.map((v, i) => v + once.data[i] + twice.data[i] + thrice.data[i]) };
  },
};

const topKCases: readonly Case[] = (
  [
    [[6], 3],
    [[2, 5], 1],
    [[2, 3, 5], 5],
    [["batch", 4, 7], 3],
  ] as const
).map(([shape, k]) => ({
  name: `TopK of (${shape.join(", ")}), k ${k}`,
  inputs: [{ shape, draw: apart }],
  build: ([x]) => t.topK(x, k).values,
  reference: ([x]) => topK(x, k),
}));

const fedTopK: Case = {
  name: "TopK of a k that is fed",
  inputs: [
    { shape: ["batch", 7], draw: apart },
    { shape: [1], dtype: "int64", draw: () => [3] },
  ],
  build: ([x, k]) => t.topKOf(x, k, "count").values,
  reference: ([x]) => topK(x, 3),
};

export const reductionCases: readonly Case[] = bothBatches([
  ...reduceCases,
  ...softmaxCases,
  ...matMulCases,
  ...fusedMatMulCases,
  ...maxPoolCases,
  pyramid,
  ...topKCases,
  fedTopK,
]);
