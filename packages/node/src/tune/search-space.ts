/**
 * @file Which training arguments a search varies, and over what.
 *
 *     lr0: [1e-4, 3e-2]                  # from, to; rates are drawn evenly in their logarithm
 *     degrees: { min: 0, max: 15 }       # the same, written out
 *     box: { min: 2, max: 20, scale: log }
 *     optimizer: [SGD, AdamW]            # one of these
 *     batch: { choices: [8, 16, 32] }
 */
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import type { Random } from "@fovea/core/math/random";
import { TRAINING_ARGUMENTS } from "@fovea/core/recipe/argument-table";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { parse } from "yaml";

export interface SearchRange {
  readonly kind: "range";
  readonly min: number;
  readonly max: number;
  readonly scale: "linear" | "log";
}

export interface SearchChoice {
  readonly kind: "choice";
  readonly choices: readonly (string | number | boolean)[];
}

/** By the names of training arguments, in the order in which values are drawn. */
export type SearchSpace = Readonly<Record<string, SearchRange | SearchChoice>>;

/** Drawn evenly in their logarithm unless the space says otherwise: what matters of them is their magnitude. */
const LOGARITHMIC = new Set(["lr0", "lrf", "weight_decay", "warmup_bias_lr"]);

/**
 * Where to look if nobody says. Left and right are not exchanged where they were not, nor up and down: whether anatomy
 * allows it is not to be found out by a search.
 */
export const DEFAULT_SPACE: SearchSpace = {
  lr0: { kind: "range", min: 1e-4, max: 2e-2, scale: "log" },
  lrf: { kind: "range", min: 0.01, max: 0.5, scale: "log" },
  weight_decay: { kind: "range", min: 1e-5, max: 1e-2, scale: "log" },
  box: { kind: "range", min: 3, max: 12, scale: "linear" },
  cls: { kind: "range", min: 0.2, max: 2, scale: "linear" },
  dfl: { kind: "range", min: 0.5, max: 3, scale: "linear" },
  mosaic: { kind: "range", min: 0, max: 1, scale: "linear" },
  scale: { kind: "range", min: 0, max: 0.6, scale: "linear" },
  translate: { kind: "range", min: 0, max: 0.2, scale: "linear" },
  degrees: { kind: "range", min: 0, max: 10, scale: "linear" },
  hsv_v: { kind: "range", min: 0, max: 0.5, scale: "linear" },
};

/**
 * The space that the YAML `text` describes.
 *
 * @param file what errors call it
 * @throws {FoveaError} `file_unreadable` if it is no YAML; `unknown_argument` and `invalid_argument` with the argument
 */
export function parseSearchSpace(text: string, file: string): SearchSpace {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new FoveaError("file_unreadable", `not valid YAML: ${why}`, { file, cause });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ArgumentError("expected training arguments and their ranges, as in lr0: [0.0001, 0.01]", { file });
  }
  const entries = Object.entries(content);
  if (entries.length === 0) throw new ArgumentError("names no argument to vary", { file });
  return Object.fromEntries(entries.map(([name, value]) => [name, parseEntry(name, value, file)]));
}

function parseEntry(name: string, value: unknown, file: string): SearchRange | SearchChoice {
  const place = { file, at: name };
  const entry = readEntry(name, value, place);
  if (entry.kind === "choice") {
    for (const choice of entry.choices) trainingArguments({ [name]: choice }, place);
    return entry;
  }
  const { min, max, scale } = entry;
  // Both ends must be values of the argument itself.
  for (const end of [min, max]) trainingArguments({ [name]: end }, place);
  if (!(min < max)) throw new ArgumentError(`from ${min} to ${max}, expected a range that rises`, place);
  if (scale === "log" && min <= 0) {
    throw new ArgumentError(`from ${min} in the logarithm, expected above 0; or say scale: linear`, place);
  }
  return entry;
}

function readEntry(name: string, value: unknown, place: { file: string; at: string }): SearchRange | SearchChoice {
  const fail = (seen: unknown) =>
    new ArgumentError(
      `${JSON.stringify(seen)?.slice(0, 60)}; expected [from, to], { min, max, scale: linear or log }, a list of words, or { choices: [...] }`,
      place,
    );
  const scale = LOGARITHMIC.has(name) ? "log" : "linear";
  if (Array.isArray(value)) {
    if (value.length === 2 && value.every((end) => typeof end === "number")) {
      return { kind: "range", min: value[0], max: value[1], scale };
    }
    if (value.length > 0 && value.every((one) => typeof one === "string" || typeof one === "boolean")) {
      return { kind: "choice", choices: value };
    }
    throw fail(value);
  }
  if (typeof value !== "object" || value === null) throw fail(value);
  const { min, max, scale: given = scale, choices, ...rest } = value as Readonly<Record<string, unknown>>;
  if (Object.keys(rest).length > 0) throw fail(value);
  if (Array.isArray(choices) && choices.length > 0 && min === undefined && max === undefined) {
    if (choices.some((one) => !["string", "number", "boolean"].includes(typeof one))) throw fail(value);
    return { kind: "choice", choices };
  }
  if (typeof min !== "number" || typeof max !== "number" || (given !== "linear" && given !== "log")) throw fail(value);
  return { kind: "range", min, max, scale: given };
}

/** One point of the space, its values to four digits, which is what anybody can copy. */
export function drawPoint(space: SearchSpace, random: Random): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(space).map(([name, entry]) => {
      // One number for each argument whatever its kind, so that one entry more does not change those before.
      const u = random.uniform();
      if (entry.kind === "choice") return [name, entry.choices[Math.floor(u * entry.choices.length)]];
      const { min, max, scale } = entry;
      const value = scale === "log" ? min * (max / min) ** u : min + (max - min) * u;
      const whole =
        (TRAINING_ARGUMENTS as Readonly<Record<string, { readonly type: string }>>)[name]?.type === "integer";
      const written = whole ? Math.round(value) : Number(value.toPrecision(4));
      return [name, Math.min(max, Math.max(min, written))];
    }),
  );
}
