/**
 * @file A model as the user names it - a published name, a YAML, a file of weights - as rows and values.
 */
import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { type Normalisation, readNormalisation } from "@fovea/core/imaging/normalise";
import { nearestName } from "@fovea/core/math/nearest-name";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import type { ParameterValues } from "@fovea/core/nn/inference";
import { initialise } from "@fovea/core/nn/initialise";
import { parseModelYaml, readModel } from "@fovea/core/nn/model-yaml";
import { isNetworkName, networkByName, networkNames } from "@fovea/core/nn/network-by-name";
import { BATCH_NORM_EPSILON, isTrainable, type Parameter, parametersOf } from "@fovea/core/nn/parameters";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { alignRows, underTargetNames } from "@fovea/core/nn/weights/align-rows";
import { type Checkpoint, type StateDict, valueCount } from "@fovea/core/nn/weights/state";
import { type TransferReport, transferWeights } from "@fovea/core/nn/weights/transfer";
import { unfoldBatchNorm } from "@fovea/core/nn/weights/unfold-batch-norm";
import { readCheckpoint } from "../data/weights-file";
import { readText } from "../read-file";
import { readOperatingPoint } from "./keep-operating-point";

/** A network with all its values. */
export interface Model {
  readonly network: NetworkRows;
  readonly parameters: readonly Parameter[];
  readonly values: ParameterValues;
  /** Class names; `class 0`, `class 1` ... where the file has none. */
  readonly names: readonly string[];
  /** What the weights were trained to see images brought to; `none` where there are no weights. */
  readonly normalize: Normalisation;
  /** File of weights it came from. */
  readonly checkpoint?: Checkpoint;
  /** Side of the images that it was trained on, pixels, where the file says it. */
  readonly trainedAt?: number;
  /** Where it is to work, where the file says it. */
  readonly operatingPoint?: OperatingPoint;
  /** What a user should hear about the model's description. */
  readonly warnings: readonly string[];
}

export interface ModelRequest {
  /** Class names that the network must have; its head is built for them. @default those of the file */
  readonly names?: readonly string[];
  /** Weights to start from, where `model` names an architecture. @default none */
  readonly weights?: string;
  /** Seed of the values that nothing is transferred to. @default 0 */
  readonly seed?: number;
  /** Take the architecture from `model` and nothing else, even where it is a file of weights. @default false */
  readonly fresh?: boolean;
}

/** A model for training: the network asked for, with whatever the weights could give it. */
export interface TrainableModel extends Model {
  /** What came from the weights; absent when training starts from scratch. */
  readonly transfer?: TransferReport;
}

const WEIGHTS = new Set([".pt", ".pth", ".safetensors", ".onnx"]);
const YAMLS = new Set([".yaml", ".yml"]);

/** Whether a model is named by a file of weights, going by its ending. */
export function isWeightsFile(model: string): boolean {
  return WEIGHTS.has(extname(model).toLowerCase());
}

/**
 * Opens a model to predict or validate with: a file of weights that says what network it belongs to.
 *
 * @param content the file's bytes, where they were read already
 * @throws {FoveaError} `file_not_found`, `invalid_checkpoint`, `invalid_model` ...: what the file lacks
 */
export async function openModel(path: string, content?: Uint8Array): Promise<Model> {
  if (!isWeightsFile(path)) {
    throw new FoveaError(
      "invalid_checkpoint",
      `expected a file of weights (${[...WEIGHTS].join(", ")}); train one with \`fovea train\``,
      {
        file: path,
      },
    );
  }
  const checkpoint = await readWeights(path, content);
  const { network, warnings } = networkOf(checkpoint, path, undefined);
  const peBias = hasPeBias(checkpoint.state);
  const parameters = parametersOf(network, { peBias });
  checkSize(parameters, network, path);
  // All that starts at random must be in the file; drawing it took half of the opening's time.
  const target = stateOf(parameters, initialise(network, { peBias, fixedOnly: true }));
  const report = transferInto(target, checkpoint);
  const missing = report.skipped.filter(
    ({ name, reason }) => reason !== "unused in the target" && !isFixed(name, parameters),
  );
  if (missing.length > 0) {
    const [first] = missing;
    const rest = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    throw new FoveaError(
      "invalid_checkpoint",
      `the weights do not fit ${network.name}: ${first.name} (${first.reason})${rest}`,
      { file: path },
    );
  }
  checkFinite(target, path);
  const imgsz = checkpoint.trainArgs?.imgsz;
  return {
    network,
    parameters,
    values: valuesOf(target),
    names: classNamesOf(checkpoint, network),
    normalize: normalisationOf(checkpoint, path),
    checkpoint,
    trainedAt: typeof imgsz === "number" ? imgsz : undefined,
    operatingPoint: checkpoint.format === "torch" ? undefined : readOperatingPoint(checkpoint.metadata, path),
    warnings,
  };
}

/**
 * Opens a model to train: an architecture by name or YAML, or a file of weights, whose architecture is taken with a head
 * for the given classes.
 *
 * @throws {FoveaError} `file_not_found`, `invalid_model`, `invalid_checkpoint` ...: what the files lack, also if nothing
 * in the weights fits the architecture
 */
export async function openTrainableModel(
  model: string,
  { names, weights, seed = 0, fresh = false }: ModelRequest,
): Promise<TrainableModel> {
  const isWeights = isWeightsFile(model);
  const source = weights ?? (isWeights ? model : undefined);
  const checkpoint = source === undefined ? undefined : await readWeights(source);
  const { network, warnings } = isWeights
    ? networkOf(checkpoint as Checkpoint, model, names?.length)
    : await architecture(model, names?.length);
  const peBias = checkpoint !== undefined && hasPeBias(checkpoint.state);
  const parameters = parametersOf(network, { peBias });
  checkSize(parameters, network, model);
  const target = stateOf(parameters, initialise(network, { seed, peBias }));
  const own = names ?? (checkpoint ? classNamesOf(checkpoint, network) : plainNames(network.nc));
  const transfer =
    checkpoint && source !== undefined && !fresh ? transferByRow(target, checkpoint, network, source, own) : undefined;
  if (transfer && transfer.transferred.length + transfer.partial.length === 0) {
    throw new FoveaError(
      "invalid_checkpoint",
      `none of its ${checkpoint?.state.size} tensors fits ${network.name}; give weights of the same architecture, or leave them out`,
      { file: source },
    );
  }
  const normalize = checkpoint && source !== undefined && !fresh ? normalisationOf(checkpoint, source) : "none";
  return { network, parameters, values: valuesOf(target), names: own, normalize, checkpoint, transfer, warnings };
}

/** A network by published name or from a user's YAML. */
export async function architecture(
  model: string,
  nc?: number,
): Promise<{ network: NetworkRows; warnings: readonly string[] }> {
  // A file of the user's wins over the published model of that name.
  if (YAMLS.has(extname(model).toLowerCase()) && existsSync(model)) {
    return parseModelYaml(await readText(model, "model YAML"), { nc, file: model });
  }
  if (isNetworkName(model)) return networkByName(model, { nc });
  const near = nearestName(model.toLowerCase().replace(/\.ya?ml$/, ""), networkNames);
  throw new FoveaError(
    "file_not_found",
    near
      ? `no such model, did you mean ${near}?`
      : `no such model; give a file (.yaml, ${[...WEIGHTS].join(", ")}) or one of ${networkNames.join(", ")}`,
    { file: model },
  );
}

/** Users of the public tools know `yolov8n.pt` as a name that is downloaded where it is missing. */
async function readWeights(path: string, content?: Uint8Array): Promise<Checkpoint> {
  const name = basename(path, extname(path));
  if (content === undefined && isNetworkName(name) && !existsSync(path)) {
    throw new FoveaError(
      "file_not_found",
      `no such file of weights, and none is downloaded; give the path of your own, or train ${name}.yaml from scratch`,
      { file: path },
    );
  }
  return readCheckpoint(path, content);
}

function networkOf(checkpoint: Checkpoint, file: string, nc: number | undefined) {
  if (checkpoint.yaml === undefined) {
    const message =
      checkpoint.metadata.state === undefined
        ? "the file does not say which network it belongs to; train from it with --model ARCHITECTURE --weights FILE"
        : "this is what `fovea train --resume` goes on from; take best.safetensors or last.safetensors beside it";
    throw new FoveaError("invalid_checkpoint", message, { file });
  }
  if (checkpoint.nc !== undefined && !(Number.isInteger(checkpoint.nc) && checkpoint.nc >= 1)) {
    throw new FoveaError("invalid_checkpoint", `${checkpoint.nc}, expected a number of classes`, { file, at: "nc" });
  }
  return readModel(checkpoint.yaml, { nc: nc ?? checkpoint.nc, file });
}

/** The largest published network has 68 million parameters; a misplaced digit must not ask for all memory. */
const MOST_PARAMETERS = 2 ** 29;

function checkSize(parameters: readonly Parameter[], { name }: NetworkRows, file: string): void {
  const count = parameters.reduce((sum, { shape }) => sum + valueCount(shape), 0);
  if (count <= MOST_PARAMETERS) return;
  const millions = (n: number) => `${Math.round(n / 1e6)} million`;
  throw new FoveaError(
    "invalid_model",
    `${name} has ${millions(count)} parameters, at most ${millions(MOST_PARAMETERS)} are taken; check its channels and nc`,
    { file },
  );
}

/** A network with one weight that is no number finds nothing, anywhere, and says nothing. */
function checkFinite(state: StateDict, file: string): void {
  for (const [name, { data }] of state) {
    // A loop: findIndex takes 30 ms for YOLOv8n where this takes 4.
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      const message = `value ${i} is ${data[i]}, so that the network computes nothing; take weights of an earlier epoch`;
      throw new FoveaError("invalid_checkpoint", message, { file, at: name });
    }
  }
}

/** Transfer in which rows that do the same correspond, where `network` has rows that the checkpoint's lacks. */
function transferByRow(
  target: StateDict,
  checkpoint: Checkpoint,
  network: NetworkRows,
  file: string,
  names: readonly string[],
): TransferReport {
  const from = checkpoint.yaml === undefined ? undefined : networkOf(checkpoint, file, undefined).network;
  const pairs = from && alignRows(from, network);
  if (!from || !pairs) return transferInto(target, checkpoint, names);
  const state = underTargetNames(checkpoint.state, pairs, from, network);
  const moved = [...pairs].filter(([to, row]) => to !== row).map(([to, row]) => ({ target: to, source: row }));
  return { ...transferInto(target, { ...checkpoint, state }, names), moved };
}

function transferInto(target: StateDict, checkpoint: Checkpoint, names?: readonly string[]): TransferReport {
  const source =
    checkpoint.format === "onnx"
      ? unfoldBatchNorm(checkpoint.state, target, { eps: BATCH_NORM_EPSILON })
      : checkpoint.state;
  return transferWeights(source, target, { sourceNames: checkpoint.names, targetNames: names });
}

const hasPeBias = (state: StateDict) => [...state.keys()].some((name) => name.endsWith(".pe.conv.bias"));

/** Bins and the like need not be in a file. */
const isFixed = (name: string, parameters: readonly Parameter[]) =>
  parameters.some((p) => p.name === name && p.kind === "fixed" && !isTrainable(p));

function stateOf(parameters: readonly Parameter[], values: ReadonlyMap<string, Float32Array>): StateDict {
  return new Map(parameters.map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
}

const valuesOf = (state: StateDict): ParameterValues => new Map([...state].map(([name, { data }]) => [name, data]));

function classNamesOf({ names }: Checkpoint, { nc }: NetworkRows): readonly string[] {
  return names?.length === nc ? names : plainNames(nc);
}

/** Only our own files say it, which are no checkpoints of PyTorch. */
function normalisationOf({ format, metadata }: Checkpoint, file: string): Normalisation {
  return format === "torch" ? "none" : readNormalisation(metadata.normalize, "invalid_checkpoint", file);
}

const plainNames = (nc: number) => Array.from({ length: nc }, (_, i) => `class ${i}`);
