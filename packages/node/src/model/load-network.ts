/**
 * @file A detector's graphs, loaded into the engine.
 */
import type { DetectorNetwork } from "@fovea/core/detect/detector-network";
import { openRuntime, type RuntimeOptions } from "../runtime/onnx-runtime";
import type { DetectorFile } from "./open-detector";

/**
 * Loads a detector.
 *
 * @throws {FoveaError} `provider_unavailable`, `runtime_failed`
 */
export async function loadNetwork(
  { graph, tileGraph, signature }: Pick<DetectorFile, "graph" | "tileGraph" | "signature">,
  { device = "cpu", threads }: RuntimeOptions = {},
): Promise<DetectorNetwork> {
  const { file } = signature;
  const session = await (await openRuntime({ device, threads })).load(graph, { file });
  if (!tileGraph) return { ...signature, session };
  // A few tiles are done before a second thread has woken up, and each session has threads of its own.
  const tileSession = await (await openRuntime({ device, threads: 1 })).load(tileGraph, { file });
  return { ...signature, session, tileSession };
}
