/**
 * @file Which rows of two networks do the same, where one has rows that the other lacks: YOLOv8 and YOLOv8-P2.
 *
 * Rows correspond if they hold tensors of the same names and shapes; of all ways to pair them in order, the one that pairs
 * most values is taken (longest common subsequence, weighted). Levels of the heads correspond by their stride.
 */
import { type Parameter, parametersOf } from "../parameters";
import type { NetworkRows } from "../rows";
import { type StateDict, valueCount } from "./state";

/** Row of the source for a row of the target, for rows that hold tensors. */
export type RowPairs = ReadonlyMap<number, number>;

/** What a row holds: its tensors without the row's number, in one text, and their values. */
interface Content {
  readonly row: number;
  readonly text: string;
  readonly values: number;
}

/** Of the values of the source's rows before the head, how many pairs must hold for two networks to be variants of one. */
const RELATED = 0.5;

/**
 * Pairs the rows of two networks, and their heads, the last rows; nothing if they have the same modules in the same order,
 * and so correspond by number, or too little in common.
 */
export function alignRows(source: NetworkRows, target: NetworkRows): RowPairs | undefined {
  const modules = ({ rows }: NetworkRows) => rows.map(({ module }) => module).join(" ");
  if (modules(source) === modules(target)) return undefined;
  const [from, to] = [contents(source), contents(target)];
  // best[i][j]: most values that rows from i and from j on can pair.
  const best = Array.from({ length: from.length + 1 }, () => new Float64Array(to.length + 1));
  const gain = (i: number, j: number) => (from[i].text === to[j].text ? from[i].values : 0);
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      const paired = gain(i, j) > 0 ? gain(i, j) + best[i + 1][j + 1] : 0;
      best[i][j] = Math.max(paired, best[i + 1][j], best[i][j + 1]);
    }
  }
  if (best[0][0] < RELATED * from.reduce((sum, { values }) => sum + values, 0)) return undefined;
  const pairs = new Map<number, number>();
  for (let i = 0, j = 0; i < from.length && j < to.length; ) {
    if (gain(i, j) > 0 && best[i][j] === gain(i, j) + best[i + 1][j + 1]) pairs.set(to[j++].row, from[i++].row);
    else if (best[i + 1][j] >= best[i][j + 1]) i++;
    else j++;
  }
  return pairs.set(target.rows.length - 1, source.rows.length - 1);
}

/** Rows before the head that hold tensors. */
function contents(network: NetworkRows): Content[] {
  const byRow = new Map<number, Parameter[]>();
  for (const parameter of parametersOf(network)) {
    const row = rowOf(parameter.name);
    byRow.set(row, [...(byRow.get(row) ?? []), parameter]);
  }
  return [...byRow]
    .filter(([row]) => row < network.rows.length - 1)
    .sort(([a], [b]) => a - b)
    .map(([row, parameters]) => ({
      row,
      text: parameters.map(({ name, shape }) => `${name.replace(ROW, "")}:${shape.join("x")}`).join(" "),
      values: parameters.reduce((sum, { shape }) => sum + valueCount(shape), 0),
    }));
}

/** `model.22.` */
const ROW = /^model\.(\d+)\./;

const rowOf = (name: string) => Number(ROW.exec(name)?.[1] ?? Number.NaN);

/** `cv2.1.` of a head: the branch at its second level. */
const LEVEL = /^(cv[234]\.)(\d+)\./;

/** Tensors of the source under the names that they have in the target; what belongs to no pair is left out. */
export function underTargetNames(
  state: StateDict,
  pairs: RowPairs,
  source: NetworkRows,
  target: NetworkRows,
): StateDict {
  const targetRow = new Map([...pairs].map(([to, from]) => [from, to]));
  const head = source.rows.length - 1;
  const renamed: [string, NonNullable<ReturnType<StateDict["get"]>>][] = [];
  for (const [name, tensor] of state) {
    const row = rowOf(name);
    const to = targetRow.get(row);
    if (to === undefined) continue;
    const rest = name.replace(ROW, "");
    const own = row === head ? atLevel(rest, source, target) : rest;
    if (own !== undefined) renamed.push([`model.${to}.${own}`, tensor]);
  }
  return new Map(renamed);
}

/** A tensor of the head at the target's level of the same stride; nothing if there is none. */
function atLevel(rest: string, source: NetworkRows, target: NetworkRows): string | undefined {
  const [whole, branch, level] = LEVEL.exec(rest) ?? [];
  if (whole === undefined) return rest;
  const to = target.strides.indexOf(source.strides[Number(level)]);
  return to < 0 ? undefined : `${branch}${to}.${rest.slice(whole.length)}`;
}
