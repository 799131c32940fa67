/**
 * @file Which class becomes which in a mirror image: a left kidney looks like a right one there.
 */
import { ArgumentError } from "../../errors";
import { nearestName } from "../../math/nearest-name";

/**
 * Class after a left-right exchange, for each class; empty if nothing is to be swapped.
 *
 * @param given `{ left_kidney: "right_kidney" }`, either way round or both; or the numbers that this function returned
 * @throws {ArgumentError} if it is neither, a class has no such name, or a class would have two partners
 */
export function flipSwap(given: unknown, names: readonly string[]): readonly number[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return checkedNumbers(given);
  if (typeof given !== "object") {
    throw new ArgumentError(`flip_swap: got ${JSON.stringify(given)}, wanted pairs of classes such as { left: right }`);
  }
  const swapped = names.map((_, i) => i);
  const partners = new Map<number, number>();
  for (const [from, to] of Object.entries(given)) {
    const pair = [classOf(from, names), classOf(String(to), names)] as const;
    for (const [a, b] of [pair, [pair[1], pair[0]]]) {
      if ((partners.get(a) ?? b) !== b) throw new ArgumentError(`flip_swap: ${names[a]} has two partners, wanted one`);
      partners.set(a, b);
      swapped[a] = b;
    }
  }
  return swapped;
}

function classOf(name: string, names: readonly string[]): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const near = nearestName(name, names);
  const known = names.length > 0 ? `the data set has ${names.join(", ")}` : "no class names are known here";
  throw new ArgumentError(`flip_swap: no class ${name}${near ? `, did you mean ${near}?` : `; ${known}`}`);
}

function checkedNumbers(given: readonly unknown[]): readonly number[] {
  const paired = given.every((value, i) => Number.isInteger(value) && given[value as number] === i);
  if (!paired) throw new ArgumentError(`flip_swap: got ${JSON.stringify(given)}, wanted pairs of class names`);
  return given as readonly number[];
}
