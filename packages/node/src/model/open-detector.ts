/**
 * @file A model to detect with, from a file: the graph to run and what must be known about it.
 */
import { extname } from "node:path";
import type { NetworkSignature } from "@fovea/core/detect/detector-network";
import { FoveaError } from "@fovea/core/errors";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import { scoreGraph, tileGraph } from "@fovea/core/nn/prediction-graph";
import { readBytes } from "../read-file";
import { networkInside } from "./network-inside";
import { readOnnxDescription } from "./onnx-model";
import { type Model, openModel } from "./open-model";

/** Plain data: it can be sent to a thread. */
export interface DetectorFile {
  /** Bytes of an ONNX model. */
  readonly graph: Uint8Array;
  /** Bytes of the ONNX model for the second step, where the signature's outputs are scores. */
  readonly tileGraph?: Uint8Array;
  readonly signature: NetworkSignature;
  /** `yolov8n`, or `ONNX`. */
  readonly name: string;
  /** Side of the images that the model was trained on, pixels, where the file says it. */
  readonly trainedAt?: number;
  /** Where it is to work, where the file says it. */
  readonly operatingPoint?: OperatingPoint;
  /** What a user should hear about the model. */
  readonly warnings: readonly string[];
}

/** Whether a model is an exported graph, going by its ending. */
export function isOnnxFile(path: string): boolean {
  return extname(path).toLowerCase() === ".onnx";
}

/**
 * Opens a model to detect with. Of weights a graph is built, and of an unchanged export of one image at a fixed size; any other
 * `.onnx` file is run as it is.
 *
 * @param content the file's bytes, where they were read already
 * @throws {FoveaError} `file_not_found`, `invalid_checkpoint`, `invalid_model`, `invalid_onnx` ...: what the file lacks
 */
export async function openDetector(path: string, content?: Uint8Array): Promise<DetectorFile> {
  if (!isOnnxFile(path)) return fromWeights(path, await openModel(path, content));
  const exported = await openExport(path, content);
  const { graph, signature } = exported;
  if (signature.inputSize === undefined || signature.pixels !== "float32" || signature.openBatch) return exported;
  const inside = await networkInside(path, graph, signature.inputSize);
  if (inside === undefined) return exported;
  const built = fromWeights(path, inside);
  return { ...built, signature: { ...built.signature, names: signature.names, inputSize: signature.inputSize } };
}

/**
 * Opens an `.onnx` file to run it as it is.
 *
 * @param content the file's bytes, where they were read already
 * @throws {FoveaError} `file_not_found`, `file_unreadable`, `invalid_onnx`, `invalid_checkpoint` of its operating point
 */
export async function openExport(path: string, content?: Uint8Array): Promise<DetectorFile> {
  const graph = content ?? (await readBytes(path, "model"));
  return { graph, ...readOnnxDescription(graph, path), name: "ONNX", warnings: [] };
}

function fromWeights(path: string, model: Model): DetectorFile {
  const { network, values, names, normalize, trainedAt, operatingPoint, warnings } = model;
  if (network.ch !== 3) {
    throw new FoveaError("invalid_model", `${network.name} reads ${network.ch} channels, expected 3`, { file: path });
  }
  const head = network.rows.at(-1);
  if (head?.module !== "Detect" && head?.module !== "Segment") throw new Error("unreachable: a network without head");
  return {
    graph: scoreGraph(network, values),
    tileGraph: tileGraph(network, values),
    signature: {
      file: path,
      names,
      strides: network.strides,
      outputs: "scores",
      pixels: "interleaved",
      normalize,
      maskCount: head.module === "Segment" ? head.nm : 0,
      channels: head.ch,
    },
    name: network.name,
    trainedAt,
    operatingPoint,
    warnings,
  };
}
