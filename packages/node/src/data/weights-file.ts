/**
 * @file Files of weights: PyTorch, safetensors and ONNX in, safetensors out.
 */
import { extname } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { readOnnxCheckpoint } from "@fovea/core/nn/weights/onnx-initialisers";
import { writeSafetensors as encodeSafetensors, type SafetensorsOptions } from "@fovea/core/nn/weights/safetensors";
import { readSafetensorsCheckpoint } from "@fovea/core/nn/weights/safetensors-checkpoint";
import type { Checkpoint, StateDict } from "@fovea/core/nn/weights/state";
import { readTorchCheckpoint } from "@fovea/core/nn/weights/torch";
import { readBytes } from "../read-file";
import { writeAtomically } from "./atomic-write";

type Format = Checkpoint["format"];

const READERS: { readonly [F in Format]: (bytes: Uint8Array, file: string) => Checkpoint } = {
  torch: readTorchCheckpoint,
  safetensors: readSafetensorsCheckpoint,
  onnx: readOnnxCheckpoint,
};

const EXTENSIONS: Readonly<Record<string, Format>> = {
  ".pt": "torch",
  ".pth": "torch",
  ".safetensors": "safetensors",
  ".onnx": "onnx",
};

/**
 * Reads a file of weights. What it is shows in its first bytes; only where they say nothing does the extension count.
 *
 * @param content its bytes, where they were read already
 * @throws {FoveaError} `file_not_found`, `file_unreadable`, or the code of the format: `invalid_checkpoint`,
 * `invalid_safetensors`, `invalid_onnx`
 */
export async function readCheckpoint(path: string, content?: Uint8Array): Promise<Checkpoint> {
  const bytes = content ?? (await readBytes(path, "file of weights"));
  if (bytes.length === 0)
    throw new FoveaError("invalid_checkpoint", "is empty; copy or download it again", { file: path });
  const format = formatOf(bytes) ?? EXTENSIONS[extname(path).toLowerCase()];
  if (!format) {
    const message = "no file of weights; give a .pt, .pth, .safetensors or .onnx file";
    throw new FoveaError("invalid_checkpoint", message, { file: path });
  }
  return READERS[format](bytes, path);
}

/**
 * Writes weights as safetensors, whole or not at all.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function writeSafetensors(
  path: string,
  state: StateDict,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeAtomically(path, encodeSafetensors(state, options));
}

/** Format by the first bytes: a zip archive or a bare pickle, a safetensors header; ONNX has no mark of its own. */
function formatOf(bytes: Uint8Array): Format | undefined {
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
  const bare = bytes[0] === 0x80 && bytes[1] <= 5;
  if (zip || bare) return "torch";
  if (bytes.length < 9) return undefined;
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return bytes[8] === 0x7b && headerBytes <= BigInt(bytes.length) ? "safetensors" : undefined;
}
