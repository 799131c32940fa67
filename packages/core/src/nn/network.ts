/**
 * @file A table of rows as a graph.
 */
import type { Tensor } from "../graph/op";
import { concat, resize } from "../graph/tensor";
import { a2c2f, c2f, c3, c3k2, convRow, sppf } from "./blocks";
import { detect, type RawMaps } from "./head";
import type { Leaves } from "./leaves";
import type { DetectRow, NetworkRows, Row, SegmentRow } from "./rows";

/** What a network gives. */
export interface NetworkOutput {
  readonly maps: RawMaps;
  /** Output of every row but the head. */
  readonly features: readonly Tensor[];
}

/** Which leaves a row is made of: rows that are not trained are built in inference form. */
export type LeavesOf = (rowIndex: number) => Leaves;

/** Walks the rows on an image batch (B, C, H, W), values in [0, 1]. */
export function buildNetwork(network: NetworkRows, image: Tensor, leavesOf: LeavesOf): NetworkOutput {
  const features: Tensor[] = [];
  const read = (from: number) => (from === -1 ? image : features[from]);
  for (const [index, row] of network.rows.entries()) {
    const inputs = row.from.map(read);
    const path = `model.${index}`;
    if (row.module === "Detect" || row.module === "Segment") {
      return { maps: detect(leavesOf(index), path, inputs, row, network.strides), features };
    }
    features.push(body(leavesOf(index), path, inputs, row));
  }
  throw new Error(`unreachable: ${network.name} has no head`);
}

function body(
  leaves: Leaves,
  path: string,
  inputs: readonly Tensor[],
  row: Exclude<Row, DetectRow | SegmentRow>,
): Tensor {
  const [x] = inputs;
  switch (row.module) {
    case "Conv":
      return convRow(leaves, path, x, row);
    case "C2f":
      return c2f(leaves, path, x, row);
    case "C3":
      return c3(leaves, path, x, row);
    case "C3k2":
      return c3k2(leaves, path, x, row);
    case "A2C2f":
      return a2c2f(leaves, path, x, row);
    case "SPPF":
      return sppf(leaves, path, x, row);
    case "Upsample":
      return resize(x, row.scale);
    case "Concat":
      return concat(inputs, { axis: 1 });
  }
}
