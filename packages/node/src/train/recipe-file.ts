/**
 * @file Recipes as YAML: training arguments by name, with what to train on.
 *
 *     data: lesions.yaml
 *     model: yolov8n.pt
 *     imgsz: 512
 *     stages:
 *       - { epochs: 10, trainable: head, lr0: 1e-3 }
 *       - { epochs: 50, trainable: all, lr0: 1e-4, patience: 10 }
 */
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import {
  ARGUMENT_NAMES,
  type Argument,
  type ArgumentName,
  RUN_ARGUMENTS,
  type RunArgumentName,
  TRAINING_ARGUMENTS,
} from "@fovea/core/recipe/argument-table";
import { isPlainMap, type Plain, shown } from "@fovea/core/recipe/plain";
import { type GivenArguments, trainingArguments, unknownArgument } from "@fovea/core/recipe/training-arguments";
import { LineCounter, parseDocument } from "yaml";
import { readText } from "../read-file";

/** What a recipe says. */
export interface Recipe {
  readonly run: Readonly<Partial<Record<Exclude<RunArgumentName, "resume">, string>>>;
  readonly arguments: GivenArguments;
}

/** Keys of the public tools' recipes that say nothing here. */
const IDLE: Readonly<Record<string, readonly Plain[]>> = { resume: [false], task: ["detect"], mode: ["train"] };

/**
 * Reads a recipe. An empty value, or null, leaves an argument at its default.
 *
 * @throws {FoveaError} `file_not_found`; `invalid_argument` with the line if it is no YAML, or with the key;
 * `unknown_argument` with the key and the nearest name
 */
export async function readRecipe(file: string): Promise<Recipe> {
  const value = yamlValue(await readText(file, "recipe"), file);
  if (value === null || value === undefined) return { run: {}, arguments: {} };
  if (!isPlainMap(value)) {
    throw new ArgumentError(`${shown(value)}, wanted arguments by name, such as epochs: 100`, { file });
  }
  const run: Record<string, string> = {};
  const given: Record<string, Plain> = {};
  for (const [name, own] of Object.entries(value as Readonly<Record<string, Plain>>)) {
    if (own === null || IDLE[name]?.includes(own)) continue;
    if (name === "resume") {
      throw new ArgumentError("resume: name the run on the command line, with --resume and nothing else", { file });
    } else if (Object.hasOwn(RUN_ARGUMENTS, name)) {
      if (typeof own === "object") throw new ArgumentError(`${name}: got ${shown(own)}, wanted text`, { file });
      run[name] = String(own);
    } else if (Object.hasOwn(TRAINING_ARGUMENTS, name)) given[name] = own;
    else throw unknownArgument(name, [...ARGUMENT_NAMES, ...Object.keys(RUN_ARGUMENTS)], { file });
  }
  trainingArguments(given, { file });
  return { run, arguments: given };
}

/**
 * An argument's value from a command line: lists and maps are YAML in its flow form, `{head: 1e-4}`.
 *
 * @throws {ArgumentError} if that is no YAML
 */
function argumentValue(name: string, text: string): Plain {
  const argument: Argument | undefined = Object.hasOwn(TRAINING_ARGUMENTS, name)
    ? TRAINING_ARGUMENTS[name as ArgumentName]
    : undefined;
  if (!argument || !isStructured(argument)) return text;
  const document = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  const error = document.errors.at(0);
  if (error) throw new ArgumentError(`${name}: ${shown(text)} is no YAML: ${error.message}`, { cause: error });
  return document.toJS() as Plain;
}

/**
 * What a command line gives as text, as values: lists and maps as they are written, all else as the table types it.
 *
 * @throws {FoveaError} as `trainingArguments` and `argumentValue`
 */
export function argumentValues(given: Readonly<Record<string, string>>): GivenArguments {
  const plain = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, argumentValue(name, text)]));
  const checked = trainingArguments(plain);
  return Object.fromEntries(
    Object.entries(plain).map(([name, value]) => {
      const known = name as ArgumentName;
      return [name, isStructured(TRAINING_ARGUMENTS[known]) ? value : (checked[known] as Plain)];
    }),
  );
}

const isStructured = ({ type }: Argument) => ["stages", "rates", "transforms", "swap"].includes(type);

function yamlValue(text: string, file: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter, prettyErrors: false, logLevel: "silent" });
  const error = document.errors.at(0);
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const place = { file, at: `line ${line}, column ${col}` };
    throw new FoveaError("invalid_argument", `not valid YAML: ${error.message}`, { ...place, cause: error });
  }
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases that multiply without end.
    throw new FoveaError("invalid_argument", `not readable: ${String(cause)}`, { file, cause });
  }
}
