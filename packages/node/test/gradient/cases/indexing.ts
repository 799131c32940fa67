/**
 * @file Operators that move cells by indices: gathers and scatters, indices repeated.
 */
import type { Dim, Shape, Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { BATCH, bothBatches, type Case } from "../check";
import { indicesBelow, permutation } from "../draw";
import { gather, gatherElements, gatherND, scatterElements, scatterND } from "../kernels/movement";

const named = (shape: Shape) => `(${shape.join(", ")})`;
const count = (dim: Dim) => (typeof dim === "number" ? dim : BATCH);
const plus = (a: number, b: number) => a + b;

const gatherCases: readonly Case[] = [
  ...(
    [
      [[5], [7], 0],
      [[4, 3], [2], 0],
      [["batch", 4, 3], [6], 1],
      [["batch", 4, 3], [2, 5], -1],
      [[4, 3], [], 0],
      [["batch", 3], [], 1],
      [[3, "batch"], [4], 0],
    ] as readonly (readonly [Shape, Shape, number])[]
  ).map(
    ([shape, rows, axis]) =>
      ({
        name: `Gather of ${named(shape)} at ${named(rows)} on ${axis}`,
        inputs: [{ shape }, { shape: rows, dtype: "int64", draw: indicesBelow(count(shape.at(axis)!)) }],
        build: ([x, indices]: readonly Tensor[]) => t.gather(x, indices, { axis }),
        reference: ([x, indices]) => gather(x, indices, (axis + shape.length) % shape.length),
      }) satisfies Case,
  ),
  ...(
    [
      [[5], [3], 0],
      [[4, 3], [6, 3], 0],
      [["batch", 4, 3], ["batch", 2, 3], 1],
      [["batch", 4, 3], ["batch", 4, 5], -1],
    ] as readonly (readonly [Shape, Shape, number])[]
  ).map(
    ([shape, at, axis]) =>
      ({
        name: `GatherElements of ${named(shape)} at ${named(at)} on ${axis}`,
        inputs: [{ shape }, { shape: at, dtype: "int64", draw: indicesBelow(count(shape.at(axis)!)) }],
        build: ([x, indices]: readonly Tensor[]) => t.gatherElements(x, indices, { axis }),
        reference: ([x, indices]) => gatherElements(x, indices, (axis + shape.length) % shape.length),
      }) satisfies Case,
  ),
  ...(
    [
      [[4], [6, 1]],
      [
        [3, 3],
        [5, 2],
      ],
      [
        [3, 3, 2],
        [2, 4, 2],
      ],
      [
        [3, 2, 2],
        [5, 1],
      ],
      [[2, 2, 2], [3]],
      [
        [3, "batch"],
        [4, 1],
      ],
    ] as readonly (readonly [Shape, readonly number[]])[]
  ).map(
    ([shape, rows]) =>
      ({
        name: `GatherND of ${named(shape)} at ${named(rows)}`,
        // The smallest indexed axis bounds all indices.
        inputs: [{ shape }, { shape: rows, dtype: "int64", draw: indicesBelow(indexable(shape, rows)) }],
        build: ([x, indices]: readonly Tensor[]) => t.gatherND(x, indices),
        reference: ([x, indices]) => gatherND(x, indices),
      }) satisfies Case,
  ),
];

function indexable(shape: Shape, rows: readonly number[]): number {
  return Math.min(...shape.slice(0, rows[rows.length - 1]).map(count));
}

const scatterCases: readonly Case[] = [
  ...(
    [
      [[4], [6, 1], [6]],
      [[3, 3], [5, 2], [5]],
      [
        [3, 2, 2],
        [5, 1],
        [5, 2, 2],
      ],
      [
        [3, 3, 2],
        [2, 2, 2],
        [2, 2, 2],
      ],
      [
        [3, "batch"],
        [4, 1],
        [4, "batch"],
      ],
    ] as readonly (readonly [Shape, readonly number[], Shape])[]
  ).map(
    ([shape, rows, updates]) =>
      ({
        name: `ScatterND of ${named(updates)} at ${named(rows)} onto ${named(shape)}, added`,
        inputs: [
          { shape },
          { shape: rows, dtype: "int64", draw: indicesBelow(indexable(shape, rows)) },
          { shape: updates },
        ],
        build: ([x, indices, u]: readonly Tensor[]) => t.scatterND(x, indices, u, "add"),
        reference: ([x, indices, u]) => scatterND(x, indices, u, plus),
      }) satisfies Case,
  ),
  ...(
    [
      [[5], [8], 0],
      [[4, 3], [2, 3], 0],
      [["batch", 4, 3], ["batch", 4, 6], 2],
      [["batch", 4, 3], ["batch", 2, 3], 1],
    ] as readonly (readonly [Shape, Shape, number])[]
  ).map(
    ([shape, at, axis]) =>
      ({
        name: `ScatterElements at ${named(at)} onto ${named(shape)} on ${axis}, added`,
        inputs: [{ shape }, { shape: at, dtype: "int64", draw: indicesBelow(count(shape[axis])) }, { shape: at }],
        build: ([x, indices, u]: readonly Tensor[]) => t.scatterElements(x, indices, u, { axis, reduction: "add" }),
        reference: ([x, indices, u]) => scatterElements(x, indices, u, axis, plus),
      }) satisfies Case,
  ),
  {
    name: "Gather of all rows in another order",
    inputs: [{ shape: [5, 2] }, { shape: [5], dtype: "int64", draw: permutation }],
    build: ([x, indices]) => t.gather(x, indices, { axis: 0 }),
    reference: ([x, indices]) => gather(x, indices, 0),
  },
];

export const indexingCases: readonly Case[] = bothBatches([...gatherCases, ...scatterCases]);
