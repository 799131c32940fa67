/**
 * @file Operators that move whole ranges of cells: cuts, joins, reshapes, space and depth.
 */
import type { Dim, Shape, Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { BATCH, bothBatches, type Case } from "../check";
import { concat, depthToSpace, pad, pick, reshape, resizeNearest, spaceToDepth, transpose } from "../kernels/movement";

const named = (shape: Shape) => `(${shape.join(", ")})`;
const count = (dim: Dim) => (typeof dim === "number" ? dim : BATCH);

const shapeCases: readonly Case[] = [
  ...(
    [
      [
        [2, 6],
        [3, 4],
      ],
      [[4], [2, 2, 1]],
      [[1, 1], []],
      [
        ["batch", 4, 6],
        ["batch", 24],
      ],
      [
        ["batch", 24],
        ["batch", 2, 3, 4],
      ],
      [
        ["batch", 3, 4],
        ["3*batch", 4],
      ],
      [[3, "batch"], ["3*batch"]],
    ] as readonly (readonly [Shape, Shape])[]
  ).map(
    ([from, to]) =>
      ({
        name: `Reshape of ${named(from)} to ${named(to)}`,
        inputs: [{ shape: from }],
        build: ([x]: readonly Tensor[]) => {
          // With the batch fixed its symbols are gone from the target too.
          const fixedBatch = !x.shape.includes("batch");
          return t.reshape(x, fixedBatch ? to.map((dim) => (dim === "3*batch" ? 3 * BATCH : count(dim))) : to);
        },
        reference: ([x]) =>
          reshape(
            x,
            to.map((dim) => (dim === "3*batch" ? 3 * BATCH : count(dim))),
          ),
      }) satisfies Case,
  ),
  ...(
    [
      [
        [2, 3],
        [1, 0],
      ],
      [
        [2, 3, 4],
        [2, 0, 1],
      ],
      [
        [2, 3, 4],
        [1, 2, 0],
      ],
      [
        ["batch", 3, 2, 4],
        [0, 2, 3, 1],
      ],
      [
        ["batch", 3, 2],
        [1, 2, 0],
      ],
    ] as readonly (readonly [Shape, readonly number[]])[]
  ).map(
    ([shape, perm]) =>
      ({
        name: `Transpose of ${named(shape)} by ${named(perm)}`,
        inputs: [{ shape }],
        build: ([x]: readonly Tensor[]) => t.transpose(x, perm),
        reference: ([x]) => transpose(x, perm),
      }) satisfies Case,
  ),
];

const reshapeLikeCase: Case = {
  name: "Reshape that moves two symbols",
  inputs: [{ shape: ["a", "b", 6] }],
  build: ([x]) => t.reshapeLike(x, [3, "a", "b", 2], x),
  reference: ([x]) => reshape(x, [3, 2, 2, 2]),
};

const joinCases: readonly Case[] = [
  ...(
    [
      [
        0,
        [
          [2, 3],
          [1, 3],
        ],
      ],
      [
        1,
        [
          ["batch", 2, 3],
          ["batch", 1, 3],
          ["batch", 4, 3],
        ],
      ],
      [
        -1,
        [
          [2, 3],
          [2, 1],
        ],
      ],
      [0, [[2], [3], [1]]],
    ] as readonly (readonly [number, readonly Shape[]])[]
  ).map(
    ([axis, shapes]) =>
      ({
        name: `Concat of ${shapes.map(named).join(", ")} on ${axis}`,
        inputs: shapes.map((shape) => ({ shape })),
        build: (parts: readonly Tensor[]) => t.concat(parts, { axis }),
        reference: (parts) => concat(parts, (axis + shapes[0].length) % shapes[0].length),
      }) satisfies Case,
  ),
  {
    name: "Concat of one tensor twice",
    inputs: [{ shape: [2, 3] }],
    build: ([x]) => t.concat([x, x], { axis: 1 }),
    reference: ([x]) => concat([x, x], 1),
  },
  {
    name: "Split, all parts used",
    inputs: [{ shape: ["batch", 6, 2] }],
    build: ([x]) => {
      const [a, b, c] = t.split(x, [1, 3, 2], { axis: 1 });
      return t.concat([t.mul(c, 3), a, t.mul(b, 2)], { axis: 1 });
    },
    reference: ([x]) => {
      const out = pick(x, 1, [4, 5, 0, 1, 2, 3]);
      const factors = [3, 3, 1, 2, 2, 2];
      return { shape: out.shape, data: out.data.map((v, i) => v * factors[Math.floor(i / 2) % 6]) };
    },
  },
  ...[0, 1, 2].map(
    (part) =>
      ({
        name: `Split, only part ${part} used`,
        inputs: [{ shape: ["batch", 6, 2] }],
        build: ([x]: readonly Tensor[]) => t.split(x, [1, 3, 2], { axis: 1 })[part],
        reference: ([x]) => pick(x, 1, [[0], [1, 2, 3], [4, 5]][part]),
      }) satisfies Case,
  ),
  {
    name: "Split into equal parts on the last axis",
    inputs: [{ shape: [3, 4] }],
    build: ([x]) => t.mul(...(t.split(x, 2, { axis: -1 }) as [Tensor, Tensor])),
    reference: ([x]) => {
      const [a, b] = [pick(x, 1, [0, 1]), pick(x, 1, [2, 3])];
      return { shape: a.shape, data: a.data.map((v, i) => v * b.data[i]) };
    },
  },
];

/** Axis of size 7, start, end, step, and the positions that NumPy's slice gives: `list(range(7))[start:end:step]`. */
const SLICES: readonly (readonly [number, number, number, readonly number[]])[] = [
  [0, 7, 1, [0, 1, 2, 3, 4, 5, 6]],
  [2, 5, 1, [2, 3, 4]],
  [-3, 7, 1, [4, 5, 6]],
  [1, -2, 1, [1, 2, 3, 4]],
  [-100, 100, 1, [0, 1, 2, 3, 4, 5, 6]],
  [0, 7, 2, [0, 2, 4, 6]],
  [1, 7, 3, [1, 4]],
  [1, 6, 5, [1]],
  [-1, -100, -1, [6, 5, 4, 3, 2, 1, 0]],
  [4, 1, -1, [4, 3, 2]],
  [100, 3, -1, [6, 5, 4]],
  [-2, -7, -2, [5, 3, 1]],
  [6, -100, -3, [6, 3, 0]],
  [5, 0, -4, [5, 1]],
];

const sliceCases: readonly Case[] = [
  ...SLICES.map(
    ([start, end, step, positions]) =>
      ({
        name: `Slice ${start}:${end}:${step}`,
        inputs: [{ shape: ["batch", 7, 2] }],
        build: ([x]: readonly Tensor[]) => t.slice(x, 1, start, end, step),
        reference: ([x]) => pick(x, 1, positions),
      }) satisfies Case,
  ),
  {
    name: "Slice of two axes at once",
    inputs: [{ shape: [5, 6] }],
    build: ([x]) => t.apply("Slice", [x], { axes: [1, 0], starts: [5, 1], ends: [0, 5], steps: [-2, 2] })[0],
    reference: ([x]) => pick(pick(x, 1, [5, 3, 1]), 0, [1, 3]),
  },
  {
    name: "flip of two axes",
    inputs: [{ shape: ["batch", 3, 4] }],
    build: ([x]) => t.flip(x, [1, 2]),
    reference: ([x]) => pick(pick(x, 1, [2, 1, 0]), 2, [3, 2, 1, 0]),
  },
];

const padCases: readonly Case[] = (
  [
    [[3], [1, 2], 0],
    [["batch", 3, 4], [0, 1, 2, 0, 3, 0], 0],
    [["batch", 3, 4], [0, -1, 0, 0, 0, -2], 0],
    [["batch", 3, 4], [0, 2, -1, 0, -2, 1], 1.5],
    [[2, 2], [0, 3, 0, -3], 0],
    [[2, 5], [0, -4, 0, 4], 0],
  ] as readonly (readonly [Shape, readonly number[], number])[]
).map(([shape, pads, value]) => ({
  name: `Pad of ${named(shape)} by ${pads.join(", ")} with ${value}`,
  inputs: [{ shape }],
  build: ([x]) => t.pad(x, pads, value),
  reference: ([x]) => pad(x, pads, value),
}));

const spaceCases: readonly Case[] = [
  ...[2, 3].flatMap((n): Case[] => [
    {
      name: `Resize nearest by ${n}`,
      inputs: [{ shape: ["batch", 3, 3, 4] }],
      build: ([x]) => t.resize(x, n),
      reference: ([x]) => resizeNearest(x, n),
    },
    {
      name: `SpaceToDepth by ${n}`,
      inputs: [{ shape: ["batch", 3, 2 * n, 3 * n] }],
      build: ([x]) => t.spaceToDepth(x, n),
      reference: ([x]) => spaceToDepth(x, n),
    },
    {
      name: `DepthToSpace by ${n}`,
      inputs: [{ shape: ["batch", 2 * n * n, 2, 3] }],
      build: ([x]) => t.depthToSpace(x, n),
      reference: ([x]) => depthToSpace(x, n),
    },
  ]),
  {
    name: "Resize nearest by 2 of one pixel",
    inputs: [{ shape: [1, 1, 1, 1] }],
    build: ([x]) => t.resize(x, 2),
    reference: ([x]) => resizeNearest(x, 2),
  },
];

export const movementCases: readonly Case[] = bothBatches([
  ...shapeCases,
  reshapeLikeCase,
  ...joinCases,
  ...sliceCases,
  ...padCases,
  ...spaceCases,
]);
