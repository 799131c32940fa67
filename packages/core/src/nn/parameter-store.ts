/**
 * @file Where a network's numbers live: a few flat arrays, with a view for each parameter.
 *
 * Trained parameters stand group by group, each group contiguous, so that the optimiser works on three arrays instead
 * of two hundred; views begin on 64-byte boundaries. Running statistics stand in arrays of their own.
 *
 * Rows may be put into classes, such as those of one learning rate: within a group the parameters of a class stand
 * together, so that an update has one span for each class. Without classes there is one span, the whole group.
 */
import type { ParameterValues } from "./inference";
import { isTrainable, type Parameter } from "./parameters";

/** Values per cache line: views start at multiples of it. */
const ALIGNMENT = 16;

/** Parameters that are updated alike. */
export const GROUPS = ["weight", "norm", "bias"] as const;
export type GroupName = (typeof GROUPS)[number];

/** Group of a trained parameter. Only weights decay; the scale and shift of norms and all biases do not. */
export function groupOf({ kind }: Parameter): GroupName {
  if (kind === "weight") return "weight";
  return kind === "norm.weight" ? "norm" : "bias";
}

/** One flat array and the views into it. */
export interface FlatArray {
  readonly data: Float32Array;
  readonly views: ReadonlyMap<string, Float32Array>;
}

/** Where flat arrays come from; gives zeros. */
export type Allocate = (length: number) => Float32Array;

const plain: Allocate = (length) => new Float32Array(length);

/** Room for `names` and their sizes in one array, each aligned; the gaps hold zeros. */
export function flatArray(sizes: ReadonlyMap<string, number>, allocate = plain): FlatArray {
  let length = 0;
  const offsets: [string, number, number][] = [];
  for (const [name, size] of sizes) {
    offsets.push([name, length, size]);
    length += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  }
  const data = allocate(Math.max(length, ALIGNMENT));
  return { data, views: new Map(offsets.map(([name, at, size]) => [name, data.subarray(at, at + size)])) };
}

/** Number of values of a parameter. */
export function sizeOf({ shape }: Parameter): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Flat arrays by group for parameters that are trained. */
export function groupedArrays(trained: readonly Parameter[], allocate = plain): Readonly<Record<GroupName, FlatArray>> {
  const of = (group: GroupName) => flatArray(sizesOf(trained.filter((p) => groupOf(p) === group)), allocate);
  return { weight: of("weight"), norm: of("norm"), bias: of("bias") };
}

/** The parameters of one class in a group's array: values `from` to `to`, whole cache lines. */
export interface Span {
  readonly class: number;
  readonly from: number;
  readonly to: number;
}

/** Spans of a group, in order; `trained` in the order of classes. */
function spansOf(trained: readonly Parameter[], group: GroupName, classOfRow: readonly number[]): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const parameter of trained) {
    if (groupOf(parameter) !== group) continue;
    const own = classOfRow[parameter.row] ?? 0;
    const from = at;
    at += Math.ceil(sizeOf(parameter) / ALIGNMENT) * ALIGNMENT;
    const last = spans.at(-1);
    if (last?.class === own) spans[spans.length - 1] = { ...last, to: at };
    else spans.push({ class: own, from, to: at });
  }
  return spans;
}

const sizesOf = (parameters: readonly Parameter[]) => new Map(parameters.map((p) => [p.name, sizeOf(p)]));

/** All values of a network: what is trained, by group, and what is not. */
export class ParameterStore {
  readonly parameters: readonly Parameter[];
  /** Rows that are not trained. */
  readonly frozen: ReadonlySet<number>;
  readonly trained: readonly Parameter[];
  readonly groups: Readonly<Record<GroupName, FlatArray>>;
  /** Where the classes stand in the groups' arrays. */
  readonly spans: Readonly<Record<GroupName, readonly Span[]>>;
  /** Running means and variances, the fixed bins, and everything in frozen rows. */
  readonly buffers: FlatArray;
  readonly #values = new Map<string, Float32Array>();

  readonly #classOfRow: readonly number[];

  /** @param classOfRow class of each row, from 0; all 0 where it says nothing */
  constructor(
    parameters: readonly Parameter[],
    frozen: ReadonlySet<number> = new Set(),
    allocate = plain,
    classOfRow: readonly number[] = [],
  ) {
    const moves = (p: Parameter) => isTrainable(p) && !frozen.has(p.row);
    const classOf = ({ row }: Parameter) => classOfRow[row] ?? 0;
    this.parameters = parameters;
    this.frozen = frozen;
    this.#classOfRow = classOfRow;
    // Sorting keeps the order within a class.
    this.trained = parameters.filter(moves).sort((a, b) => classOf(a) - classOf(b));
    this.groups = groupedArrays(this.trained, allocate);
    const spans = (group: GroupName) => spansOf(this.trained, group, classOfRow);
    this.spans = { weight: spans("weight"), norm: spans("norm"), bias: spans("bias") };
    this.buffers = flatArray(sizesOf(parameters.filter((p) => !moves(p))));
    for (const { views } of [...Object.values(this.groups), this.buffers]) {
      for (const [name, view] of views) this.#values.set(name, view);
    }
  }

  /** Views of all values by name; writing to one changes the store. */
  get values(): ParameterValues {
    return this.#values;
  }

  /** Copies values of the same names in. */
  set(values: ParameterValues): void {
    for (const [name, view] of this.#values) {
      const from = values.get(name);
      if (from) view.set(from);
    }
  }

  /** A store of the same layout with a copy of the values. */
  clone(allocate = plain): ParameterStore {
    const copy = new ParameterStore(this.parameters, this.frozen, allocate, this.#classOfRow);
    copy.set(this.values);
    return copy;
  }
}
