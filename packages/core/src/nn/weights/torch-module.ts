/**
 * @file The state dict of a pickled PyTorch module, as `Module.state_dict()` would give it.
 *
 * A module keeps its parts under `_parameters`, `_buffers` and `_modules`; what it holds counts, not what its class says:
 * the published YOLO12 weights carry a bias in `pe.conv` that the class does not define.
 */
import { FoveaError } from "../../errors";
import { type PickleValue, PyObject } from "./pickle-value";
import type { StateDict } from "./state";
import { isTensor, type TensorStore } from "./torch-tensor";

/** YOLO12n has 465 modules, seven deep; the largest networks of its kind have some times as many. */
const MAX_MODULES = 50_000;
const MAX_DEPTH = 64;
const MAX_NAME = 256;

/** Attributes of a pickled object. */
export function attributesOf(value: PickleValue): Map<PickleValue, PickleValue> | undefined {
  return value instanceof PyObject && value.state instanceof Map ? value.state : undefined;
}

/** Whether a value is a pickled `torch.nn.Module`. */
export function isModule(value: PickleValue): value is PyObject {
  const attributes = attributesOf(value);
  return attributes?.get("_modules") instanceof Map && attributes.get("_parameters") instanceof Map;
}

function nameOf(key: PickleValue, at: string, file: string | undefined): string {
  if (typeof key === "string" && key.length > 0 && key.length <= MAX_NAME) return key;
  throw new FoveaError("invalid_checkpoint", "a part of the network has no usable name", { file, at });
}

/**
 * Float weights of a module and of everything below it: own parameters, own persistent buffers, then its children in order.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_checkpoint` if a part is no module or no tensor, or if modules nest without end
 */
export function moduleState(module: PickleValue, store: TensorStore, file?: string): StateDict {
  const state: StateDict = new Map();
  let modules = 0;

  const walk = (part: PickleValue, path: string, depth: number): void => {
    const fail = (message: string) => new FoveaError("invalid_checkpoint", message, { file, at: path || "model" });
    const attributes = attributesOf(part);
    if (!isModule(part) || !attributes) throw fail("is no PyTorch module");
    if (++modules > MAX_MODULES || depth > MAX_DEPTH) throw fail("modules nest without end");
    const transient = attributes.get("_non_persistent_buffers_set");
    for (const group of ["_parameters", "_buffers"]) {
      const tensors = attributes.get(group);
      if (!(tensors instanceof Map)) continue;
      for (const [key, value] of tensors) {
        if (value === null || (group === "_buffers" && transient instanceof Set && transient.has(key))) continue;
        const name = path + nameOf(key, path, file);
        const tensor = store.read(value, name);
        if (tensor) state.set(name, tensor);
      }
    }
    const children = attributes.get("_modules");
    if (!(children instanceof Map)) return;
    for (const [key, child] of children) {
      if (child !== null) walk(child, `${path}${nameOf(key, path, file)}.`, depth + 1);
    }
  };
  walk(module, "", 0);
  return state;
}

/** Float weights of a saved state dict: its tensors by name; entries that are no tensors are passed over. */
export function tensorState(dict: Map<PickleValue, PickleValue>, store: TensorStore, file?: string): StateDict {
  const state: StateDict = new Map();
  for (const [key, value] of dict) {
    if (!isTensor(value)) continue;
    const name = nameOf(key, "state dict", file);
    const tensor = store.read(value, name);
    if (tensor) state.set(name, tensor);
  }
  return state;
}
