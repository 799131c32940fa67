/**
 * @file How many channels each row gives, and at what stride.
 */
import type { NetworkRows, Row } from "./rows";

/** Output of a row, or the image. */
export interface RowOutput {
  readonly channels: number;
  /** Pixels of the image per cell, both ways. */
  readonly stride: number;
}

/** Output of a row that is no head; the inputs of a Concat are of one stride. */
export function rowOutput(row: Row, inputs: readonly RowOutput[]): RowOutput {
  const [{ channels, stride }] = inputs;
  switch (row.module) {
    case "Conv":
      return { channels: row.c2, stride: stride * row.s };
    case "C2f":
    case "C3":
    case "C3k2":
    case "A2C2f":
    case "SPPF":
      return { channels: row.c2, stride };
    case "Upsample":
      return { channels, stride: stride / row.scale };
    case "Concat":
      return { channels: inputs.reduce((sum, input) => sum + input.channels, 0), stride };
    case "Detect":
    case "Segment":
      throw new Error(`unreachable: ${row.module} gives no map`);
  }
}

/** Outputs of all rows but the head, by row. */
export function rowOutputs({ rows, ch }: Pick<NetworkRows, "rows" | "ch">): readonly RowOutput[] {
  const outputs: RowOutput[] = [];
  const image: RowOutput = { channels: ch, stride: 1 };
  for (const row of rows) {
    if (row.module === "Detect" || row.module === "Segment") break;
    outputs.push(
      rowOutput(
        row,
        row.from.map((from) => (from === -1 ? image : outputs[from])),
      ),
    );
  }
  return outputs;
}
