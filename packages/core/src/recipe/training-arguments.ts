/**
 * @file Training arguments from what a user gave: text of a command line, or values of YAML and JSON.
 */
import { ArgumentError, FoveaError, type Place } from "../errors";
import { nearestName } from "../math/nearest-name";
import {
  ARGUMENT_NAMES,
  type Argument,
  type ArgumentName,
  type FlagArgument,
  MANY,
  type NumberArgument,
  TRAINING_ARGUMENTS,
} from "./argument-table";
import { isPlainMap, type Plain, shown } from "./plain";
import { STAGE_PRESETS } from "./stage-presets";

/** Parts of a network, from the image up. */
export const PARTS = ["backbone", "neck", "head"] as const;
export type PartName = (typeof PARTS)[number];

/** lr0 by part; a part that is not named has the run's own. */
export type Rates = Readonly<Partial<Record<PartName, number>>>;

/** Arguments that a stage may have of its own. */
export const STAGE_ARGUMENTS = [
  ...(["lr0", "lrf", "lr", "lr_decay", "cos_lr", "momentum", "weight_decay", "clip", "patience"] as const),
  ...(["warmup_epochs", "warmup_momentum", "warmup_bias_lr"] as const),
] as const satisfies readonly ArgumentName[];
export type StageArgumentName = (typeof STAGE_ARGUMENTS)[number];

type ScalarOf<A extends Argument> = A extends NumberArgument ? number : A extends FlagArgument ? boolean : string;

type Table = typeof TRAINING_ARGUMENTS;

type StageArguments = {
  readonly [K in StageArgumentName]?: Table[K] extends { type: "rates" } ? Rates : ScalarOf<Table[K]>;
};

/** A part of a run that trains some rows of the network. */
export interface Stage extends StageArguments {
  /** The last stage may leave it out: the rest of the run's. */
  readonly epochs?: number;
  /** Parts and rows: `head`, `4-`, `0-9`, `7`; read by `trainableRows`. */
  readonly trainable: readonly string[];
}

type ValueOf<A extends Argument> = A extends { type: "stages" }
  ? readonly Stage[] | null
  : A extends { type: "rates" }
    ? Rates | null
    : A extends { type: "transforms" }
      ? readonly Plain[] | null
      : A extends { type: "swap" }
        ? Readonly<Record<string, string>> | null
        : ScalarOf<A>;

/** A value for every argument. */
export type TrainingArguments = { readonly [K in ArgumentName]: ValueOf<Table[K]> };

/** What a user gives: values by name. */
export type GivenArguments = Readonly<Record<string, Plain>>;

/**
 * Arguments from what a user gave, defaults for the rest. With stages, `epochs` is their sum.
 *
 * @param given values as text, or as YAML and JSON give them; lists and maps as values, not as text
 * @param place where they are written, if not on the command line
 * @throws {FoveaError} `unknown_argument` with the nearest known name; `invalid_argument` for a value out of range, for
 * arguments that contradict each other
 */
export function trainingArguments(given: Readonly<Record<string, unknown>>, place: Place = {}): TrainingArguments {
  const values: Record<string, unknown> = {};
  for (const name of ARGUMENT_NAMES) values[name] = TRAINING_ARGUMENTS[name].default;
  for (const [name, value] of Object.entries(given)) {
    if (!isArgument(name)) throw unknownArgument(name, ARGUMENT_NAMES, place);
    values[name] = parseArgument(name, TRAINING_ARGUMENTS[name], value, place);
  }
  const args = values as TrainingArguments;
  if (args.batch === 0) throw new ArgumentError("batch: got 0, wanted at least 1, or -1 for the most that fit", place);
  if (args.lr !== null && args.lr_decay !== 1) {
    throw new ArgumentError("lr and lr_decay both say how rates differ from row to row; leave one of them out", place);
  }
  return args.stages === null ? args : withStages(args, args.stages, "epochs" in given, place);
}

const isArgument = (name: string): name is ArgumentName => Object.hasOwn(TRAINING_ARGUMENTS, name);

/** The error of a name that is none of `known`. */
export function unknownArgument(name: string, known: readonly string[], place: Place): FoveaError {
  const near = nearestName(name, known);
  return new FoveaError(
    "unknown_argument",
    `${name} is no training argument${near ? `, did you mean ${near}?` : "; see fovea train --help"}`,
    place,
  );
}

/** Epochs of stages against those of the run. */
function withStages(
  args: TrainingArguments,
  stages: readonly Stage[],
  epochsGiven: boolean,
  place: Place,
): TrainingArguments {
  const refuse = (message: string): never => {
    throw new ArgumentError(message, place);
  };
  if (args.freeze !== TRAINING_ARGUMENTS.freeze.default) {
    return refuse(`freeze: ${args.freeze} beside stages, which say themselves what is trained; leave one of them out`);
  }
  const chosen = stages.findIndex((stage) => stage.momentum !== undefined || stage.warmup_bias_lr !== undefined);
  if (args.optimizer === "auto" && chosen >= 0) {
    const message = "momentum and warmup_bias_lr are chosen by optimizer=auto; name an optimiser, e.g. AdamW";
    return refuse(`stages[${chosen}]: ${message}`);
  }
  const named = stages.reduce((sum, { epochs = 0 }) => sum + epochs, 0);
  const open = stages.findIndex(({ epochs }) => epochs === undefined);
  if (open >= 0 && open < stages.length - 1) {
    return refuse(`stages[${open}]: no epochs; only the last stage may leave them out, and then takes the run's rest`);
  }
  if (open >= 0) {
    if (args.epochs > named) return args;
    return refuse(`epochs: got ${args.epochs}, wanted more than the ${named} of the stages before the last one`);
  }
  if (epochsGiven && args.epochs !== named) {
    return refuse(`epochs: got ${args.epochs}, but the stages have ${named} together; leave epochs out or change one`);
  }
  return { ...args, epochs: named };
}

function parseArgument(name: string, argument: Argument, value: unknown, place: Place): unknown {
  switch (argument.type) {
    case "flag":
      return parseFlag(name, value, place);
    case "choice":
      return parseChoice(name, value, argument.choices, place);
    case "text":
      return Array.isArray(value) ? `[${value.join(",")}]` : String(value);
    case "stages":
      return parseStages(name, value, place);
    case "rates":
      return parseRates(name, value, place);
    case "transforms":
      return parseTransforms(name, value, place);
    case "swap":
      return parseSwap(name, value, place);
    default:
      return parseNumber(name, value, argument, place);
  }
}

function parseFlag(name: string, value: unknown, place: Place): boolean {
  const text = String(value).toLowerCase();
  if (["true", "1", "yes", "on"].includes(text)) return true;
  if (["false", "0", "no", "off"].includes(text)) return false;
  throw new ArgumentError(`${name}: got ${shown(value)}, wanted true or false`, place);
}

function parseChoice(name: string, value: unknown, choices: readonly string[], place: Place): string {
  const found = choices.find((choice) => choice.toLowerCase() === String(value).toLowerCase());
  if (found === undefined)
    throw new ArgumentError(`${name}: got ${shown(value)}, wanted one of ${choices.join(", ")}`, place);
  return found;
}

function parseNumber(name: string, value: unknown, { type, min, max }: NumberArgument, place: Place): number {
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const fits = typeof parsed === "number" && Number.isFinite(parsed) && parsed >= min && parsed <= max;
  if (!fits || (type === "integer" && !Number.isInteger(parsed))) {
    const range = max >= MANY ? `at least ${min}` : `from ${min} to ${max}`;
    throw new ArgumentError(
      `${name}: got ${shown(value)}, wanted ${type === "integer" ? "a whole number" : "a number"} ${range}`,
      place,
    );
  }
  return parsed;
}

/** What means that nothing was given. */
const isNothing = (value: unknown) => value === null || value === "" || value === "none";

function parseStages(name: string, value: unknown, place: Place): readonly Stage[] | null {
  if (isNothing(value)) return null;
  const presets = Object.keys(STAGE_PRESETS).join(", ");
  if (typeof value === "string") {
    if (Object.hasOwn(STAGE_PRESETS, value)) {
      return STAGE_PRESETS[value as keyof typeof STAGE_PRESETS].map((stage, i) =>
        parseStage(`${name}[${i}]`, stage, place),
      );
    }
    const near = nearestName(value, Object.keys(STAGE_PRESETS));
    const hint = near ? `, did you mean ${near}?` : "";
    throw new ArgumentError(`${name}: got ${value}, wanted ${presets} or a list${hint}`, place);
  }
  if (!Array.isArray(value) || value.length === 0) {
    const wanted = `wanted ${presets}, or a list such as [{epochs: 10, trainable: head, lr0: 0.001}]`;
    throw new ArgumentError(`${name}: got ${shown(value)}, ${wanted}`, place);
  }
  return value.map((stage: unknown, i) => parseStage(`${name}[${i}]`, stage, place));
}

function parseStage(name: string, value: unknown, place: Place): Stage {
  if (!isPlainMap(value)) {
    throw new ArgumentError(`${name}: got ${shown(value)}, wanted a map such as {epochs: 10, trainable: head}`, place);
  }
  const { trainable, epochs, ...others } = value;
  const stage: Record<string, unknown> = {
    trainable: parseTrainable(`${name}.trainable`, trainable, place),
    ...(epochs !== undefined && { epochs: parseNumber(`${name}.epochs`, epochs, TRAINING_ARGUMENTS.epochs, place) }),
  };
  for (const [key, own] of Object.entries(others)) {
    if (!(STAGE_ARGUMENTS as readonly string[]).includes(key)) {
      const known = ["epochs", "trainable", ...STAGE_ARGUMENTS];
      const near = isArgument(key) ? undefined : nearestName(key, known);
      const hint = near ? `did you mean ${near}?` : `it has ${known.join(", ")}`;
      throw new FoveaError("unknown_argument", `${name}: a stage has no ${key} of its own; ${hint}`, place);
    }
    stage[key] = parseArgument(`${name}.${key}`, TRAINING_ARGUMENTS[key as StageArgumentName], own, place);
  }
  if (stage.lr && stage.lr_decay !== undefined) {
    throw new ArgumentError(`${name}: lr and lr_decay both say how rates differ; leave one of them out`, place);
  }
  return stage as unknown as Stage;
}

function parseTrainable(name: string, value: unknown, place: Place): readonly string[] {
  const list = (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).flatMap(
    (item: unknown) => String(item).split(","),
  );
  const parts = list.map((item) => item.trim()).filter((item) => item !== "");
  if (parts.length > 0) return parts;
  throw new ArgumentError(`${name}: nothing; wanted parts (${PARTS.join(", ")}) or rows such as 4- or 0-9`, place);
}

function parseRates(name: string, value: unknown, place: Place): Rates | null {
  if (isNothing(value)) return null;
  const example = "{backbone: 1e-5, neck: 5e-5, head: 1e-4}";
  if (!isPlainMap(value)) {
    const hint = typeof value === "number" || Number.isFinite(Number(value)) ? "; did you mean lr0?" : "";
    throw new ArgumentError(`${name}: got ${shown(value)}, wanted rates by part such as ${example}${hint}`, place);
  }
  const rates: Partial<Record<PartName, number>> = {};
  for (const [part, rate] of Object.entries(value)) {
    if (!PARTS.includes(part as PartName)) {
      const near = nearestName(part, PARTS);
      const hint = near ? `did you mean ${near}?` : `parts are ${PARTS.join(", ")}`;
      throw new ArgumentError(`${name}: ${part} is no part of a network, ${hint}`, place);
    }
    rates[part as PartName] = parseNumber(`${name}.${part}`, rate, TRAINING_ARGUMENTS.lr0, place);
  }
  return rates;
}

function parseTransforms(name: string, value: unknown, place: Place): readonly Plain[] | null {
  if (isNothing(value)) return null;
  if (Array.isArray(value)) return value as readonly Plain[];
  throw new ArgumentError(`${name}: got ${shown(value)}, wanted a list such as [{name: CLAHE, p: 0.3}]`, place);
}

function parseSwap(name: string, value: unknown, place: Place): Readonly<Record<string, string>> | null {
  if (isNothing(value)) return null;
  if (isPlainMap(value)) return Object.fromEntries(Object.entries(value).map(([from, to]) => [from, String(to)]));
  throw new ArgumentError(`${name}: got ${shown(value)}, wanted pairs such as {left_lung: right_lung}`, place);
}
