/**
 * @file A network as the table that the public tools print: one line for each row.
 */
import { countNetwork } from "./count";
import type { ParametersOptions } from "./parameters";
import type { NetworkRows, Row } from "./rows";
import { toPublished } from "./to-published";
import type { Json } from "./weights/state";

export interface NetworkTableRow {
  readonly index: number;
  /** Rows it reads: -1 is the one before, others are counted from 0. */
  readonly from: readonly number[];
  /** Repeats of its inner block. */
  readonly n: number;
  readonly parameters: number;
  readonly module: Row["module"];
  /** As the module takes them, sizes applied, channels of the input first: `[3, 16, 3, 2]`. */
  readonly arguments: readonly Json[];
}

/** Rows of `network` with their parameters. */
export function networkTable(network: NetworkRows, options: ParametersOptions = {}): NetworkTableRow[] {
  const counts = countNetwork(network, options).rows;
  const { backbone, head } = toPublished(network);
  const published = [...(backbone as Json[][]), ...(head as Json[][])];
  return network.rows.map((row, index) => {
    const [from, n, , args] = published[index];
    return {
      index,
      from: (Array.isArray(from) ? from : [from]) as number[],
      n: n as number,
      parameters: counts[index].parameters,
      module: row.module,
      arguments: argumentsOf(row, args as Json[]),
    };
  });
}

function argumentsOf(row: Row, published: readonly Json[]): readonly Json[] {
  if (row.module === "Detect" || row.module === "Segment") {
    // The first argument names the number of classes; channels of the levels come last.
    return [row.nc, ...published.slice(1), [...row.ch]];
  }
  return "c1" in row ? [row.c1, ...published] : published;
}
