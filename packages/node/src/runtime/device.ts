/**
 * @file The names of devices, and the ONNX Runtime execution provider behind each.
 */
import { ArgumentError } from "@fovea/core/errors";
import { nearestName } from "@fovea/core/math/nearest-name";

export interface ExecutionProvider {
  /** As ONNX Runtime's binding lists it. */
  readonly name: string;
  /** As a session wants it. */
  readonly option: string | { readonly name: string; readonly deviceId: number };
  /** How to get it where it is missing. */
  readonly remedy: string;
}

const CUDA_REMEDY =
  "install its libraries with `npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12` and an NVIDIA driver, or use --device cpu";

const REMEDIES: Readonly<Record<string, string>> = {
  cpu: "",
  cuda: CUDA_REMEDY,
  tensorrt: CUDA_REMEDY,
  webgpu: "it needs a graphics card with a Vulkan, Metal or Direct3D 12 driver; or use --device cpu",
  dml: "DirectML exists on Windows only; use --device cpu",
  coreml: "Core ML exists on macOS only; use --device cpu",
};

/** Every device name, without its number. */
export const DEVICES = Object.keys(REMEDIES);

/** @throws {ArgumentError} on a name that is no device, or a number where none is possible */
export function executionProvider(device: string): ExecutionProvider {
  const match = /^([a-z]+)(?::(\d+))?$/.exec(device);
  const name = match?.[1] ?? "";
  if (!Object.hasOwn(REMEDIES, name)) {
    const near = nearestName(device, DEVICES);
    throw new ArgumentError(
      `device: "${device}" is unknown${near ? `, did you mean ${near}?` : ""} (known: ${DEVICES.join(", ")}, cuda:1)`,
    );
  }
  if (match?.[2] === undefined) return { name, option: name, remedy: REMEDIES[name] };
  if (name !== "cuda" && name !== "tensorrt")
    throw new ArgumentError(`device: ${name} takes no number, got "${device}"`);
  return { name, option: { name, deviceId: Number(match[2]) }, remedy: REMEDIES[name] };
}
