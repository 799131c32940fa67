/**
 * @file Values of a pickle as plain JSON, for the parts of a checkpoint that are settings: model YAML, training arguments.
 */
import { FoveaError } from "../../errors";
import { type PickleValue, PyGlobal, PyObject, PyPersistent } from "./pickle-value";
import type { Json } from "./state";

/** A model YAML has some 500 values. Shared parts count each time, or 30 lists could spell a billion. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 32;

/**
 * A deep copy as JSON: tuples and sets as arrays, keys as text, paths as text, namespaces as objects, anything else
 * that JSON cannot say as text that names it.
 *
 * @param at name of the value, for messages
 * @throws {FoveaError} `invalid_checkpoint` if it nests or repeats without end
 */
export function plainJson(value: PickleValue, at: string, file?: string): Json {
  let values = 0;
  const copy = (part: PickleValue, depth: number): Json => {
    if (++values > MAX_VALUES || depth > MAX_DEPTH) {
      throw new FoveaError("invalid_checkpoint", "nests or repeats without end", { file, at });
    }
    if (part === null || typeof part !== "object") return typeof part === "bigint" ? Number(part) : part;
    if (Array.isArray(part)) return part.map((item) => copy(item, depth + 1));
    if (part instanceof Set) return [...part].map((item) => copy(item, depth + 1));
    if (part instanceof Map) {
      return Object.fromEntries([...part].map(([key, item]): [string, Json] => [keyText(key), copy(item, depth + 1)]));
    }
    return part instanceof PyObject ? copyObject(part, depth) : describe(part);
  };

  const copyObject = (object: PyObject, depth: number): Json => {
    const { module } = object.callable;
    if (module === "pathlib" || module.startsWith("pathlib."))
      return object.args.map(keyText).join("/").replace(/^\/\//, "/");
    return object.state instanceof Map ? copy(object.state, depth + 1) : describe(object);
  };
  return copy(value, 0);
}

function keyText(key: PickleValue): string {
  return key === null || typeof key !== "object" ? String(key) : describe(key);
}

function describe(value: object): string {
  if (value instanceof PyGlobal) return `<${value}>`;
  if (value instanceof PyObject) return `<${value.callable}>`;
  return value instanceof PyPersistent ? `<${value.type}>` : "<bytes>";
}
