/**
 * @file Weights from one network into another, by name and shape.
 */
import { type StateDict, shapeText, type WeightTensor } from "./state";

export interface TransferOptions {
  /** Class names of the source, by class id. */
  readonly sourceNames?: readonly string[];
  /** Class names of the target, by class id. */
  readonly targetNames?: readonly string[];
}

/** Why a tensor of either side was left alone. */
export type Skipped =
  | { readonly name: string; readonly reason: "missing in the source" }
  | { readonly name: string; readonly reason: "unused in the target" }
  | { readonly name: string; readonly reason: "no class in common" }
  | {
      readonly name: string;
      readonly reason: "shape differs";
      readonly source: readonly number[];
      readonly target: readonly number[];
    };

/** A class tensor of which some rows were copied. */
export interface PartialTransfer {
  readonly name: string;
  /** Names of the classes whose rows were copied. */
  readonly classes: readonly string[];
}

export interface TransferReport {
  /** Tensors copied whole, in the order of the target. */
  readonly transferred: readonly string[];
  readonly partial: readonly PartialTransfer[];
  readonly skipped: readonly Skipped[];
  /** Tensors of the target. */
  readonly total: number;
  /** Rows that took the weights of a row of another number. */
  readonly moved?: readonly { readonly target: number; readonly source: number }[];
}

/** Last layer of the class tower at one level of the head: one row for each class. */
const CLASS_LAYER = /^(?:.+\.)?\d+\.cv3\.\d+\.2\.(?:weight|bias)$/;

/**
 * Copies into `target`, in place, every tensor of `source` of the same name and shape.
 *
 * If both sides name their classes and the lists differ, the rows of the last class layers go by class name instead:
 * a class that both know keeps its weights, wherever it stands and however many there are; the other rows of the target
 * stay as they are. The class towers below get wider with the number of classes; where that makes the shapes differ,
 * they are skipped like any other tensor.
 */
export function transferWeights(
  source: StateDict,
  target: StateDict,
  { sourceNames, targetNames }: TransferOptions = {},
): TransferReport {
  const transferred: string[] = [];
  const partial: PartialTransfer[] = [];
  const skipped: Skipped[] = [];
  const classes = commonClasses(sourceNames, targetNames);
  for (const [name, to] of target) {
    const from = source.get(name);
    if (!from) {
      skipped.push({ name, reason: "missing in the source" });
    } else if (classes && CLASS_LAYER.test(name) && rowsFit(from, to, classes)) {
      copyRows(from, to, classes);
      if (classes.pairs.length > 0) partial.push({ name, classes: classes.pairs.map(({ className }) => className) });
      else skipped.push({ name, reason: "no class in common" });
    } else if (sameShape(from.shape, to.shape)) {
      to.data.set(from.data);
      transferred.push(name);
    } else {
      skipped.push({ name, reason: "shape differs", source: from.shape, target: to.shape });
    }
  }
  for (const name of source.keys()) if (!target.has(name)) skipped.push({ name, reason: "unused in the target" });
  return { transferred, partial, skipped, total: target.size };
}

/** One line: `Transferred 319/355 items, 6 in part (classes nodule, mass)`. */
export function transferSummary({ transferred, partial, total }: TransferReport): string {
  const whole = `Transferred ${transferred.length}/${total} items`;
  if (partial.length === 0) return whole;
  return `${whole}, ${partial.length} in part (classes ${partial[0].classes.join(", ")})`;
}

/** One line: `model.22.cv3.0.2.weight: shape differs, 80 x 80 x 1 x 1 in the source, 3 x 64 x 1 x 1 in the target`. */
export function skippedText(skip: Skipped): string {
  if (skip.reason !== "shape differs") return `${skip.name}: ${skip.reason}`;
  const { name, reason, source, target } = skip;
  return `${name}: ${reason}, ${shapeText(source)} in the source, ${shapeText(target)} in the target`;
}

interface CommonClasses {
  readonly sourceCount: number;
  readonly targetCount: number;
  readonly pairs: readonly { readonly className: string; readonly from: number; readonly to: number }[];
}

/** Ids of the classes that both sides name; nothing if a side names none or the lists are equal. */
function commonClasses(source?: readonly string[], target?: readonly string[]): CommonClasses | undefined {
  if (!source || !target) return undefined;
  if (source.length === target.length && source.every((name, i) => name === target[i])) return undefined;
  const pairs = target
    .map((className, to) => ({ className, from: source.indexOf(className), to }))
    .filter(({ from }) => from >= 0);
  return { sourceCount: source.length, targetCount: target.length, pairs };
}

/** Whether both tensors have one row for each class and rows of the same shape. */
function rowsFit(from: WeightTensor, to: WeightTensor, { sourceCount, targetCount }: CommonClasses): boolean {
  const counts = from.shape[0] === sourceCount && to.shape[0] === targetCount;
  return counts && sameShape(from.shape.slice(1), to.shape.slice(1));
}

function copyRows(from: WeightTensor, to: WeightTensor, { targetCount, pairs }: CommonClasses): void {
  const row = to.data.length / targetCount;
  for (const pair of pairs) to.data.set(from.data.subarray(pair.from * row, (pair.from + 1) * row), pair.to * row);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
