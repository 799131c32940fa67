/**
 * @file Values out of plain attributes.
 */
import type { Attributes } from "./code";

/** Items of a sequence; empty where absent. */
export function itemsOf(attributes: Attributes, keyword: string): Attributes[] {
  const value = attributes[keyword];
  return Array.isArray(value) ? value : [];
}

/** The first value as text; empty where absent. */
export function textOf(attributes: Attributes, keyword: string): string {
  const value = attributes[keyword];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined ? "" : String(first);
}

/** Every SOP Instance UID that these attributes, and items below them, refer to. */
export function referencedUids(attributes: Attributes): string[] {
  return Object.entries(attributes).flatMap(([keyword, value]) => {
    if (keyword === "ReferencedSOPInstanceUID") return [String(value)];
    return keyword.endsWith("Sequence") && Array.isArray(value) ? value.flatMap(referencedUids) : [];
  });
}
