/**
 * @file A network that finds lesions, and how its outputs are read.
 */
import { FoveaError, type Place } from "../errors";
import type { Session, Value } from "../graph/runtime";
import type { Normalisation } from "../imaging/normalise";
import { floatFromHalf } from "../math/half";
import type { MaskParts } from "./findings-of";
import { candidatesOf, type Level } from "./head-scores";
import { TilePlan } from "./head-tiles";
import type { Prototypes } from "./masks";
import type { PixelType } from "./network-input";
import { type SelectOptions, selectDetections } from "./select";
import { type Detections, suppress } from "./suppress";

/** What must be known about a network to detect with it. */
export interface NetworkSignature {
  /** Path of the model, for messages. */
  readonly file?: string;
  /** Class names by class id. */
  readonly names: readonly string[];
  /** Pixels of the input per cell of each level of the head, finest first. */
  readonly strides: readonly number[];
  /** `scores`: `scoreGraph`, then `tileGraph`; `decoded`: `output0` and `output1`, as exported models have them. */
  readonly outputs: "scores" | "decoded";
  readonly pixels: PixelType;
  /** What images are to be brought to before the network is shown them. @default "none" */
  readonly normalize?: Normalisation;
  /** Size of the input where the graph fixes it, pixels. */
  readonly inputSize?: { readonly width: number; readonly height: number };
  /** Whether the graph takes any number of images at once. @default false: one */
  readonly openBatch?: boolean;
  /** Mask coefficients of each anchor; 0 for a network that finds boxes alone. */
  readonly maskCount: number;
  /** Channels of the features that each level's head reads, where the outputs are scores; else empty. */
  readonly channels: readonly number[];
}

/** A network, loaded and ready. */
export interface DetectorNetwork extends NetworkSignature {
  readonly session: Session;
  /** Of `tileGraph`, where the outputs are scores. */
  readonly tileSession?: Session;
}

/** What the network says about one image. */
export interface NetworkAnswer {
  readonly found: Detections;
  readonly masks?: MaskParts;
}

type Choice = Pick<SelectOptions, "conf" | "iou" | "maxDetections" | "classes" | "agnostic" | "multiLabel">;

type Results = Readonly<Record<string, Value>>;

/** Size of a network's input, pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** Memory for the outputs on an input of this size, for those whose sizes are known beforehand. */
export function outputRoom(
  { outputs, strides, names, maskCount, channels }: NetworkSignature,
  { width, height }: InputSize,
): Results {
  if (outputs === "decoded") return {};
  const room = (count: number, stride: number): Value => {
    const shape = [1, count, height / stride, width / stride];
    return { dtype: "float32", shape, data: new Float32Array(shape.reduce((a, b) => a * b)) };
  };
  const all: Record<string, Value> = {};
  for (const [i, stride] of strides.entries()) {
    all[`scores.${i}`] = room(names.length, stride);
    all[`features.${i}`] = room(channels[i], stride);
  }
  // Prototypes are twice as fine as the finest level.
  if (maskCount > 0) all.prototypes = room(maskCount, strides[0] / 2);
  return all;
}

/**
 * Detections in a network's results, pixels of its input. Scores give each anchor's best class alone.
 *
 * @throws {FoveaError} `invalid_onnx` if the outputs are not what the signature says; `scores_not_finite` if a score, or
 * a corner of what was found, is no number: silence would look like a healthy patient
 */
export async function readAnswer(
  network: DetectorNetwork,
  results: Results,
  size: InputSize,
  choice: Choice,
): Promise<NetworkAnswer> {
  const read = network.outputs === "scores" ? readScores : readDecoded;
  const answer = await read(network, results, size, choice);
  checkNumbers(answer.found.boxes, { file: network.file, at: "boxes" });
  return answer;
}

async function readScores(
  { file, strides, names, maskCount, tileSession }: DetectorNetwork,
  results: Results,
  { width, height }: InputSize,
  choice: Choice,
): Promise<NetworkAnswer> {
  if (!tileSession) throw new Error("unreachable: scores without a session for tiles");
  const levels = strides.map((stride): Level => ({ width: width / stride, height: height / stride, stride }));
  const each = (name: string, of: Results) => levels.map((_, i) => floats(of[`${name}.${i}`], { file, at: name }));
  const scores = each("scores", results);
  for (const level of scores) checkNumbers(level, { file, at: "scores" });
  const candidates = candidatesOf(levels, scores, { nc: names.length, ...choice });
  if (candidates.scores.length === 0) return { found: { ...candidates, boxes: new Float32Array(0) } };
  const plan = new TilePlan(levels, candidates.anchorIndex);
  const tiles = await tileSession.run(plan.inputs(each("features", results)));
  const logits = each("boxes", tiles);
  const found = suppress(candidates, (anchorIndex) => plan.boxes(anchorIndex, logits), choice);
  if (maskCount === 0) return { found };
  const coefficients = each("coefficients", tiles);
  const coefficientsOf = (anchor: number) => plan.coefficients(anchor, maskCount, coefficients);
  return { found, masks: { prototypes: prototypesOf(results.prototypes, width, { file }), coefficientsOf } };
}

function readDecoded(
  { file, names, maskCount, session }: DetectorNetwork,
  results: Results,
  { width }: InputSize,
  choice: Choice,
): NetworkAnswer {
  const [first, second] = session.outputNames;
  const { shape } = results[first];
  const [, channels, anchors] = shape;
  const wanted = 4 + names.length + maskCount;
  if (shape.length !== 3 || channels !== wanted) {
    const message = `is ${shape.join(" x ")}, expected 1 x ${wanted} x anchors for ${names.length} classes; export the model without NMS`;
    throw new FoveaError("invalid_onnx", message, { file, at: first });
  }
  const data = floats(results[first], { file, at: first });
  checkNumbers(data.subarray(4 * anchors, (4 + names.length) * anchors), { file, at: first });
  const found = selectDetections(data, { anchors, nc: names.length, extra: maskCount, ...choice });
  if (maskCount === 0) return { found };
  const start = 4 + names.length;
  const coefficients = (anchor: number) =>
    Float32Array.from({ length: maskCount }, (_, k) => data[(start + k) * anchors + anchor]);
  return {
    found,
    masks: { prototypes: prototypesOf(results[second], width, { file, at: second }), coefficientsOf: coefficients },
  };
}

function prototypesOf(value: Value, inputWidth: number, place: Place): Prototypes {
  const [, , height, width] = value.shape;
  return { width, height, data: floats(value, place), scale: inputWidth / width };
}

function floats({ data }: Value, place: Place): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return floatFromHalf(data);
  throw new FoveaError("invalid_onnx", "the output holds whole numbers, expected floats", place);
}

/** Scores that are no numbers exceed no threshold: nothing would be found, and nobody told why. */
function checkNumbers(values: Float32Array, place: Place): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    const message = "holds NaN, no numbers; the model's weights are damaged, or too large for half precision";
    throw new FoveaError("scores_not_finite", message, place);
  }
}
