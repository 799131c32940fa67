/**
 * @file Values as YAML and JSON have them.
 */

/** A value of YAML's core schema, or of JSON. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

export function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a message, cut short: text without quotes, lists and maps as JSON. */
export function shown(value: unknown): string {
  const text = typeof value === "object" && value !== null ? (JSON.stringify(value) ?? "") : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
