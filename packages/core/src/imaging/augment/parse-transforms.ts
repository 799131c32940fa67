/**
 * @file A list of transforms from what a user wrote.
 */
import { ArgumentError, FoveaError } from "../../errors";
import { nearestName } from "../../math/nearest-name";
import { largestAlpha } from "./displacement";
import {
  ELSEWHERE,
  type Interval,
  isSimpleName,
  type Parameter,
  type SimpleTransform,
  TRANSFORMS,
  type Transform,
} from "./transform-table";

/** Albumentations' own. */
const DEFAULT_P = 0.5;

const NAMES = [...Object.keys(TRANSFORMS), "OneOf"];

/**
 * Transforms from a list such as `[{ name: "CLAHE", p: 0.5, clip_limit: 2 }]`; defaults for what is not given.
 *
 * @throws {FoveaError} `unknown_argument` for a name or key that is none, with the nearest one; `invalid_argument` for a
 * value of another kind or out of range; both say which entry
 */
export function parseTransforms(given: unknown): readonly Transform[] {
  if (!Array.isArray(given)) {
    throw new ArgumentError(`transforms: got ${shown(given)}, wanted a list such as [{ name: "CLAHE", p: 0.5 }]`);
  }
  return given.map((entry, i) => parseEntry(entry, `transforms[${i}]`, NAMES));
}

function parseEntry(entry: unknown, place: string, names: readonly string[]): Transform {
  if (!isRecord(entry)) throw new ArgumentError(`${place}: got ${shown(entry)}, wanted { name: ..., p: ... }`);
  const { name, p = DEFAULT_P, ...rest } = entry;
  if (typeof name !== "string") throw new ArgumentError(`${place}: no name, wanted one of ${names.join(", ")}`);
  const at = `${place} (${name})`;
  if (!names.includes(name)) throw unknownName(name, place, names);
  if (!(typeof p === "number" && p >= 0 && p <= 1)) {
    throw new ArgumentError(`${at}: p is ${shown(p)}, wanted a probability from 0 to 1`);
  }
  return isSimpleName(name)
    ? withParameters(name, p, rest, at)
    : { name: "OneOf", p, transforms: parseChoices(rest, at) };
}

function unknownName(name: string, place: string, names: readonly string[]): FoveaError {
  const elsewhere = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
  if (elsewhere !== undefined) return new ArgumentError(`${place}: ${name} is no entry of this list: ${elsewhere}`);
  if (NAMES.includes(name)) {
    const message = `${place}: ${name} cannot stand in a OneOf, which chooses among ${names.join(", ")}`;
    return new ArgumentError(`${message}; give it an entry of its own`);
  }
  const near = nearestName(name, names);
  return new FoveaError(
    "unknown_argument",
    `${place}: ${name} is no transform${near ? `, did you mean ${near}?` : `; known are ${names.join(", ")}`}`,
  );
}

const INTENSITIES = Object.entries(TRANSFORMS).flatMap(([name, { stage }]) =>
  stage === "values" || stage === "bytes" ? [name] : [],
);

function parseChoices({ transforms, ...rest }: Readonly<Record<string, unknown>>, at: string): SimpleTransform[] {
  const [key] = Object.keys(rest);
  if (key !== undefined) throw unknownKey(key, ["p", "transforms"], at);
  if (!Array.isArray(transforms) || transforms.length === 0) {
    throw new ArgumentError(`${at}: transforms is ${shown(transforms)}, wanted a list of at least one`);
  }
  const choices = transforms.map((entry, i) => parseEntry(entry, `${at}.transforms[${i}]`, INTENSITIES));
  if (!choices.some(({ p }) => p > 0)) throw new ArgumentError(`${at}: every p is 0, so that none can be chosen`);
  return choices as SimpleTransform[];
}

function withParameters(
  name: keyof typeof TRANSFORMS,
  p: number,
  given: Readonly<Record<string, unknown>>,
  at: string,
): SimpleTransform {
  const parameters: Readonly<Record<string, Parameter>> = TRANSFORMS[name].parameters;
  const keys = Object.keys(parameters);
  for (const key of Object.keys(given)) if (!keys.includes(key)) throw unknownKey(key, ["p", ...keys], at);
  const values: Record<string, unknown> = {};
  for (const [key, parameter] of Object.entries(parameters)) {
    values[key] = Object.hasOwn(given, key) ? parseValue(given[key], parameter, `${at}: ${key}`) : parameter.default;
  }
  const transform = { name, p, ...values } as SimpleTransform;
  if (transform.name === "ElasticTransform") checkElasticity(transform, at);
  return transform;
}

function unknownKey(key: string, known: readonly string[], at: string): FoveaError {
  const near = nearestName(key, known);
  return new FoveaError(
    "unknown_argument",
    `${at}: ${key} is no parameter${near ? `, did you mean ${near}?` : `; it has ${known.join(", ")}`}`,
  );
}

function checkElasticity({ alpha, sigma }: { readonly alpha: number; readonly sigma: number }, at: string): void {
  const most = largestAlpha(sigma);
  if (alpha <= most) return;
  const message = `alpha ${alpha} with sigma ${sigma} would fold tissue over itself`;
  throw new ArgumentError(`${at}: ${message}; take alpha up to ${Math.floor(most)}, or a larger sigma`);
}

function parseValue(value: unknown, parameter: Parameter, at: string): unknown {
  switch (parameter.kind) {
    case "flag":
      if (typeof value === "boolean") return value;
      throw new ArgumentError(`${at} is ${shown(value)}, wanted true or false`);
    case "number":
      if (isWithin(value, parameter)) return value;
      throw new ArgumentError(`${at} is ${shown(value)}, wanted a number from ${parameter.min} to ${parameter.max}`);
    case "interval":
      return parseInterval(value, parameter, at);
  }
}

function parseInterval(
  value: unknown,
  { min, max, single, step }: Parameter & { readonly kind: "interval" },
  at: string,
): Interval {
  const pair = Array.isArray(value) ? value : ends(value, single);
  const [low, high] = pair;
  const fits = (x: unknown) =>
    isWithin(x, { min, max }) &&
    (step === undefined || Number.isInteger(x)) &&
    (step !== "odd" || Math.abs((x as number) % 2) === 1);
  // A grid has columns and rows, which need not rise.
  if (pair.length === 2 && fits(low) && fits(high) && (low <= high || step === "whole")) return [low, high];
  const kind = step === undefined ? "numbers" : `${step} numbers`;
  throw new ArgumentError(`${at} is ${shown(value)}, wanted one or two rising ${kind} from ${min} to ${max}`);
}

/** What a single number stands for. */
function ends(value: unknown, single: (Parameter & { readonly kind: "interval" })["single"]): readonly number[] {
  if (typeof value !== "number") return [];
  if (single === "same") return [value, value];
  if (single === "symmetric") return [-Math.abs(value), Math.abs(value)];
  return value < single.from ? [value, value] : [single.from, value];
}

function isWithin(value: unknown, { min, max }: { readonly min: number; readonly max: number }): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}
