/**
 * @file Recipes that say what cannot be done: on the command line, in a YAML, or for the network at hand.
 */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { requestOf } from "../../src/cli/run-train";
import type { TrainOptions } from "../../src/cli/train";
import { putTraining, trainIn } from "./material";
import { Scratch } from "./scratch";
import { type BadInput, refusals } from "./table";

type Row = Pick<BadInput, "make" | "act">;

/** A recipe file, and what is given beside it. */
const recipe = (yaml: string, options: Partial<TrainOptions> = {}): Row => ({
  make: (scratch) => scratch.put("recipe.yaml", yaml),
  act: (scratch) => requestOf({ arguments: {}, ...options, cfg: scratch.path("recipe.yaml") }),
});

const trained = (given: NonNullable<Parameters<typeof trainIn>[1]>["arguments"]): Row => ({
  make: putTraining,
  act: (scratch) => trainIn(scratch, { arguments: given }),
});

const typed = (given: TrainOptions["arguments"]): Row => ({ act: () => requestOf({ arguments: given }) });

const FILE = { code: "invalid_argument", file: "recipe.yaml" } as const;

describe("a recipe is refused", () => {
  refusals([
    {
      what: "that is not there",
      act: (scratch) => requestOf({ arguments: {}, cfg: scratch.path("recipe.yaml") }),
      code: "file_not_found",
      file: "recipe.yaml",
      says: "no such recipe",
    },
    { what: "that is no YAML", ...recipe("epochs: [1"), ...FILE, at: /^line 1, column/, says: "not valid YAML" },
    { what: "that is a list", ...recipe("- epochs"), ...FILE, says: "wanted arguments by name" },
    {
      what: "with a misspelt key",
      ...recipe("epoch: 10"),
      ...{ code: "unknown_argument", file: "recipe.yaml", says: "epoch is no training argument, did you mean epochs?" },
    },
    {
      what: "with a misspelt key of what to train on",
      ...recipe("modle: yolov8n"),
      ...{ code: "unknown_argument", file: "recipe.yaml", says: "modle is no training argument, did you mean model?" },
    },
    { what: "with a value out of range", ...recipe("lr0: -1"), ...FILE, says: "lr0: got -1, wanted a number from 0" },
    { what: "with a list for a path", ...recipe("data: [a.yaml]"), ...FILE, says: 'data: got ["a.yaml"], wanted text' },
    {
      what: "that resumes",
      ...recipe("resume: true"),
      ...FILE,
      says: "name the run on the command line, with --resume",
    },
    {
      what: "with contradictory stages",
      ...recipe("epochs: 60\nstages:\n  - {epochs: 10, trainable: head}\n"),
      ...FILE,
      says: "epochs: got 60, but the stages have 10 together",
    },
    {
      what: "that contradicts the command line",
      ...recipe("stages: quick", { arguments: { freeze: "10" } }),
      ...FILE,
      says: "freeze: 10 beside stages",
    },
    {
      what: "without data and model",
      ...recipe("epochs: 3"),
      code: "invalid_argument",
      says: "train needs --data and",
    },
    {
      what: "whose stages are no YAML",
      ...typed({ stages: "[{epochs: 1" }),
      ...{ code: "invalid_argument", says: "stages: [{epochs: 1 is no YAML" },
    },
    {
      what: "with a rate where rates by part are meant",
      ...typed({ lr: "0.01" }),
      ...{ code: "invalid_argument", says: "did you mean lr0?" },
    },
    {
      what: "with a sampler that is none",
      ...typed({ sampler: "weird" }),
      ...{ code: "invalid_argument", says: "sampler: got weird, wanted one of none, inverse, repeat" },
    },
    {
      what: "with a preset that is violated",
      ...trained({ preset: "xray", fliplr: 0.5 }),
      ...{ code: "invalid_argument", says: "preset xray refuses fliplr 0.5" },
    },
    {
      what: "for a class that never occurs, where problems are refused",
      make: async (scratch) => {
        await putTraining(scratch);
        const yaml = "path: .\ntrain: images/train\nval: images/val\nnames: [square, disc, ring]\n";
        await scratch.put("data/data.yaml", yaml);
      },
      act: (scratch) => trainIn(scratch, { onProblem: "refuse" }),
      ...{
        code: "invalid_dataset",
        file: "data/data.yaml",
        at: "names",
        says: "no lesion of class ring in train: it cannot be learnt",
      },
    },
    {
      what: "with a transform that is none",
      ...trained({ transforms: [{ name: "CLAHEE" }] }),
      ...{ code: "unknown_argument", says: "CLAHE" },
    },
    {
      what: "with batches of nothing",
      ...typed({ batch: "0" }),
      code: "invalid_argument",
      says: "batch: got 0, wanted",
    },
    {
      what: "that trains a part which the network lacks",
      ...trained({ stages: [{ epochs: 1, trainable: "neck" }] }),
      ...{ code: "invalid_argument", says: "stages[0].trainable: small has no neck" },
    },
    {
      what: "that goes by a measure which there is not",
      ...trained({ monitor: "map75" }),
      ...{
        code: "invalid_argument",
        says: "monitor: got map75, wanted fitness, froc, map50, map5095 or sensitivity@X",
      },
    },
    {
      what: "for devices of several kinds",
      ...trained({ device: "cpu,0" }),
      ...{ code: "invalid_argument", says: "device: cpu,0 mixes cpu and cuda" },
    },
    {
      what: "for a device among several that there is not",
      ...trained({ device: ["cpu", "cdua"] }),
      ...{ code: "invalid_argument", says: 'device: "cdua" is unknown, did you mean cuda?' },
    },
    {
      what: "for the largest batch of several devices",
      ...trained({ device: "cpu,cpu", batch: -1 }),
      ...{ code: "invalid_argument", says: "batch: -1 measures one processor" },
    },
    {
      what: "for the largest batch of a graphics card",
      ...trained({ device: "cuda", batch: -1 }),
      ...{ code: "invalid_argument", says: "batch: -1 goes by the processor's memory" },
    },
    {
      what: "that names weights twice",
      make: putTraining,
      act: (scratch) => trainIn(scratch, { weights: "a.pt", arguments: { pretrained: "b.pt" } }),
      ...{ code: "invalid_argument", says: "weights and pretrained: got a.pt and b.pt" },
    },
  ]);
});

test("a recipe that the network cannot follow leaves no folder behind", async () => {
  const scratch = await Scratch.make();
  try {
    await putTraining(scratch);
    await expect(trainIn(scratch, { arguments: { stages: [{ epochs: 1, trainable: "7" }] } })).rejects.toThrow("rows");
    expect(readdirSync(scratch.path(".")).sort()).toEqual(["data", "small.yaml"]);
  } finally {
    await scratch.remove();
  }
});
