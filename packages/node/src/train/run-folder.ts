/**
 * @file The folder of a training run: where everything is kept, and how a run is taken up again.
 *
 *     weights/best.safetensors     averaged weights of the best epoch
 *     weights/last.safetensors     averaged weights of the last epoch
 *     weights/resume.safetensors   everything a run needs to go on exactly where it stopped
 *     results.csv, results.png     losses and metrics of every epoch
 *     validation.jsonl             what every epoch measured by class and size
 *     composition.jsonl            what every epoch showed: images, negatives, boxes of each class
 *     args.json                    what the run was asked for, to be resumed by
 *     args.yaml                    every argument with its value, to be read and taken for another run with --cfg
 *     transfer.json                what came from other weights, what did not and why
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { ParameterStore } from "@fovea/core/nn/parameter-store";
import type { Parameter } from "@fovea/core/nn/parameters";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { toPublished } from "@fovea/core/nn/to-published";
import { readSafetensors } from "@fovea/core/nn/weights/safetensors";
import { checkpointMetadata } from "@fovea/core/nn/weights/safetensors-checkpoint";
import type { Json, StateDict } from "@fovea/core/nn/weights/state";
import type { TransferReport } from "@fovea/core/nn/weights/transfer";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";
import { stringify } from "yaml";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { writeSafetensors } from "../data/weights-file";
import { readBytes, readText } from "../read-file";
import { type EpochLine, withEpochLine } from "./epoch-lines";
import type { ResultRow } from "./results-csv";
import { parseRunRequest, parseRunState, type RunRequest, type RunState } from "./run-record";

export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes `project/name`, or `name2`, `name3` ... if that is taken; two runs that start together get two folders. */
  static async create(project: string, name: string, existOk: boolean): Promise<RunFolder> {
    let path = join(project, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      for (let i = 2; !(await makeFolder(path)) && !existOk; i++) path = join(project, `${name}${i}`);
      await mkdir(join(path, "weights"), { recursive: true });
    } catch (error) {
      throw writeFailure(path, error);
    }
    return new RunFolder(path);
  }

  /**
   * The folder of an interrupted run, from its path or that of a file in it.
   *
   * @throws {FoveaError} `file_not_found` if nothing is there to go on from
   */
  static open(path: string): RunFolder {
    const full = resolve(path);
    const inWeights = basename(dirname(full)) === "weights" && full.endsWith(".safetensors");
    const folder = new RunFolder(inWeights ? dirname(dirname(full)) : full);
    if (!existsSync(folder.#resume)) {
      throw new FoveaError(
        "file_not_found",
        "no weights/resume.safetensors there; give the folder of an interrupted run",
        { file: path },
      );
    }
    return folder;
  }

  get #resume(): string {
    return join(this.path, "weights", "resume.safetensors");
  }

  file(name: string): string {
    return join(this.path, name);
  }

  weights(name: string): string {
    return join(this.path, "weights", `${name}.safetensors`);
  }

  async writeRequest(request: RunRequest): Promise<void> {
    await writeAtomically(this.file("args.json"), `${JSON.stringify(request, null, 2)}\n`);
  }

  /** What `fovea train --cfg` reads. */
  async writeRecipe({ data, model, weights, onProblem }: RunRequest, args: TrainingArguments): Promise<void> {
    const own = { data, model, ...(weights !== undefined && { weights }), ...(onProblem && { on_problem: onProblem }) };
    const { pretrained, ...others } = args;
    // A path given as `pretrained` is among the others as `weights`.
    const start = weights === undefined ? { pretrained } : {};
    await writeAtomically(this.file("args.yaml"), stringify({ ...own, ...others, ...start }, { lineWidth: 0 }));
  }

  /** Adds an epoch's line to one of the run's files; an epoch that is done again replaces its line. */
  async writeEpoch<L extends EpochLine>(name: "validation" | "composition", line: L): Promise<void> {
    const file = this.file(`${name}.jsonl`);
    const before = existsSync(file) ? await readText(file, "file of the run") : "";
    await writeAtomically(file, withEpochLine(before, line));
  }

  async writeTransfer(report: TransferReport): Promise<void> {
    await writeAtomically(this.file("transfer.json"), `${JSON.stringify(report, null, 2)}\n`);
  }

  /** @throws {FoveaError} `file_not_found`, `file_unreadable` */
  async readRequest(): Promise<RunRequest> {
    const file = this.file("args.json");
    return parseRunRequest(await readText(file, "record of the run"), file);
  }

  /** Everything needed to go on; replaces what was there only once it is whole. */
  async writeState(memory: ReadonlyMap<string, Float32Array>, state: RunState): Promise<void> {
    const tensors: StateDict = new Map([...memory].map(([name, data]) => [name, { shape: [data.length], data }]));
    await writeSafetensors(this.#resume, tensors, { metadata: { state: JSON.stringify(state) } });
  }

  /**
   * Where the run stands, and its numbers.
   *
   * @throws {FoveaError} `file_unreadable`, `invalid_safetensors`
   */
  async readState(): Promise<{ readonly state: RunState; readonly arrays: StateDict }> {
    const bytes = await readBytes(this.#resume, "state of a run");
    const { state: arrays, metadata } = readSafetensors(bytes, this.#resume);
    return { state: parseRunState(metadata.state ?? "", this.#resume), arrays };
  }

  /** Weights to predict with, and what they are. */
  async writeModel(name: string, model: StoredModel): Promise<void> {
    const { network, parameters, store, names, request, args, metrics } = model;
    const { normalize } = args;
    const state: StateDict = new Map(
      parameters.map(({ name: at, shape }) => [at, { shape, data: store.values.get(at)! }]),
    );
    const metadata = checkpointMetadata({
      names,
      nc: network.nc,
      stride: [...network.strides],
      yaml: toPublished(network),
      trainArgs: trainArgsOf(request, args),
      metadata: {
        ...{ metrics: JSON.stringify(metrics ?? {}), producer: "fovea" },
        ...(normalize !== "none" && { normalize }),
      },
    });
    await writeSafetensors(this.weights(name), state, { metadata });
  }
}

/** Every argument, so that what a file was trained with does not hang on the defaults of one version. */
function trainArgsOf({ data, model, weights }: RunRequest, args: TrainingArguments): Readonly<Record<string, Json>> {
  const values = args as unknown as Readonly<Record<string, Json>>;
  return { ...values, data, model, ...(weights !== undefined && { weights }) };
}

export interface StoredModel {
  readonly network: NetworkRows;
  readonly parameters: readonly Parameter[];
  readonly store: ParameterStore;
  readonly names: readonly string[];
  readonly request: RunRequest;
  /** Every argument of the run. */
  readonly args: TrainingArguments;
  readonly metrics?: ResultRow;
}

/** Makes a folder; false if there is something of that name. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
