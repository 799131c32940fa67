/**
 * @file Users' own networks: a YAML file in the published format, or what a checkpoint stored of one.
 *
 *     nc: 3                                # number of classes; else the caller's, else 80
 *     scale: n                             # which of scales; else the letter in the file's name, yolov8n-p2.yaml
 *     scales: { n: [0.33, 0.25, 1024] }    # depth, width, most channels; else as written
 *     ch: 3                                # channels of the image
 *     backbone:                            # rows: from, repeats, module, arguments
 *       - [-1, 1, Conv, [64, 3, 2]]
 *       - [-1, 4, A2C2f, [512, True, {area: 4, heads: 8, mlp_ratio: 1.5}]]
 *     head:
 *       - [[15, 18, 21], 1, Detect, [nc]]
 *
 * A list of arguments may end with a mapping that names some of them (`module-arguments.ts`).
 */
import { FoveaError } from "../errors";
import { nearestName } from "../math/nearest-name";
import { chooseClasses, chooseScale, parseCount, parseScales, refuseUnsupported } from "./model-keys";
import { networkWarnings } from "./network-warnings";
import { parseRows } from "./parse-rows";
import type { PublishedNetwork } from "./published";
import { resolve } from "./resolve";
import type { NetworkWithWarnings } from "./rows";
import { isMapping, show, yamlValue } from "./yaml-value";

export interface ModelOptions {
  /** Number of classes, from the data set. @default what the file says, else 80 */
  readonly nc?: number;
  /** Channels of the image. @default what the file says, else 3 */
  readonly ch?: number;
  /** A key of the file's `scales`. @default the file's `scale`, else the letter in its name, else its first */
  readonly scale?: string;
  /** What errors call the file; its stem names the network, unless the key `yaml_file` does. */
  readonly file?: string;
}

/** Keys that say something about a network; those after `head` are read by other programs. */
const KEYS = [
  ...["nc", "scales", "scale", "ch", "channels", "activation", "depth_multiple", "width_multiple", "backbone", "head"],
  ...["names", "task", "yaml_file", "name", "reg_max", "end2end", "kpt_shape", "anchors"],
];

/**
 * Reads a model YAML.
 *
 * @throws {FoveaError} `invalid_model`: with the line if it is no YAML, with the key if a value is not what it should
 * be, with the row (`row 12 (head[2])`) if a row names an unknown module, an input that is not there, or arguments,
 * channels or strides that do not fit
 */
export function parseModelYaml(text: string, options: ModelOptions = {}): NetworkWithWarnings {
  return readModel(yamlValue(text, options.file), options);
}

/**
 * Reads the value of a model YAML, as checkpoints store it.
 *
 * @throws {FoveaError} as `parseModelYaml`
 */
export function readModel(value: unknown, options: ModelOptions = {}): NetworkWithWarnings {
  const stored = isMapping(value) && typeof value.yaml_file === "string" ? value.yaml_file : undefined;
  const { file = stored } = options;
  if (!isMapping(value)) {
    const wanted = "expected keys and values (backbone: ..., head: ...)";
    throw new FoveaError("invalid_model", `${show(value)}; ${wanted}`, { file });
  }
  refuseUnsupported(value, file);
  const warnings = unknownKeys(value);
  const warn = (message: string) => warnings.push(message);
  const backbone = parseRows(value, "backbone", 0, file);
  const head = parseRows(value, "head", backbone.length, file);
  const scales = parseScales(value, file, warn);
  const published: PublishedNetwork = { scales, backbone, head };
  const name = modelName(stored ?? file);
  const scale = chooseScale(scales, { asked: options.scale, written: value.scale, name, file }, warn);
  const nc = chooseClasses(published, value, { asked: options.nc, file }, warn);
  const ch = options.ch ?? parseCount(value, "ch", file) ?? parseCount(value, "channels", file);
  const network = resolve(published, { name, scale, nc, ch, file });
  return { network, warnings: [...warnings, ...networkWarnings(network)] };
}

function unknownKeys(value: object): string[] {
  const unknown = Object.keys(value).filter((key) => !KEYS.includes(key));
  return unknown.map((key) => {
    const near = nearestName(key, KEYS);
    return `key "${key}" is unknown and ignored${near ? `; did you mean ${near}?` : ""}`;
  });
}

/** Stem of a path: `models/yolov8n-p2.yaml` is `yolov8n-p2`. */
function modelName(file: string | undefined): string {
  const name = file?.split(/[\\/]/).at(-1) ?? "";
  return name.replace(/\.(?:ya?ml|json|pt|onnx|safetensors)$/i, "") || "model";
}
