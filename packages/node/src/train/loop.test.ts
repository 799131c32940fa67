import { planStages } from "@fovea/core/recipe/plan";
import { type GivenArguments, type TrainingArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import { describe, expect, test } from "vitest";
import { CountingLoader, RecordingStep } from "../../test/training/recording";
import { smallNetwork } from "../../test/training/small-network";
import type { OptimiserChoice } from "./choose-optimiser";
import { type LoopEvents, type LoopInputs, type LoopResult, loop } from "./loop";
import { monitorOf } from "./monitor";
import type { ResultRow } from "./results-csv";
import type { RunState } from "./run-record";
import type { Validation } from "./validate";

interface Ran {
  readonly result: LoopResult;
  readonly epochs: { readonly row: ResultRow; readonly improved: boolean; readonly state: RunState }[];
  readonly interrupted?: RunState;
}

const SGD: OptimiserChoice = { name: "SGD", lr0: 0.01, momentum: 0.937, warmupBiasLr: 0.1 };

/** Events that a test watches beside the usual ones. */
type Watched = Pick<LoopEvents, "goBack" | "onBegin" | "onStage">;

async function run(
  inputs: Pick<LoopInputs, "args" | "step" | "loader"> & Partial<LoopInputs>,
  stopAfter = Number.POSITIVE_INFINITY,
  watched: Watched = {},
): Promise<Ran> {
  const epochs: Ran["epochs"] = [];
  let interrupted: RunState | undefined;
  let batches = 0;
  let clock = 0;
  const result = await loop(
    {
      ...{ optimiser: SGD, threads: 2, monitor: monitorOf("fitness") },
      stages: planStages(inputs.args, smallNetwork, (inputs.optimiser ?? SGD).lr0),
      ...inputs,
    },
    {
      ...watched,
      onBatch: () => {
        batches++;
      },
      onEpoch: async (row, improved, state) => {
        epochs.push({ row, improved, state });
      },
      onInterrupt: async (state) => {
        interrupted = state;
      },
      shouldStop: () => batches >= stopAfter,
      now: () => clock++,
    },
  );
  return { result, epochs, interrupted };
}

const args = (given: GivenArguments = {}): TrainingArguments =>
  trainingArguments({ epochs: 2, batch: 16, warmup_epochs: 0, ...given });

/** Epochs validated with these values of mAP50 and mAP50-95, one after the other. */
function validation(values: readonly (readonly [number, number])[]): () => Promise<Validation> {
  let epoch = 0;
  return async () => {
    const [map50, map5095] = values[epoch++];
    const summary = { map50, map5095, precision: 0, recall: 0 };
    return { metrics: { summary: () => summary }, loss: [] } as unknown as Validation;
  };
}

describe("loop: the learning rate", () => {
  // The published log of YOLO12 on COCO: batch 256, 463 batches an epoch, 600 epochs, 3 of them warm-up, lr0 0.01.
  test.each([
    [0, 0.00332613],
    [1, 0.00664848],
    [599, 0.0001165],
  ])("after epoch %d is the one of the published log", async (epoch, lr) => {
    const state: RunState = {
      epoch,
      batches: 0,
      iteration: 463 * epoch,
      lastUpdate: 463 * epoch - 1,
      updates: 463 * epoch,
      pending: 0,
      lossSums: [0, 0],
      bestFitness: null,
      bestEpoch: 0,
      ...{ stage: 0, stageEpoch: 0, stageIteration: 0, stageUpdates: [0], stageBest: null, stageBestEpoch: 0 },
      ...{ setbacks: 0, recent: [], finished: false, seconds: 0, threads: 2, rows: [] },
    };
    const given = args({ epochs: 600, batch: 256, warmup_epochs: 3 });
    const { epochs } = await run(
      { args: given, step: new RecordingStep(), loader: new CountingLoader(463), state },
      463,
    );
    expect(epochs[0].row["lr/pg1"]).toBe(lr);
    expect(epochs[0].row["lr/pg2"]).toBe(lr);
  });

  test("of biases falls during warm-up from a start of its own, momentum rises", async () => {
    const step = new RecordingStep();
    // Five batches an epoch: the warm-up of 20 epochs takes 100 of them.
    await run({ args: args({ epochs: 24, batch: 64, warmup_epochs: 20 }), step, loader: new CountingLoader(5) });
    const { received } = step;
    expect(received).toHaveLength(120);
    const factor = (epoch: number) => (1 - epoch / 24) * 0.99 + 0.01;
    expect(received[0]).toMatchObject({ lr: { weight: 0, norm: 0, bias: 0.1 }, momentum: 0.8 });
    // Batch 50 stands in epoch 10: half way, (0 + lr) / 2, (0.1 + lr) / 2, (0.8 + 0.937) / 2.
    const lr = 0.01 * factor(10);
    expect(received[50].lr.weight).toBeCloseTo(lr / 2, 12);
    expect(received[50].lr.norm).toBeCloseTo(lr / 2, 12);
    expect(received[50].lr.bias).toBeCloseTo((0.1 + lr) / 2, 12);
    expect(received[50].momentum).toBeCloseTo(0.8685, 12);
    expect(received[100].lr.bias).toBeCloseTo(0.01 * factor(20), 12);
    expect(received[100].momentum).toBe(0.937);
  });

  test("rises for AdamW too, while its momentum stays", async () => {
    const step = new RecordingStep();
    const optimiser: OptimiserChoice = { name: "AdamW", lr0: 0.002, momentum: 0.9, warmupBiasLr: 0 };
    await run({ args: args({ batch: 64, warmup_epochs: 3 }), optimiser, step, loader: new CountingLoader(50) });
    expect(step.received[0]).toMatchObject({ lr: { weight: 0, bias: 0 }, momentum: 0.9 });
    // Batch 49 of a warm-up of 3 x 50.
    expect(step.received[49].lr.weight).toBeCloseTo((0.002 * 49) / 150, 12);
    expect(new Set(step.received.map(({ momentum }) => momentum))).toEqual(new Set([0.9]));
  });
});

describe("loop: updates", () => {
  test("come when gradients of the nominal batch size are summed, across the ends of epochs", async () => {
    const step = new RecordingStep();
    await run({ args: args({ batch: 16, nbs: 64 }), step, loader: new CountingLoader(6) });
    // 64 / 16 = 4 batches each; 12 batches in two epochs.
    expect(step.updatedAfter).toEqual([4, 8, 12]);
  });

  test("come after every batch at first, and seldomer as the warm-up goes on", async () => {
    const step = new RecordingStep();
    await run({ args: args({ epochs: 1, batch: 16, warmup_epochs: 1 }), step, loader: new CountingLoader(104) });
    // round(1 + 3 i / 104) is 1 to batch 17, 2 from 18 (1.519), 3 from 52 (2.5), 4 from 87 (3.51), counted from 0.
    const gaps = step.updatedAfter.map((after, i) => after - (step.updatedAfter[i - 1] ?? 0));
    expect(gaps.slice(0, 18)).toEqual(new Array(18).fill(1));
    expect(gaps[18]).toBe(2);
    expect(gaps[gaps.length - 1]).toBe(4);
    expect(gaps).toEqual(gaps.toSorted());
  });

  test("come after every batch that is larger than the nominal one", async () => {
    const step = new RecordingStep();
    await run({ args: args({ batch: 128 }), step, loader: new CountingLoader(3) });
    expect(step.updatedAfter).toEqual([1, 2, 3, 4, 5, 6]);
  });

  // weight_decay * batch * round(nbs / batch) / nbs: 16 * 4 / 64 = 1, 24 * 3 / 64 = 1.125, 128 * 1 / 64 = 2.
  test.each([
    [16, 1],
    [24, 1.125],
    [128, 2],
  ])("of batches of %d decay by %d times the weight decay", async (batch, factor) => {
    const step = new RecordingStep();
    await run({ args: args({ batch, weight_decay: 0.0005 }), step, loader: new CountingLoader(4) });
    expect(step.received[0].weightDecay).toBeCloseTo(0.0005 * factor, 12);
  });

  test("count for the decay of the average, from 1", async () => {
    const step = new RecordingStep();
    await run({ args: args({ batch: 64 }), step, loader: new CountingLoader(5) });
    // 0.9999 (1 - exp(-t / 2000)): section 14.2 of the reference text has d(1) and d(10).
    expect(step.received[0].averageDecay).toBeCloseTo(0.000499825, 9);
    expect(step.received[9].averageDecay).toBeCloseTo(0.004987022, 9);
  });
});

describe("loop: an epoch", () => {
  test("has the mean of its batches' losses, and gives every batch back", async () => {
    const loader = new CountingLoader(4);
    const { epochs } = await run({ args: args(), step: new RecordingStep(), loader });
    // Losses 0, 1, 2, 3 and 1 throughout.
    expect(epochs.map(({ row }) => row["train/box_loss"])).toEqual([1.5, 1.5]);
    expect(epochs[0].row["train/cls_loss"]).toBe(1);
    expect(epochs.map(({ row }) => row.epoch)).toEqual([1, 2]);
    expect(loader.released).toBe(8);
  });

  test("has mosaics but for the last ones", async () => {
    const loader = new CountingLoader(1);
    await run({ args: args({ epochs: 5, close_mosaic: 2 }), step: new RecordingStep(), loader });
    expect(loader.asked.map(({ mosaic }) => mosaic)).toEqual([true, true, true, false, false]);
  });

  test("whose loss is no number ends the run, naming the loss, the batch and its files", async () => {
    const step = new RecordingStep((batch) => [1, batch === 2 ? Number.NaN : 1]);
    const failing = run({ args: args(), step, loader: new CountingLoader(4) });
    await expect(failing).rejects.toMatchObject({ code: "loss_not_finite", place: { at: "epoch 1, batch 3" } });
    await expect(failing).rejects.toThrow(/cls_loss is NaN on a batch of scan1\.png, scan2\.png; lower lr0 or check/);
    expect(step.updates).toBe(0);
  });

  test("whose loss is infinite does so too", async () => {
    const step = new RecordingStep(() => [Number.POSITIVE_INFINITY, 1]);
    const failing = run({ args: args(), step, loader: new CountingLoader(1) });
    await expect(failing).rejects.toMatchObject({ code: "loss_not_finite" });
  });
});

describe("loop: the best epoch", () => {
  const measured = (values: readonly (readonly [number, number])[], given: Record<string, number> = {}) =>
    run({
      args: args({ epochs: values.length, ...given }),
      step: new RecordingStep(),
      loader: new CountingLoader(1),
      validate: validation(values),
    });

  test("is the last of those with the greatest 0.1 mAP50 + 0.9 mAP50-95", async () => {
    const { result, epochs } = await measured([
      [0.5, 0.2], // 0.23
      [0.1, 0.3], // 0.28
      [0.1, 0.3],
      [1, 0.1], // 0.19
    ]);
    expect(epochs.map(({ improved }) => improved)).toEqual([true, true, true, false]);
    expect(result).toMatchObject({ bestEpoch: 3, end: "finished" });
  });

  test("ends the run when it is `patience` epochs ago", async () => {
    const falling = [0.1, 0.4, 0.3, 0.2, 0.1, 0.1].map((map) => [map, map] as const);
    const { result, epochs } = await measured(falling, { patience: 2 });
    expect(epochs).toHaveLength(4);
    expect(result).toMatchObject({ bestEpoch: 2, end: "stopped early" });
  });

  test("ends no run with patience 0", async () => {
    const { result } = await measured(
      [0.4, 0.3, 0.2].map((map) => [map, map] as const),
      { patience: 0 },
    );
    expect(result).toMatchObject({ bestEpoch: 1, end: "finished" });
  });

  test("without validation is the last one", async () => {
    const { result, epochs } = await run({
      args: args({ epochs: 3, patience: 1 }),
      step: new RecordingStep(),
      loader: new CountingLoader(1),
    });
    expect(epochs.every(({ improved }) => improved)).toBe(true);
    expect(result).toMatchObject({ bestEpoch: 3, end: "finished" });
    expect(epochs[0].row["metrics/mAP50(B)"]).toBe("");
  });
});

describe("loop: an interrupted run", () => {
  const given = args({ epochs: 3, batch: 16, warmup_epochs: 1 });

  test("keeps all that it needs to go on", async () => {
    const { result, epochs, interrupted } = await run(
      { args: args({ batch: 16 }), step: new RecordingStep(), loader: new CountingLoader(6) },
      9,
    );
    expect(result.end).toBe("interrupted");
    expect(epochs).toHaveLength(1);
    // Nine batches: a whole epoch and batches 0, 1, 2 of the next; updates after 4 and 8.
    expect(interrupted).toMatchObject({
      epoch: 1,
      batches: 3,
      iteration: 9,
      lastUpdate: 7,
      updates: 2,
      pending: 1,
      lossSums: [3, 3],
      threads: 2,
    });
    expect(interrupted?.rows).toEqual(result.rows);
  });

  test.each([1, 7, 11, 12, 13, 29])("after %d batches goes on as if nothing had happened", async (stopAfter) => {
    const whole = new RecordingStep();
    const { result: expected } = await run({ args: given, step: whole, loader: new CountingLoader(10) });
    const first = new RecordingStep();
    const { result, interrupted, epochs } = await run(
      { args: given, step: first, loader: new CountingLoader(10) },
      stopAfter,
    );
    expect(result.end).toBe("interrupted");
    const second = new RecordingStep();
    const state = interrupted ?? epochs[epochs.length - 1].state;
    Object.assign(second, { updates: state.updates, pending: state.pending });
    const loader = new CountingLoader(10);
    const { result: resumed } = await run({ args: given, step: second, loader, state });
    expect([...first.received, ...second.received]).toEqual(whole.received);
    expect(loader.asked[0]).toMatchObject({ epoch: state.epoch, skipBatches: state.batches });
    const timeless = (rows: readonly ResultRow[]) => rows.map((row) => ({ ...row, time: 0 }));
    expect(timeless(resumed.rows)).toEqual(timeless(expected.rows));
    expect(resumed).toMatchObject({ bestEpoch: expected.bestEpoch, end: "finished" });
  });

  test("at the end of an epoch finishes it first, and has nothing left to keep", async () => {
    const { result, epochs, interrupted } = await run(
      { args: args(), step: new RecordingStep(), loader: new CountingLoader(3) },
      3,
    );
    expect(result.end).toBe("interrupted");
    expect(epochs).toHaveLength(1);
    expect(epochs[0].state).toMatchObject({ epoch: 1, batches: 0, lossSums: [0, 0] });
    expect(interrupted).toBeUndefined();
  });

  test("at the end of the last epoch is finished", async () => {
    const { result } = await run({ args: args(), step: new RecordingStep(), loader: new CountingLoader(3) }, 6);
    expect(result.end).toBe("finished");
  });

  test("remembers the best epoch before", async () => {
    const measured = [0.5, 0.4, 0.3, 0.2].map((map) => [map, map] as const);
    const patient = args({ epochs: 4, patience: 2 });
    const step = new RecordingStep();
    const first = await run({ args: patient, step, loader: new CountingLoader(2), validate: validation(measured) }, 3);
    const { result } = await run({
      args: patient,
      step: new RecordingStep(),
      loader: new CountingLoader(2),
      validate: validation(measured.slice(1)),
      state: first.interrupted,
    });
    expect(result).toMatchObject({ bestEpoch: 1, end: "stopped early" });
    expect(result.rows).toHaveLength(3);
  });
});

describe("loop: stages", () => {
  const STAGES = [
    { epochs: 2, trainable: "head", lr0: 0.1, warmup_epochs: 0 },
    { epochs: 3, trainable: ["backbone", "head"], lr0: 0.01, lrf: 1, weight_decay: 0.1, optimizer: undefined },
  ].map(({ optimizer: _, ...stage }) => stage);
  const given = trainingArguments({ stages: STAGES, batch: 64, warmup_epochs: 0, optimizer: "SGD", lrf: 0.5 });

  test("have a schedule of their own each, and count updates from where their rows began", async () => {
    const step = new RecordingStep();
    const entered: number[] = [];
    const { result, epochs } = await run({ args: given, step, loader: new CountingLoader(2) }, undefined, {
      onStage: (_, index) => entered.push(index),
    });
    expect(result.end).toBe("finished");
    expect(step.stages).toEqual([1]);
    expect(entered).toEqual([0, 1]);
    // Stage 1: 0.1, then (1 - 1/2) (1 - 0.5) + 0.5 = 0.75 of it. Stage 2: lrf 1 leaves 0.01.
    const rates = epochs.map(({ row }) => row["lr/pg1"]);
    expect(rates).toEqual([0.1, 0.075, 0.01, 0.01, 0.01]);
    expect(epochs.map(({ row }) => row.stage)).toEqual([1, 1, 2, 2, 2]);
    expect(epochs.map(({ row }) => row["lr/backbone"])).toEqual([0, 0, 0.01, 0.01, 0.01]);
    expect(step.received[0].classes).toEqual([{ share: 1, updatesBefore: 0 }]);
    // Four updates in the first stage: the backbone counts from there, the head from the beginning.
    expect(step.received[4].classes).toEqual([
      { share: 1, updatesBefore: 4 },
      { share: 1, updatesBefore: 0 },
    ]);
    expect(step.received.map(({ weightDecay }) => weightDecay)).toEqual([
      ...new Array(4).fill(0.0005),
      ...new Array(6).fill(0.1),
    ]);
  });

  test("warm up for a third of their length at most", async () => {
    const step = new RecordingStep();
    const short = { epochs: 3, lr0: 0.01, lrf: 1 };
    const stages = [
      { ...short, trainable: "head" },
      { ...short, trainable: "all" },
    ];
    const warm = trainingArguments({ stages, batch: 64, optimizer: "SGD" });
    await run({ args: warm, step, loader: new CountingLoader(4) });
    // Three epochs of four batches: four of warm-up, in place of the usual hundred.
    expect(step.received.slice(12).map(({ lr }) => lr.weight)).toEqual([
      0,
      0.0025,
      0.005,
      0.0075,
      ...new Array(8).fill(0.01),
    ]);
    expect(step.received[12].lr.bias).toBe(0);
    expect(step.received[0].lr.bias).toBe(0.1);
  });

  test("end early by their own patience, and the next one goes on", async () => {
    const patient = trainingArguments({
      stages: [
        { epochs: 5, trainable: "head", patience: 1 },
        { epochs: 2, trainable: "all" },
      ],
      batch: 64,
    });
    const { result, epochs } = await run({
      args: patient,
      step: new RecordingStep(),
      loader: new CountingLoader(1),
      validate: validation([0.5, 0.4, 0.3, 0.6].map((map) => [map, map] as const)),
    });
    expect(epochs.map(({ row }) => row.stage)).toEqual([1, 1, 2, 2]);
    expect(result).toMatchObject({ end: "finished", bestEpoch: 4 });
    expect(epochs[1].state).toMatchObject({ stage: 1, stageEpoch: 2, stageIteration: 2, finished: false });
    expect(epochs[3].state.finished).toBe(true);
  });

  test("are ended by the run's patience all together", async () => {
    const { result } = await run({
      args: trainingArguments({ stages: STAGES, batch: 64, patience: 2 }),
      step: new RecordingStep(),
      loader: new CountingLoader(1),
      validate: validation([0.5, 0.4, 0.3, 0.6].map((map) => [map, map] as const)),
    });
    expect(result).toMatchObject({ end: "stopped early", bestEpoch: 1 });
    expect(result.rows).toHaveLength(3);
  });

  test.each([1, 4, 5, 9])("interrupted after %d batches go on as if nothing had happened", async (stopAfter) => {
    const whole = new RecordingStep();
    const { result: expected } = await run({ args: given, step: whole, loader: new CountingLoader(2) });
    const first = new RecordingStep();
    const { interrupted, epochs } = await run({ args: given, step: first, loader: new CountingLoader(2) }, stopAfter);
    const state = interrupted ?? epochs[epochs.length - 1].state;
    const second = Object.assign(new RecordingStep(), { updates: state.updates, pending: state.pending });
    const { result } = await run({ args: given, step: second, loader: new CountingLoader(2), state });
    expect([...first.received, ...second.received]).toEqual(whole.received);
    expect(result.rows.map((row) => ({ ...row, time: 0 }))).toEqual(expected.rows.map((row) => ({ ...row, time: 0 })));
  });
});

test("loop: a run whose time is over ends with its epoch", async () => {
  // The clock counts 1 s a look; an hour's 1e-9 is over at once.
  const { result, epochs } = await run({
    args: args({ epochs: 5, time: 1e-9 }),
    step: new RecordingStep(),
    loader: new CountingLoader(1),
  });
  expect(result.end).toBe("out of time");
  expect(epochs).toHaveLength(1);
});

describe("loop: a loss that goes astray", () => {
  /** Puts the state of the last epoch's end back, or that of the beginning. */
  function keeper(step: RecordingStep) {
    let saved: RunState | undefined;
    const told: string[] = [];
    const watched: Watched = {
      onBegin: async (state) => {
        saved = state;
      },
      goBack: async ({ what, at }) => {
        told.push(`${at}: ${what}`);
        if (!saved) throw new Error("unreachable: kept at the beginning");
        saved = { ...saved, setbacks: saved.setbacks + 1 };
        Object.assign(step, { updates: saved.updates, pending: saved.pending });
        return saved;
      },
    };
    return { watched, told };
  }

  test("goes back and on at half the rate", async () => {
    let failures = 0;
    const step = new RecordingStep((batch) => [1, batch === 2 && failures++ === 0 ? Number.NaN : 1]);
    const { watched, told } = keeper(step);
    const loader = new CountingLoader(4);
    const given = args({ epochs: 1, batch: 64, lrf: 1, optimizer: "SGD" });
    const { result } = await run({ args: given, step, loader }, undefined, watched);
    expect(result.end).toBe("finished");
    expect(told).toEqual(["epoch 1, batch 3: cls_loss is NaN on a batch of scan1.png, scan2.png"]);
    // Two updates, back to the beginning, four more at half the rate.
    expect(step.received.map(({ lr }) => lr.weight)).toEqual([0.01, 0.01, 0.005, 0.005, 0.005, 0.005]);
    expect(step.updates).toBe(4);
    expect(loader.released).toBe(3 + 4);
  });

  test("ends the run the fourth time", async () => {
    const step = new RecordingStep(() => [Number.NaN, 1]);
    const { watched, told } = keeper(step);
    const failing = run({ args: args(), step, loader: new CountingLoader(2) }, undefined, watched);
    await expect(failing).rejects.toMatchObject({ code: "loss_not_finite", place: { at: "epoch 1, batch 1" } });
    await expect(failing).rejects.toThrow(/box_loss is NaN on a batch of .*, even at 1\/8 of the rate; lower lr0/);
    expect(told).toHaveLength(3);
  });

  test("that explodes counts as well, from twenty batches on", async () => {
    // A median of 2; 2001 and 1 are 2002, more than a thousand times that.
    const exploding = (at: number) => new RecordingStep((batch) => [batch === at ? 2001 : 1, 1]);
    const given = args({ epochs: 1 });
    const late = run({ args: given, step: exploding(20), loader: new CountingLoader(22) });
    await expect(late).rejects.toThrow(/the loss is 2\.00e\+3, the median of the last 20 batches 2\.00, on a batch/);
    const early = await run({ args: given, step: exploding(19), loader: new CountingLoader(22) });
    expect(early.result.end).toBe("finished");
  });
});
