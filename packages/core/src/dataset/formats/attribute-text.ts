/**
 * @file Values of attributes in formats that have text only.
 */
import type { Attributes } from "../annotation-set";

/** `true`, `false` and numbers written as JavaScript writes them become those; all else stays text: `007`, `1.50`. */
export function attributeOf(text: string): string | number | boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  const value = Number(text);
  return text !== "" && Number.isFinite(value) && String(value) === text ? value : text;
}

/** The inverse; `null` is empty. */
export function attributeText(value: Attributes[string]): string {
  return value === null ? "" : String(value);
}

/** `attributes` if there are any. */
export function someAttributes<T extends Attributes>(attributes: T): { attributes?: T } {
  return Object.keys(attributes).length > 0 ? { attributes } : {};
}
