/**
 * @file The arguments that each module of the published form takes, by place and by name.
 *
 * Every module may end its list with a mapping that names arguments: `[512, true, {area: 4, heads: 8}]` is the same as
 * giving them at their places. `None` (null) stands for the default.
 */
import { FoveaError, type Place } from "../errors";
import { nearestName } from "../math/nearest-name";
import { isMapping, show } from "./yaml-value";

/** One argument. */
interface Argument<T> {
  /** Ends the sentence "expected ...". */
  readonly wanted: string;
  /** Absent where the argument must be given. */
  readonly fallback?: T;
  /** `undefined` if the value is refused. */
  read(value: unknown): T | undefined;
}

type Signature = Readonly<Record<string, Argument<unknown>>>;

/** What a signature's arguments are once read. */
export type ArgumentValues<S extends Signature> = {
  readonly [K in keyof S]: S[K] extends Argument<infer T> ? T : never;
};

/** No published network has channels, kernels or groups anywhere near it. */
const LARGEST = 65536;

function whole(minimum: number, fallback?: number): Argument<number> {
  return {
    wanted: `a whole number from ${minimum} to ${LARGEST}`,
    fallback,
    read: (value) =>
      Number.isInteger(value) && (value as number) >= minimum && (value as number) <= LARGEST
        ? (value as number)
        : undefined,
  };
}

function oddKernel(fallback: number): Argument<number> {
  const { read } = whole(1);
  return {
    wanted: "an odd whole number",
    fallback,
    read: (value) => (Number(read(value)) % 2 === 1 ? read(value) : undefined),
  };
}

function wholeOrNone(minimum: number): Argument<number | null> {
  return { ...whole(minimum), fallback: null };
}

function ratio(fallback: number): Argument<number> {
  return {
    wanted: "a number above 0 and up to 64",
    fallback,
    read: (value) => (typeof value === "number" && value > 0 && value <= 64 ? value : undefined),
  };
}

function flag(fallback?: boolean): Argument<boolean> {
  const values = new Map<unknown, boolean>([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
  ]);
  return { wanted: "true or false", fallback, read: (value) => values.get(value) };
}

function flagOrNone(): Argument<boolean | null> {
  return { ...flag(), fallback: null };
}

function exactly<T extends string | number>(only: T): Argument<T> {
  return {
    wanted: `${only}, the only value supported`,
    fallback: only,
    read: (value) => (value === only ? only : undefined),
  };
}

/** Number of classes; null is what the model as a whole says. */
const classes: Argument<number | null> = {
  wanted: "nc or a number of classes",
  fallback: null,
  read: (value) => (value === "nc" ? null : whole(1).read(value)),
};

/** Size of the output, which published files leave open. */
const openSize: Argument<null> = {
  wanted: "None: give the factor as the second argument",
  fallback: null,
  read: () => undefined,
};

const factor: Argument<number> = {
  wanted: "a factor of 2, 4, 8 or 16",
  read: (value) => [2, 4, 8, 16].find((known) => known === value),
};

const channels = whole(1);

/**
 * Arguments in the published order. `heads` and `legacy` are ours and come last: attention heads (default hidden
 * channels / 32), and whether a head has the class tower of YOLOv8 (default by the rows before it).
 */
export const signatures = {
  Conv: {
    c2: channels,
    k: whole(1, 1),
    s: whole(1, 1),
    p: wholeOrNone(0),
    g: whole(1, 1),
    d: whole(1, 1),
    act: flag(true),
  },
  DWConv: { c2: channels, k: whole(1, 1), s: whole(1, 1), d: whole(1, 1), act: flag(true) },
  C2f: { c2: channels, shortcut: flag(false), g: whole(1, 1), e: ratio(0.5) },
  C3: { c2: channels, shortcut: flag(true), g: whole(1, 1), e: ratio(0.5) },
  C3k2: { c2: channels, c3k: flag(false), e: ratio(0.5), g: whole(1, 1), shortcut: flag(true) },
  A2C2f: {
    c2: channels,
    a2: flag(true),
    area: whole(-1, 1),
    residual: flag(false),
    mlp_ratio: ratio(2),
    e: ratio(0.5),
    g: whole(1, 1),
    shortcut: flag(true),
    heads: wholeOrNone(1),
  },
  SPPF: { c2: channels, k: oddKernel(5) },
  Upsample: { size: openSize, scale_factor: factor, mode: exactly("nearest") },
  Concat: { dimension: exactly(1) },
  Detect: { nc: classes, legacy: flagOrNone() },
  Segment: { nc: classes, nm: whole(1, 32), npr: whole(1, 256), legacy: flagOrNone() },
} as const satisfies Readonly<Record<string, Signature>>;

/** Modules that a published row may name. */
export type PublishedModule = keyof typeof signatures;

/** What Python's literals in a text mean. */
function literal(value: unknown): unknown {
  const literals: Readonly<Record<string, unknown>> = { None: null, True: true, False: false };
  return typeof value === "string" && Object.hasOwn(literals, value) ? literals[value] : value;
}

/** Arguments by name, as given: by place, and by the mapping at the end. */
function givenArguments(
  module: string,
  names: readonly string[],
  args: readonly unknown[],
  place: Place,
): ReadonlyMap<string, unknown> {
  const last = args.at(-1);
  const byName = isMapping(last) ? Object.entries(last) : [];
  const byPlace = isMapping(last) ? args.slice(0, -1) : args;
  const takes = `${module} takes ${names.join(", ")}`;
  if (byPlace.length > names.length) {
    const counts = `${byPlace.length} arguments ${show(byPlace)}, at most ${names.length}`;
    throw new FoveaError("invalid_model", `${counts} expected: ${takes}`, place);
  }
  const given = new Map(byPlace.map((value, i) => [names[i], value]));
  for (const [name, value] of byName) {
    if (!names.includes(name)) {
      const near = nearestName(name, names);
      const hint = near ? `; did you mean ${near}?` : "";
      throw new FoveaError("invalid_model", `unknown argument "${name}"${hint} (${takes})`, place);
    }
    if (given.has(name)) throw new FoveaError("invalid_model", `${name} is given twice, by place and by name`, place);
    given.set(name, value);
  }
  return given;
}

/**
 * Reads the arguments of one row.
 *
 * @param overrides defaults that differ from the signature's
 * @param place of the row
 * @throws {FoveaError} `invalid_model` on too many, missing, unknown or ill-typed arguments
 */
export function readArguments<M extends PublishedModule>(
  module: M,
  args: readonly unknown[],
  place: Place,
  overrides: Readonly<Record<string, unknown>> = {},
): ArgumentValues<(typeof signatures)[M]> {
  const signature: Signature = signatures[module];
  const names = Object.keys(signature);
  const given = givenArguments(module, names, args, place);
  const values = names.map((name): [string, unknown] => {
    const { wanted, fallback, read } = signature[name];
    const value = literal(given.get(name));
    if (value === undefined || value === null) {
      const standard = overrides[name] ?? fallback;
      if (standard !== undefined) return [name, standard];
      const takes = `${module} takes ${names.join(", ")}`;
      throw new FoveaError("invalid_model", `${name} is missing, expected ${wanted} (${takes})`, place);
    }
    const parsed = read(value);
    if (parsed === undefined) {
      throw new FoveaError("invalid_model", `${module}: ${name} is ${show(value)}, expected ${wanted}`, place);
    }
    return [name, parsed];
  });
  return Object.fromEntries(values) as ArgumentValues<(typeof signatures)[M]>;
}

/** The shortest list from which `readArguments` gets `values` again; they must be all there, in any order. */
export function writeArguments<M extends PublishedModule>(
  module: M,
  values: ArgumentValues<(typeof signatures)[M]>,
): (number | boolean | string | null)[] {
  const signature: Signature = signatures[module];
  const byName: Readonly<Record<string, unknown>> = values;
  const list = Object.keys(signature).map((name) => byName[name]) as (number | boolean | string | null)[];
  const fallbacks = Object.values(signature).map(({ fallback }) => fallback);
  while (list.length > 0 && list.at(-1) === fallbacks[list.length - 1]) list.pop();
  return list;
}
