/**
 * @file Checkpoints as safetensors: what is known about the network stands in the metadata, as JSON text.
 *
 * Keys `names`, `nc`, `stride`, `yaml`, `train_args`; every other key is kept as it is, such as `normalize`.
 */
import { classNames } from "./class-names";
import { readSafetensors } from "./safetensors";
import type { Checkpoint, Json } from "./state";

/**
 * Weights and settings of a `.safetensors` file. A key that another program wrote as something else than the JSON
 * expected stays text in `metadata`.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_safetensors` if the file breaks the format
 */
export function readSafetensorsCheckpoint(bytes: Uint8Array, file?: string): Checkpoint {
  const { state, metadata } = readSafetensors(bytes, file);
  const names = classNames(json(metadata.names));
  const nc = json(metadata.nc) ?? names?.length;
  const stride = json(metadata.stride);
  const trainArgs = json(metadata.train_args);
  return {
    format: "safetensors",
    state,
    names,
    nc: typeof nc === "number" ? nc : undefined,
    stride: Array.isArray(stride) && stride.every((value) => typeof value === "number") ? stride : undefined,
    yaml: json(metadata.yaml),
    trainArgs: typeof trainArgs === "object" && trainArgs !== null && !Array.isArray(trainArgs) ? trainArgs : undefined,
    metadata,
  };
}

/** Metadata that `readSafetensorsCheckpoint` takes apart again; `metadata` is added as it is. */
export function checkpointMetadata({
  names,
  nc,
  stride,
  yaml,
  trainArgs,
  metadata,
}: Omit<Checkpoint, "state" | "format">): Readonly<Record<string, string>> {
  const settings = { names, nc, stride, yaml, train_args: trainArgs };
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...metadata, ...Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)])) };
}

function json(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
