/**
 * @file Values as Python would print them: what the public exporter writes into an ONNX model's metadata, and readers of
 * such models parse with `ast.literal_eval`.
 */
import type { Json } from "./state";

const WORDS = new Map<Json, string>([
  [null, "None"],
  [true, "True"],
  [false, "False"],
]);

/** `{0: 'nodule', 1: 'mass'}` of class names. */
export function pythonNames(names: readonly string[]): string {
  return `{${names.map((name, id) => `${id}: ${pythonText(name)}`).join(", ")}}`;
}

/** A value as `repr` prints it; keys of objects are text. */
export function pythonText(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  const word = WORDS.get(value);
  if (word !== undefined || value === null || typeof value === "boolean") return word ?? "None";
  return `{${Object.entries(value)
    .map(([key, item]) => `${quoted(key)}: ${pythonText(item)}`)
    .join(", ")}}`;
}

/** In double quotes only where that saves escaping, as Python does. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    if (character === "\\" || character === quote) return `\\${character}`;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    const point = character.codePointAt(0) ?? 0;
    return point < 0x20 || point === 0x7f ? `\\x${point.toString(16).padStart(2, "0")}` : character;
  });
  return quote + escaped.join("") + quote;
}
