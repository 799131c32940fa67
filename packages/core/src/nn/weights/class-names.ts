/**
 * @file Class names as the formats carry them: a list, or an object from class id to name.
 */
import type { Json } from "./state";

/**
 * Names by class id.
 *
 * @returns nothing unless the ids are 0 to n - 1 and every name is text or a number
 */
export function classNames(value: Json | undefined): readonly string[] | undefined {
  if (value === null || typeof value !== "object") return undefined;
  const byId = new Map(Object.entries(value));
  const names: string[] = [];
  for (let id = 0; id < byId.size; id++) {
    const name = byId.get(String(id));
    if (typeof name !== "string" && typeof name !== "number") return undefined;
    names.push(String(name));
  }
  return names;
}
