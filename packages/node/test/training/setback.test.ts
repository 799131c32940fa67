/**
 * @file A loss that is no number once: the run goes back to the end of the epoch before, to the bit, and on at half the
 * rate.
 */
import type { Runtime } from "@fovea/core/graph/runtime";
import { planStages } from "@fovea/core/recipe/plan";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { beforeAll, expect, test } from "vitest";
import type { Batch } from "../../src/data/batch";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { loop, type Setback } from "../../src/train/loop";
import { monitorOf } from "../../src/train/monitor";
import type { RunState } from "../../src/train/run-record";
import { StagedStep } from "../../src/train/staged-step";
import { type KeptState, MemoryKeeper } from "../../src/train/state-keeper";
import { noiseBatch, SIDE, smallNetwork, smallStore } from "./small-network";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const args = trainingArguments({
  ...{ batch: 2, nbs: 4, warmup_epochs: 0, optimizer: "AdamW", lr0: 0.005 },
  stages: [
    { epochs: 1, trainable: "head" },
    { epochs: 2, trainable: "3-" },
  ],
});
const stages = planStages(args, smallNetwork, args.lr0);

/** Three batches an epoch. */
class NoiseLoader {
  readonly batchesPerEpoch = 3;

  async *epoch(epoch: number): AsyncGenerator<Batch, void> {
    for (let i = 0; i < 3; i++) yield noiseBatch(10 * epoch + i, 2);
  }
}

const copied = (memory: ReadonlyMap<string, Float32Array>) =>
  new Map([...memory].map(([name, x]) => [name, x.slice()]));

/** Runs from a state or the beginning; in batch `poisoned` of all, the weights are spoilt before. */
async function run(poisoned: number, from?: KeptState) {
  const { parameters, values } = smallStore(3);
  const options = { network: smallNetwork, parameters, stages, imgsz: SIDE, optimiser: "AdamW" } as const;
  const step = await StagedStep.open(runtime, values, 0, options);
  const keeper = new MemoryKeeper();
  const put = ({ state, arrays }: KeptState) =>
    step.restore(state, (memory) => {
      for (const [name, data] of memory) data.set(arrays.get(name)!.data);
    });
  if (from) await put(from);
  let batches = 0;
  const told: Setback[] = [];
  const states: KeptState[] = [];
  const keep = async (state: RunState) => {
    await keeper.write(step.memory(), state);
    states.push(await keeper.read());
  };
  const watched = new Proxy(step, {
    get: (target, name) => {
      if (name !== "accumulate") {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (batch: Batch) => {
        if (batches++ === poisoned) for (const data of target.memory().values()) data.fill(Number.NaN);
        return target.accumulate(batch);
      };
    },
  });
  const optimiser = { name: "AdamW", lr0: args.lr0, momentum: 0.9, warmupBiasLr: 0 } as const;
  const result = await loop(
    {
      ...{ args, stages, optimiser, step: watched, loader: new NoiseLoader(), threads: 1 },
      ...{ monitor: monitorOf("fitness"), state: from?.state },
    },
    {
      onBegin: keep,
      onEpoch: (_, __, state) => keep(state),
      onInterrupt: keep,
      goBack: async (setback) => {
        told.push(setback);
        const kept = await keeper.read();
        const state = { ...kept.state, setbacks: kept.state.setbacks + 1 };
        await put(kept);
        await keeper.write(step.memory(), state);
        return state;
      },
      shouldStop: () => false,
      now: () => 0,
    },
  );
  const memory = copied(step.memory());
  await step.release();
  return { memory, told, states, rows: result.rows };
}

test("a run whose weights are spoilt in its second stage goes on from that stage's beginning, at half the rate", async () => {
  // Batch 4 of all, the second of epoch 2.
  const spoilt = await run(4);
  expect(spoilt.told).toMatchObject([{ at: "epoch 2, batch 2", files: ["noise0.png", "noise1.png"] }]);
  expect(spoilt.told[0].what).toMatch(/^box_loss is NaN on a batch of noise0\.png, noise1\.png$/);
  // As if somebody had taken the state of epoch 1's end, and gone on at half the rate.
  const { states } = await run(-1);
  const { state, arrays } = states[1];
  expect(state).toMatchObject({ epoch: 1, stage: 1, setbacks: 0 });
  const expected = await run(-1, { state: { ...state, setbacks: 1 }, arrays });
  expect(spoilt.memory).toEqual(expected.memory);
  expect(spoilt.rows).toEqual(expected.rows);
  expect(spoilt.rows[1]["lr/pg1"]).toBe(0.0025);
});
