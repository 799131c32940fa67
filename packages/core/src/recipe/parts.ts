/**
 * @file Parts and rows of a network as recipes name them.
 *
 * The backbone is what the description calls so; the head is the row `Detect` or `Segment`; the neck is what lies between.
 */
import { ArgumentError } from "../errors";
import { nearestName } from "../math/nearest-name";
import type { NetworkRows } from "../nn/rows";
import { PARTS, type PartName } from "./training-arguments";

/** Part that a row belongs to. */
export function partOf({ rows, backboneRows }: NetworkRows, row: number): PartName {
  if (row === rows.length - 1) return "head";
  return row < backboneRows ? "backbone" : "neck";
}

/** Names for sets of rows. `upper_backbone` is the half of the backbone that is nearer to the head. */
const SETS = [...PARTS, "upper_backbone", "all"] as const;

/**
 * Rows that `trainable` names: parts, `all`, a row (`7`), rows from one on (`4-`), rows from one to another (`0-9`).
 *
 * @param name what messages call the argument
 * @throws {ArgumentError} for what is no part and no row, and a part that the network lacks
 */
export function trainableRows(trainable: readonly string[], network: NetworkRows, name: string): ReadonlySet<number> {
  const rows = new Set<number>();
  for (const item of trainable) {
    const found = rowsNamed(item, network, name);
    if (found.length === 0) throw new ArgumentError(`${name}: ${network.name} has no ${item}; leave it out`);
    for (const row of found) rows.add(row);
  }
  return rows;
}

function rowsNamed(item: string, network: NetworkRows, name: string): number[] {
  const { rows, backboneRows } = network;
  const all = Array.from(rows, (_, row) => row);
  switch (item as (typeof SETS)[number]) {
    case "all":
      return all;
    case "upper_backbone":
      return all.slice(Math.floor(backboneRows / 2), backboneRows);
    case "backbone":
    case "neck":
    case "head":
      return all.filter((row) => partOf(network, row) === item);
  }
  const [, from, dash, to] = /^(\d+)(-?)(\d*)$/.exec(item) ?? [];
  const last = rows.length - 1;
  if (from === undefined) {
    const near = nearestName(item, SETS);
    const hint = near ? `, did you mean ${near}?` : ` or rows such as 4-, 0-9, ${last}`;
    throw new ArgumentError(`${name}: got ${item}, wanted ${SETS.join(", ")}${hint}`);
  }
  const [first, end] = [Number(from), dash === "" ? Number(from) : to === "" ? last : Number(to)];
  if (first > end || end > last) {
    throw new ArgumentError(`${name}: got ${item}, wanted rows from 0 to ${last}, the smaller one first`);
  }
  return all.slice(first, end + 1);
}

/**
 * Rows that `freeze` names, for a network of `count` rows.
 *
 * @throws {ArgumentError} if it is no number or list of row numbers, or freezes everything
 */
export function frozenRows(freeze: string, count: number): ReadonlySet<number> {
  const text = freeze.replace(/[[\]\s]/g, "");
  const parts = text === "" ? [] : text.split(",");
  const list = text.includes(",") || /^\[/.test(freeze.trim());
  const numbers = parts.map(Number);
  const most = list ? count - 1 : count;
  if (parts.some((part) => !/^\d+$/.test(part)) || numbers.some((n) => n > most)) {
    throw new ArgumentError(`freeze: got ${freeze}, wanted a number or a list of rows from 0 to ${count - 1}`);
  }
  const rows = new Set(list ? numbers : Array.from({ length: numbers[0] ?? 0 }, (_, i) => i));
  if (rows.size >= count) throw new ArgumentError(`freeze: ${freeze} leaves none of the ${count} rows to train`);
  return rows;
}
