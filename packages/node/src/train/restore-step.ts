/**
 * @file A training step put back to where a run stood.
 */
import { FoveaError } from "@fovea/core/errors";
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { StagePlan } from "@fovea/core/recipe/plan";
import type { RunState } from "./run-record";
import type { StagedStep } from "./staged-step";

/** @throws {FoveaError} `invalid_safetensors` if the state is that of another network */
export async function restore(
  step: StagedStep,
  state: RunState,
  arrays: StateDict,
  stages: readonly StagePlan[],
  file: string,
): Promise<void> {
  const check = (at: string, found: number | undefined, wanted: number) => {
    if (found === wanted) return;
    const message = `the saved state does not fit the network: ${found ?? "no"} values, wanted ${wanted}`;
    throw new FoveaError("invalid_safetensors", message, { file, at });
  };
  check("lossSums", state.lossSums.length, step.lossNames.length);
  check("stageUpdates", state.stageUpdates.length, Math.min(state.stage, stages.length - 1) + 1);
  await step.restore(state, (memory) => {
    for (const [name, data] of memory) {
      const stored = arrays.get(name)?.data;
      check(name, stored?.length, data.length);
      if (stored) data.set(stored);
    }
  });
}
