/**
 * @file Tensors of the reference material: safetensors files of float32 and 8-bit values.
 */
import { readFileSync } from "node:fs";
import { openSafetensors } from "@fovea/core/nn/weights/safetensors";
import { sharedPath } from "./shared";

export interface Fixture {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** Tensors by name of a safetensors file below the shared folder. */
export function readFixture(path: string): ReadonlyMap<string, Fixture> {
  const { tensors } = openSafetensors(readFileSync(sharedPath(path)), path);
  return new Map(
    [...tensors].map(([name, { dtype, shape, bytes }]): [string, Fixture] => {
      if (dtype !== "F32" && dtype !== "U8") throw new Error(`${path}: ${name} has dtype ${dtype}`);
      return [name, { shape, data: dtype === "F32" ? new Float32Array(bytes.slice().buffer) : bytes }];
    }),
  );
}
