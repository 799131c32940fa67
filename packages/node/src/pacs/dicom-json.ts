/**
 * @file DICOM JSON (PS3.18 annex F), read as far as queries and STOW-RS need it.
 */
import { loadDictionary } from "../deidentify/dictionary";
import type { Identifier } from "./identifier";

type Dictionary = Awaited<ReturnType<typeof loadDictionary>>;
let dictionary: Promise<Dictionary> | undefined;

/** Values of an attribute; [] where it is not there or not as F.2 has it. */
export function valuesOf(dataSet: unknown, tag: string): readonly unknown[] {
  if (typeof dataSet !== "object" || dataSet === null || !Object.hasOwn(dataSet, tag)) return [];
  const attribute = (dataSet as Record<string, unknown>)[tag];
  if (typeof attribute !== "object" || attribute === null || !("Value" in attribute)) return [];
  return Array.isArray(attribute.Value) ? attribute.Value : [];
}

/** A value as text: names with their groups joined by `=` (PS3.5 6.2.1). */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return "";
  const { Alphabetic = "", Ideographic = "", Phonetic = "" } = value as Record<string, string | undefined>;
  return [Alphabetic, Ideographic, Phonetic].join("=").replace(/=+$/, "");
}

/** Top-level values by keyword; sequences and bytes are left out. */
export async function identifierOfJson(dataSet: unknown): Promise<Identifier> {
  dictionary ??= loadDictionary();
  const known = await dictionary;
  const values: Identifier = {};
  if (typeof dataSet !== "object" || dataSet === null) return values;
  for (const tag of Object.keys(dataSet)) {
    if (!/^[0-9A-Fa-f]{8}$/.test(tag)) continue;
    const entry = known(Number.parseInt(tag, 16));
    if (entry && entry.vr !== "SQ") values[entry.keyword] = valuesOf(dataSet, tag).map(text).join("\\");
  }
  return values;
}
