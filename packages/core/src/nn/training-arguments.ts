/**
 * @file The arguments of a training run: names, types, ranges, defaults and meaning, in one table.
 *
 * Names and defaults are those that users of the public YOLO tools know. The command line, its help and the stored run
 * all go by this table.
 */
import { ArgumentError, FoveaError, type Place } from "../errors";
import { nearestName } from "../math/nearest-name";

interface NumberArgument {
  readonly type: "number" | "integer";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

interface FlagArgument {
  readonly type: "flag";
  readonly default: boolean;
  readonly meaning: string;
}

interface ChoiceArgument {
  readonly type: "choice";
  readonly default: string;
  readonly choices: readonly string[];
  readonly meaning: string;
}

interface TextArgument {
  readonly type: "text";
  readonly default: string;
  readonly meaning: string;
}

export type Argument = NumberArgument | FlagArgument | ChoiceArgument | TextArgument;

const number = (value: number, min: number, max: number, meaning: string): NumberArgument => ({
  type: "number",
  default: value,
  min,
  max,
  meaning,
});
const integer = (value: number, min: number, max: number, meaning: string): NumberArgument => ({
  ...number(value, min, max, meaning),
  type: "integer",
});
const flag = (value: boolean, meaning: string): FlagArgument => ({ type: "flag", default: value, meaning });

const MANY = 1e9;

/** Every training argument. */
export const TRAINING_ARGUMENTS = {
  epochs: integer(100, 1, MANY, "passes over the training images"),
  patience: integer(100, 0, MANY, "stop after so many epochs without a better one; 0 never stops"),
  batch: integer(16, 1, 4096, "images in a batch"),
  imgsz: integer(640, 32, 8192, "side of the training images in pixels, a multiple of the largest stride"),
  nbs: integer(64, 1, 65536, "nominal batch size: gradients of smaller batches are summed up to it"),
  workers: integer(-1, -1, 64, "threads that make batches; -1 chooses"),
  threads: integer(0, 0, 1024, "threads of the engine; 0 takes the processor's cores"),
  cache: {
    type: "choice",
    default: "auto",
    choices: ["auto", "true", "ram", "false"],
    meaning: "keep decoded images in memory",
  },
  device: { type: "text", default: "cpu", meaning: "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml" },
  optimizer: {
    type: "choice",
    default: "auto",
    choices: ["auto", "SGD", "Adam", "AdamW"],
    meaning: "auto takes AdamW for short runs, SGD beyond 10000 updates",
  },
  seed: integer(0, 0, 2 ** 32 - 1, "start of all random numbers; the same seed gives the same weights"),
  single_cls: flag(false, "take all classes for one"),
  fraction: number(1, 1e-6, 1, "share of the training images to use"),
  freeze: {
    type: "text",
    default: "0",
    meaning: "rows that are not trained: a number (the first so many) or a list such as 0,1,2",
  },
  lr0: number(0.01, 0, 10, "learning rate at the start (chosen by optimizer=auto)"),
  lrf: number(0.01, 0, 1, "learning rate at the end, as a share of lr0"),
  cos_lr: flag(false, "let the learning rate fall along a cosine instead of a line"),
  momentum: number(0.937, 0, 0.999999, "momentum of SGD, beta1 of Adam"),
  weight_decay: number(0.0005, 0, 1, "shrinks the weights, biases and norms aside"),
  warmup_epochs: number(3, 0, 1000, "epochs in which the learning rate rises"),
  warmup_momentum: number(0.8, 0, 0.999999, "momentum at the start of warm-up"),
  warmup_bias_lr: number(0.1, 0, 10, "learning rate of biases at the start of warm-up"),
  clip: number(10, 0, MANY, "largest norm of the gradients; 0 does not clip"),
  box: number(7.5, 0, 1000, "weight of the box loss (and of the mask loss)"),
  cls: number(0.5, 0, 1000, "weight of the class loss"),
  dfl: number(1.5, 0, 1000, "weight of the distribution focal loss"),
  close_mosaic: integer(10, 0, MANY, "epochs at the end without mosaics"),
  hsv_h: number(0.015, 0, 1, "vary the hue by up to this share of the circle"),
  hsv_s: number(0.7, 0, 1, "vary the saturation by up to this factor"),
  hsv_v: number(0.4, 0, 1, "vary the brightness by up to this factor"),
  degrees: number(0, 0, 180, "rotate by up to so many degrees"),
  translate: number(0.1, 0, 1, "move by up to this share of the image"),
  scale: number(0.5, 0, 0.99, "scale by 1 - scale to 1 + scale"),
  shear: number(0, 0, 60, "shear by up to so many degrees"),
  flipud: number(0, 0, 1, "probability of turning upside down"),
  fliplr: number(0.5, 0, 1, "probability of exchanging left and right"),
  mosaic: number(1, 0, 1, "probability of putting four images together"),
  val: flag(true, "measure after every epoch"),
  plots: flag(true, "draw the curves at the end"),
  save_period: integer(-1, -1, MANY, "keep the weights of every so many epochs too; -1 does not"),
  exist_ok: flag(false, "write into an existing run folder"),
} as const satisfies Readonly<Record<string, Argument>>;

export type ArgumentName = keyof typeof TRAINING_ARGUMENTS;

type ValueOf<A extends Argument> = A extends NumberArgument ? number : A extends FlagArgument ? boolean : string;

/** A value for every argument. */
export type TrainingArguments = { readonly [K in ArgumentName]: ValueOf<(typeof TRAINING_ARGUMENTS)[K]> };

export const ARGUMENT_NAMES = Object.keys(TRAINING_ARGUMENTS) as readonly ArgumentName[];

/**
 * Arguments from what a user gave, defaults for the rest.
 *
 * @param given values as text, or as JSON gives them
 * @param place where they are written, if not on the command line
 * @throws {FoveaError} `unknown_argument` with the nearest known name; `invalid_argument` for a value out of range
 */
export function trainingArguments(given: Readonly<Record<string, unknown>>, place: Place = {}): TrainingArguments {
  const values: Record<string, unknown> = {};
  for (const name of ARGUMENT_NAMES) values[name] = TRAINING_ARGUMENTS[name].default;
  for (const [name, value] of Object.entries(given)) {
    if (!isArgument(name)) throw unknownArgument(name, place);
    values[name] = parseArgument(name, value, place);
  }
  return values as TrainingArguments;
}

const isArgument = (name: string): name is ArgumentName => Object.hasOwn(TRAINING_ARGUMENTS, name);

function unknownArgument(name: string, place: Place): FoveaError {
  const near = nearestName(name, ARGUMENT_NAMES);
  return new FoveaError(
    "unknown_argument",
    `${name} is no training argument${near ? `, did you mean ${near}?` : "; see fovea train --help"}`,
    place,
  );
}

function parseArgument(name: ArgumentName, value: unknown, place: Place): unknown {
  const argument: Argument = TRAINING_ARGUMENTS[name];
  switch (argument.type) {
    case "flag":
      return parseFlag(name, value, place);
    case "choice":
      return parseChoice(name, value, argument.choices, place);
    case "text":
      return String(value);
    default:
      return parseNumber(name, value, argument, place);
  }
}

function parseFlag(name: string, value: unknown, place: Place): boolean {
  const text = String(value).toLowerCase();
  if (["true", "1", "yes", "on"].includes(text)) return true;
  if (["false", "0", "no", "off"].includes(text)) return false;
  throw new ArgumentError(`${name}: got ${text}, wanted true or false`, place);
}

function parseChoice(name: string, value: unknown, choices: readonly string[], place: Place): string {
  const found = choices.find((choice) => choice.toLowerCase() === String(value).toLowerCase());
  if (found === undefined)
    throw new ArgumentError(`${name}: got ${String(value)}, wanted one of ${choices.join(", ")}`, place);
  return found;
}

function parseNumber(name: string, value: unknown, { type, min, max }: NumberArgument, place: Place): number {
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const fits = typeof parsed === "number" && Number.isFinite(parsed) && parsed >= min && parsed <= max;
  if (!fits || (type === "integer" && !Number.isInteger(parsed))) {
    const range = max >= MANY ? `at least ${min}` : `from ${min} to ${max}`;
    throw new ArgumentError(
      `${name}: got ${String(value)}, wanted ${type === "integer" ? "a whole number" : "a number"} ${range}`,
      place,
    );
  }
  return parsed;
}

/**
 * Rows that `freeze` names, for a network of `count` rows.
 *
 * @throws {ArgumentError} if it is no number or list of row numbers, or freezes everything
 */
export function frozenRows(freeze: string, count: number): ReadonlySet<number> {
  const text = freeze.replace(/[[\]\s]/g, "");
  const parts = text === "" ? [] : text.split(",");
  const list = text.includes(",") || /^\[/.test(freeze.trim());
  const numbers = parts.map(Number);
  const most = list ? count - 1 : count;
  if (parts.some((part) => !/^\d+$/.test(part)) || numbers.some((n) => n > most)) {
    throw new ArgumentError(`freeze: got ${freeze}, wanted a number or a list of rows from 0 to ${count - 1}`);
  }
  const rows = new Set(list ? numbers : Array.from({ length: numbers[0] ?? 0 }, (_, i) => i));
  if (rows.size >= count) throw new ArgumentError(`freeze: ${freeze} leaves none of the ${count} rows to train`);
  return rows;
}
