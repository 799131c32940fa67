/**
 * @file Whether a row fits the rows that it reads.
 */
import { FoveaError, type Place } from "../errors";
import type { RowOutput } from "./row-output";
import type { A2C2fRow, C2fRow, C3k2Row, C3Row, ConvRow, Row } from "./rows";

/**
 * @param inputs outputs of the rows it reads
 * @throws {FoveaError} `invalid_model` if channels, groups, heads or strides do not fit
 */
export function checkRow(row: Row, inputs: readonly RowOutput[], place: Place): void {
  const problem = problemOf(row, inputs);
  if (problem) throw new FoveaError("invalid_model", `${row.module} ${problem}`, place);
}

function problemOf(row: Row, inputs: readonly RowOutput[]): string | undefined {
  switch (row.module) {
    case "Conv":
      return single(row, inputs) ?? convProblem(row);
    case "C2f":
    case "C3":
    case "C3k2":
      return single(row, inputs) ?? hiddenProblem(row);
    case "A2C2f":
      return single(row, inputs) ?? attentionProblem(row);
    case "SPPF":
      return single(row, inputs) ?? (row.c1 < 2 ? "needs an input of at least 2 channels" : undefined);
    case "Upsample":
      return single(row, inputs);
    case "Concat":
      return concatProblem(row, inputs);
    case "Detect":
    case "Segment":
      return headProblem(row, inputs);
  }
}

function single({ from, module }: Row, inputs: readonly RowOutput[]): string | undefined {
  if (inputs.length === 1) return undefined;
  return `reads one row, got ${inputs.length} (${from.join(", ")}): join them by a Concat row, then ${module} from -1`;
}

function convProblem({ c1, c2, k, s, p, g, d }: ConvRow): string | undefined {
  if (c1 % g !== 0 || c2 % g !== 0)
    return `has ${g} groups, which must divide its ${c1} input and ${c2} output channels`;
  if (!isPowerOfTwo(s)) return `has stride ${s}, expected 1, 2, 4, 8 ...: levels double from one to the next`;
  // Of n rows (a multiple of s), floor((n + spare) / s) + 1 remain; that is n / s for a spare of -s to -1.
  const spare = 2 * p - d * (k - 1) - 1;
  if (spare >= -s && spare <= -1) return undefined;
  const padding = `kernel ${k}, stride ${s}, dilation ${d} and padding ${p}`;
  const made = Math.floor((256 + spare) / s) + 1;
  return `with ${padding} makes ${made} rows of 256, expected ${256 / s}: change the kernel or the padding (4th argument)`;
}

function hiddenProblem(row: C2fRow | C3Row | C3k2Row | A2C2fRow): string | undefined {
  const { c2, e, g } = row;
  const c = Math.floor(c2 * e);
  if (c < 2) return `has ${c} hidden channels (${c2} x ${e}), expected at least 2`;
  // The inner blocks of C3k2 and A2C2f halve the channels once more.
  const inner = row.module === "C3k2" || row.module === "A2C2f" ? Math.floor(c / 2) : c;
  if (c % g === 0 && inner % g === 0) return undefined;
  return `has ${g} groups, which must divide its ${inner} hidden channels`;
}

function attentionProblem(row: A2C2fRow): string | undefined {
  const { c1, c2, e, heads, a2, residual, mlpRatio } = row;
  const c = Math.floor(c2 * e);
  if (!Number.isInteger(heads)) {
    return `has ${c} hidden channels (${c2} x ${e}), expected a multiple of 32, the depth of an attention head: choose other channels, or give {heads: ...}`;
  }
  if (c % heads !== 0) return `has ${heads} heads, which must divide its ${c} hidden channels (${c2} x ${e})`;
  if (a2 && residual && c1 !== c2) {
    return `adds its input of ${c1} channels to an output of ${c2} (residual): make them equal, or set residual to False`;
  }
  if (c * mlpRatio < 1) return `has an mlp_ratio of ${mlpRatio}, which leaves none of its ${c} hidden channels`;
  return hiddenProblem(row);
}

function concatProblem({ from }: Row, inputs: readonly RowOutput[]): string | undefined {
  const [first] = inputs;
  const at = inputs.findIndex(({ stride }) => stride !== first.stride);
  if (at === -1) return undefined;
  const strides = `${rowName(from[0])} has stride ${first.stride}, ${rowName(from[at])} has stride ${inputs[at].stride}`;
  return `joins maps of different size: ${strides}`;
}

function headProblem({ from }: Row, inputs: readonly RowOutput[]): string | undefined {
  const image = from.indexOf(-1);
  if (image !== -1) return "reads the image itself: it must read rows";
  const at = inputs.findIndex(({ stride }) => stride < 1);
  if (at === -1) return undefined;
  return `reads ${rowName(from[at])}, whose map is larger than the image (stride ${inputs[at].stride})`;
}

function rowName(from: number): string {
  return from === -1 ? "the image" : `row ${from}`;
}

function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n));
}
