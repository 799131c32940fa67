/**
 * @file From the published form to rows whose channels, repeats, inputs and strides are known.
 *
 * Repeats above 1 are multiplied by the size's depth and rounded, halves to even; channels are limited, multiplied by
 * its width and rounded up to a multiple of 8. Sizes m, l and x turn C3k2's `c3k` on; sizes l and x give A2C2f a learnt
 * residual and an `mlp_ratio` of 1.2 where the row does not say otherwise. A head has the class tower of YOLOv8 unless a
 * C3k2 or A2C2f stands before it.
 */
import { FoveaError, type Place } from "../errors";
import { roundHalfEven } from "../imaging/resample";
import { commonDivisor } from "../math/common-divisor";
import { checkRow } from "./check-row";
import { padding } from "./leaves";
import { type PublishedModule, readArguments } from "./module-arguments";
import { publishedModule } from "./module-names";
import type { PublishedNetwork, PublishedRow, Scale } from "./published";
import { type RowOutput, rowOutput } from "./row-output";
import type { NetworkRows, Row } from "./rows";

export interface ResolveOptions {
  /** Name of the network. */
  readonly name: string;
  /** Letter of the size; must be a key of `scales`. @default channels and repeats as they are written */
  readonly scale?: string;
  /** Number of classes; a number in the head's arguments yields to it. */
  readonly nc: number;
  /** Channels of the image. @default 3 */
  readonly ch?: number;
  /** What errors call the file. @default `name` */
  readonly file?: string;
}

/** What a row needs to know of the rows before it. */
interface RowContext {
  readonly from: readonly number[];
  readonly inputs: readonly RowOutput[];
  /** Scaled repeats. */
  readonly n: number;
  readonly args: readonly unknown[];
  readonly place: Place;
  /** Channels as they are written to channels of this size. */
  readonly width: (channels: number) => number;
  readonly scale: string;
  readonly nc: number;
  /** Whether no C3k2 or A2C2f came before. */
  readonly legacy: boolean;
}

const UNSCALED: Scale = [1, 1, Number.POSITIVE_INFINITY];

const builders: { readonly [M in PublishedModule]: (context: RowContext) => Row } = {
  Conv: ({ from, inputs: [x], args, place, width }) => {
    const { c2, p, ...rest } = readArguments("Conv", args, place);
    return { module: "Conv", from, c1: x.channels, c2: width(c2), p: p ?? padding({ c2, ...rest }), ...rest };
  },
  DWConv: ({ from, inputs: [x], args, place, width }) => {
    const { c2: written, ...rest } = readArguments("DWConv", args, place);
    const c2 = width(written);
    const g = commonDivisor(x.channels, c2);
    return { module: "Conv", from, c1: x.channels, c2, p: padding({ c2, ...rest }), g, ...rest };
  },
  C2f: ({ from, inputs: [x], n, args, place, width }) => {
    const { c2, ...rest } = readArguments("C2f", args, place);
    return { module: "C2f", from, c1: x.channels, c2: width(c2), n, ...rest };
  },
  C3: ({ from, inputs: [x], n, args, place, width }) => {
    const { c2, ...rest } = readArguments("C3", args, place);
    return { module: "C3", from, c1: x.channels, c2: width(c2), n, ...rest };
  },
  C3k2: ({ from, inputs: [x], n, args, place, width, scale }) => {
    const { c2, c3k, ...rest } = readArguments("C3k2", args, place);
    const forced = ["m", "l", "x"].includes(scale);
    return { module: "C3k2", from, c1: x.channels, c2: width(c2), n, c3k: c3k || forced, ...rest };
  },
  A2C2f: ({ from, inputs: [x], n, args, place, width, scale }) => {
    const large = ["l", "x"].includes(scale);
    const defaults = large ? { residual: true, mlp_ratio: 1.2 } : {};
    const { c2: written, mlp_ratio: mlpRatio, heads, ...rest } = readArguments("A2C2f", args, place, defaults);
    const c2 = width(written);
    const inner = Math.floor(c2 * rest.e) / 32;
    return { module: "A2C2f", from, c1: x.channels, c2, n, ...rest, mlpRatio, heads: heads ?? inner };
  },
  SPPF: ({ from, inputs: [x], args, place, width }) => {
    const { c2, k } = readArguments("SPPF", args, place);
    return { module: "SPPF", from, c1: x.channels, c2: width(c2), k };
  },
  Upsample: ({ from, args, place }) => {
    const { scale_factor: scale } = readArguments("Upsample", args, place);
    return { module: "Upsample", from, scale };
  },
  Concat: ({ from, args, place }) => {
    readArguments("Concat", args, place);
    return { module: "Concat", from };
  },
  Detect: ({ from, inputs, args, place, nc, legacy: byRows }) => {
    const { legacy } = readArguments("Detect", args, place);
    return { module: "Detect", from, nc, ch: inputs.map((x) => x.channels), legacy: legacy ?? byRows };
  },
  Segment: ({ from, inputs, args, place, nc, width, legacy: byRows }) => {
    const { nm, npr, legacy } = readArguments("Segment", args, place);
    const ch = inputs.map((x) => x.channels);
    return { module: "Segment", from, nc, nm, npr: width(npr), ch, legacy: legacy ?? byRows };
  },
};

/** Modules that take their repeats inside; the others stand once. */
const REPEATING: ReadonlySet<PublishedModule> = new Set(["C2f", "C3", "C3k2", "A2C2f"]);

/**
 * Resolves a published network.
 *
 * @throws {FoveaError} `invalid_model` with the row, if a row names an unknown module, an input that is not there, or
 * arguments, channels or strides that do not fit
 */
export function resolve(
  published: PublishedNetwork,
  { name, scale, nc, ch = 3, file = name }: ResolveOptions,
): NetworkRows {
  const [depth, widthFactor, maxChannels] = published.scales?.[scale ?? ""] ?? UNSCALED;
  const width = (channels: number) => Math.ceil((Math.min(channels, maxChannels) * widthFactor) / 8) * 8;
  const image: RowOutput = { channels: ch, stride: 1 };
  const outputs: RowOutput[] = [];
  const rows: Row[] = [];
  const source = [...published.backbone, ...published.head];
  let legacy = true;
  for (const [index, row] of source.entries()) {
    const place = rowPlace(published, index, file);
    const head = rows.at(-1);
    if (head && isHead(head)) {
      const message = `stands after ${head.module}: the head must be the last row`;
      throw new FoveaError("invalid_model", message, place);
    }
    const module = publishedModule(row[2], place);
    const from = inputRows(row[0], index, place);
    const inputs = from.map((at) => (at === -1 ? image : outputs[at]));
    const n = repeats(row, module, depth, place);
    legacy &&= module !== "C3k2" && module !== "A2C2f";
    const made = builders[module]({ from, inputs, n, args: row[3], place, width, scale: scale ?? "", nc, legacy });
    checkRow(made, inputs, place);
    rows.push(made);
    if (!isHead(made)) outputs.push(rowOutput(made, inputs));
  }
  return finished(rows, outputs, { name, nc, ch, file, backboneRows: published.backbone.length });
}

/** Place of a row as messages show it: `row 12 (head[2])`. */
function rowPlace({ backbone }: PublishedNetwork, index: number, file?: string): Place {
  const section = index < backbone.length ? `backbone[${index}]` : `head[${index - backbone.length}]`;
  return { file, at: `row ${index} (${section})` };
}

function isHead(row: Row): boolean {
  return row.module === "Detect" || row.module === "Segment";
}

function finished(
  rows: readonly Row[],
  outputs: readonly RowOutput[],
  { file, ...network }: Pick<NetworkRows, "name" | "nc" | "ch" | "backboneRows"> & { readonly file: string },
): NetworkRows {
  const head = rows.at(-1);
  if (!head || !isHead(head)) {
    const message = "no Detect or Segment row at the end: add one, as [[15, 18, 21], 1, Detect, [nc]]";
    throw new FoveaError("invalid_model", message, { file });
  }
  const strides = head.from.map((from) => (from === -1 ? 1 : outputs[from].stride));
  return { ...network, task: head.module === "Segment" ? "segment" : "detect", rows, strides };
}

/** Absolute numbers of the rows that a row reads; -1 is the image. */
function inputRows(from: number | readonly number[], index: number, place: Place): readonly number[] {
  const list = typeof from === "number" ? [from] : from;
  if (list.length === 0) throw new FoveaError("invalid_model", "reads no row: from is an empty list", place);
  return list.map((given) => {
    const at = given < 0 ? index + given : given;
    if (at >= -1 && at < index) return at;
    const what = given < 0 ? `from ${given} reaches before the image` : `from ${given} is not a row before this one`;
    const range = index === 0 ? "the image (-1)" : `rows 0 to ${index - 1}, or -1 for the row before`;
    throw new FoveaError("invalid_model", `${what}; it may read ${range}`, place);
  });
}

function repeats([, written, ,]: PublishedRow, module: PublishedModule, depth: number, place: Place): number {
  const n = written > 1 ? Math.max(roundHalfEven(written * depth), 1) : written;
  if (n > 1 && !REPEATING.has(module)) {
    throw new FoveaError("invalid_model", `${module} cannot repeat ${n} times: write the row ${n} times`, place);
  }
  return n;
}
