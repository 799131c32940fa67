/**
 * @file Training that goes wrong, and runs that cannot be taken up again.
 */
import { join } from "node:path";
import type { StateDict } from "@fovea/core/nn/weights/state";
import { describe } from "vitest";
import { resumeTraining } from "../../src/train/train";
import { putTraining, smallWeights, trainIn } from "./material";
import type { Scratch } from "./scratch";
import { type BadInput, refusals } from "./table";

const withNaN = (state: StateDict) => state.get("model.3.conv.weight")!.data.fill(Number.NaN, 0, 1);

describe("a loss that is no number ends training", () => {
  refusals([
    {
      what: "from weights with NaN in them, and names epoch, batch and images",
      make: async (scratch) => {
        await putTraining(scratch);
        await scratch.put("nan.safetensors", smallWeights({ state: withNaN }));
      },
      act: (scratch) => trainIn(scratch, { weights: scratch.path("nan.safetensors") }),
      code: "loss_not_finite",
      at: "epoch 1, batch 1",
      says: /_loss is NaN on a batch of .*scan0\d\.png, .*, even at 1\/8 of the rate; lower lr0 or check these/,
    },
  ]);
});

/** `args.json` and the metadata `state` of a run that was interrupted. */
const REQUEST = { data: "data.yaml", model: "yolov8n", names: ["a"], arguments: { epochs: 3 } };
const STATE = {
  ...{ epoch: 1, batches: 0, iteration: 1, lastUpdate: 0, updates: 1, pending: 0, lossSums: [0, 0, 0] },
  ...{ bestFitness: null, bestEpoch: 0, seconds: 1, threads: 1, rows: [] },
};

/** A run that somebody copied, edited or lost a part of. */
function resumed(request: unknown, state: unknown): Pick<BadInput, "make" | "act"> {
  return {
    make: async (scratch) => {
      await scratch.put("run/args.json", typeof request === "string" ? request : JSON.stringify(request));
      const metadata = { state: typeof state === "string" ? state : JSON.stringify(state) };
      await scratch.put("run/weights/resume.safetensors", smallWeights({ metadata }));
    },
    act: (scratch) => resumeTraining(scratch.path("run")),
  };
}

const ARGS = "run/args.json";
const RESUME = join("run", "weights", "resume.safetensors");

const RUNS: readonly BadInput[] = [
  {
    what: "a folder that is no run",
    make: (scratch) => scratch.folder("run"),
    act: (scratch) => resumeTraining(scratch.path("run")),
    code: "file_not_found",
    file: "run",
    says: "no weights/resume.safetensors there",
  },
  {
    what: "a record cut off",
    ...resumed('{"data": "data.ya', STATE),
    code: "file_unreadable",
    file: ARGS,
    says: "not valid JSON",
  },
  {
    what: "a record of nothing",
    ...resumed(null, STATE),
    code: "file_unreadable",
    file: ARGS,
    says: "no record of a run",
  },
  {
    what: "a record without arguments",
    ...resumed({ ...REQUEST, arguments: undefined }, STATE),
    ...{ code: "file_unreadable", file: ARGS, at: "arguments", says: "missing, expected training arguments by name" },
  },
  {
    what: "a record with an argument of another program",
    ...resumed({ ...REQUEST, arguments: { epoch: 3 } }, STATE),
    ...{ code: "unknown_argument", file: ARGS, says: "did you mean epochs?" },
  },
  {
    what: "a state cut off",
    ...resumed(REQUEST, '{"epoch": '),
    code: "invalid_safetensors",
    file: RESUME,
    says: "not valid JSON",
  },
  {
    what: "a state with half an epoch",
    ...resumed(REQUEST, { ...STATE, epoch: 0.5 }),
    ...{ code: "invalid_safetensors", file: RESUME, at: "epoch", says: "0.5, expected a whole number from 0" },
  },
  {
    what: "a state of a stage that there is not",
    ...resumed(REQUEST, { ...STATE, stage: -1 }),
    ...{ code: "invalid_safetensors", file: RESUME, at: "stage", says: "-1, expected a whole number from 0" },
  },
  {
    what: "a state whose sums are no numbers",
    ...resumed(REQUEST, { ...STATE, lossSums: [0, null] }),
    ...{ code: "invalid_safetensors", file: RESUME, at: "lossSums", says: "[0,null], expected a list" },
  },
];

/** A run stopped after its first batch, whose data set then changes. */
async function stopped(scratch: Scratch): Promise<void> {
  await putTraining(scratch);
  await trainIn(scratch, { arguments: { epochs: 2, batch: 2 } }, { shouldStop: () => true });
}

const LABEL = "data/labels/train/scan00.txt";

const OTHER_DATA: readonly BadInput[] = [
  {
    what: "with a label that was moved",
    make: async (scratch) => {
      await stopped(scratch);
      await scratch.put(LABEL, "0 0.5 0.5 0.1 0.1\n");
    },
    act: (scratch) => resumeTraining(scratch.path("runs/run")),
    ...{
      code: "invalid_dataset",
      file: "data/data.yaml",
      says: "images or labels differ from those the run began with",
    },
  },
  {
    what: "with classes in another order",
    make: async (scratch) => {
      await stopped(scratch);
      const yaml = "path: .\ntrain: images/train\nval: images/val\nnames: [disc, square]\n";
      await scratch.put("data/data.yaml", yaml);
    },
    act: (scratch) => resumeTraining(scratch.path("runs/run")),
    ...{
      code: "invalid_dataset",
      file: "runs/run/args.json",
      at: "names",
      says: "the run was begun with classes square, disc",
    },
  },
];

describe("an interrupted run is not resumed from", () => {
  refusals(RUNS);
});

describe("an interrupted run is not resumed on another data set,", () => {
  refusals(OTHER_DATA);
});
