/**
 * @file The operating point that is kept in a model's file, under `operating_point` in its metadata, as JSON.
 */
import { FoveaError } from "@fovea/core/errors";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import { openSafetensors } from "@fovea/core/nn/weights/safetensors";
import { writeAtomically } from "../data/atomic-write";
import { readBytes } from "../read-file";

const KEY = "operating_point";

/** What a file's metadata say of it. */
export function operatingPointMetadata(point: OperatingPoint): Readonly<Record<string, string>> {
  return { [KEY]: JSON.stringify(point) };
}

/**
 * What a model's metadata say; nothing where they say nothing.
 *
 * @throws {FoveaError} `invalid_checkpoint` if it is no operating point
 */
export function readOperatingPoint(
  metadata: Readonly<Record<string, string>>,
  file: string,
): OperatingPoint | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { threshold, fpPerScan, sensitivity, rule, per } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = [threshold, fpPerScan, sensitivity];
  const sound = numbers.every(Number.isFinite) && (threshold as number) >= 0 && (threshold as number) <= 1;
  const unit = typeof per === "string" && per !== "" ? { per } : {};
  if (sound && typeof rule === "string") return { threshold, fpPerScan, sensitivity, rule, ...unit } as OperatingPoint;
  const message = "no operating point; choose it again with fovea evaluate froc --operating-point --model";
  throw new FoveaError("invalid_checkpoint", message, { file, at: KEY });
}

/** @throws {FoveaError} `invalid_argument` if a model of this name takes no operating point */
export function checkTakesOperatingPoint(path: string): void {
  if (path.toLowerCase().endsWith(".safetensors")) return;
  const message = "an operating point is kept in .safetensors only; export carries it into .onnx";
  throw new FoveaError("invalid_argument", message, { file: path });
}

/**
 * Writes the operating point into a model of ours. The tensors stay as they are, to the byte.
 *
 * @throws {FoveaError} `invalid_argument` if it is no `.safetensors`; `invalid_safetensors`, `write_failed`
 */
export async function keepOperatingPoint(path: string, point: OperatingPoint): Promise<void> {
  checkTakesOperatingPoint(path);
  const bytes = await readBytes(path, "model");
  openSafetensors(bytes, path);
  // Eight bytes of length, a JSON header, tensors: offsets count from the header's end, so that it may grow.
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  header.__metadata__ = { ...header.__metadata__, ...operatingPointMetadata(point) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const start = 8 + length;
  const out = new Uint8Array(8 + padded + bytes.length - start).fill(0x20, 8, 8 + padded);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(text, 8);
  out.set(bytes.subarray(start), 8 + padded);
  await writeAtomically(path, out);
}
