/**
 * @file What a run wrote down to be taken up again, read back as outside material: people copy and edit run folders.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import type { Plain } from "@fovea/core/recipe/plain";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import type { ResultRow } from "./results-csv";

/** What a run was asked for, as `args.json` holds it. */
export interface RunRequest {
  /** Path of the data YAML. */
  readonly data: string;
  /** Architecture or weights, as the user named them. */
  readonly model: string;
  readonly weights?: string;
  readonly names: readonly string[];
  /** Of the data set when the run began; runs of earlier versions have none. */
  readonly fingerprint?: string;
  /** What becomes of broken images and labels. @default "skip" */
  readonly onProblem?: "skip" | "refuse";
  /** Arguments that were given; the others have their defaults. */
  readonly arguments: GivenArguments;
}

/** Where a run stands. */
export interface RunState {
  /** Epoch in progress, from 0. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly batches: number;
  /** Batches since the run began. */
  readonly iteration: number;
  /** Iteration of the last update. */
  readonly lastUpdate: number;
  readonly updates: number;
  /** Batches whose gradients wait for an update. */
  readonly pending: number;
  /** Sums of the loss items over the epoch's batches. */
  readonly lossSums: readonly number[];
  readonly bestFitness: number | null;
  readonly bestEpoch: number;
  /** Stage in progress, from 0, and epoch and iteration at which it began. */
  readonly stage: number;
  readonly stageEpoch: number;
  readonly stageIteration: number;
  /** Updates at which each stage began. */
  readonly stageUpdates: readonly number[];
  readonly stageBest: number | null;
  readonly stageBestEpoch: number;
  /** How often the run went astray: each halves the learning rate. */
  readonly setbacks: number;
  /** Losses of the last batches, to know an exploding one by. */
  readonly recent: readonly number[];
  /** Whether nothing is left to do. */
  readonly finished: boolean;
  /** Seconds spent. */
  readonly seconds: number;
  /** Threads of the engine on each device: results are equal to the bit only for the same number. */
  readonly threads: number;
  readonly rows: readonly ResultRow[];
}

/** What a key must hold. */
interface Kind<T> {
  /** Ends the sentence "expected ...". */
  readonly wanted: string;
  /** `undefined` if the value is refused. */
  read(value: unknown): T | undefined;
}

const TEXT: Kind<string> = { wanted: "text", read: (value) => (typeof value === "string" ? value : undefined) };
const ON_PROBLEM: Kind<"skip" | "refuse"> = {
  wanted: "skip or refuse",
  read: (value) => (value === "skip" || value === "refuse" ? value : undefined),
};
const NUMBER: Kind<number> = {
  wanted: "a number",
  read: (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined),
};
const FLAG: Kind<boolean> = {
  wanted: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};
const NUMBER_OR_NULL: Kind<number | null> = {
  wanted: "a number or null",
  read: (value) => (value === null ? null : NUMBER.read(value)),
};

function wholeFrom(least: number): Kind<number> {
  return {
    wanted: `a whole number from ${least}`,
    read: (value) => (Number.isSafeInteger(value) && Number(value) >= least ? Number(value) : undefined),
  };
}

function listOf<T>({ wanted, read }: Kind<T>): Kind<readonly T[]> {
  return {
    wanted: `a list, each ${wanted}`,
    read(value) {
      if (!Array.isArray(value)) return undefined;
      const items = value.map(read).filter((item) => item !== undefined);
      return items.length === value.length ? items : undefined;
    },
  };
}

function mapOf<T>(wanted: string, read: (value: unknown) => T | undefined): Kind<Readonly<Record<string, T>>> {
  return {
    wanted,
    read(value) {
      if (!isRecord(value)) return undefined;
      const entries: [string, T][] = [];
      for (const [key, entry] of Object.entries(value)) {
        const taken = read(entry);
        if (taken === undefined) return undefined;
        entries.push([key, taken]);
      }
      return Object.fromEntries(entries);
    },
  };
}

/** Values as JSON has them; the table of arguments says what each may be. */
const ARGUMENTS = mapOf("training arguments by name", (value) => value as Plain);
/** JSON has null for a loss that was no number. */
const ROW: Kind<ResultRow> = mapOf("numbers by column", (value) =>
  value === null ? Number.NaN : typeof value === "string" || typeof value === "number" ? value : undefined,
);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What `args.json` says a run was asked for.
 *
 * @throws {FoveaError} `file_unreadable`, with the key if a value is not what it should be
 */
export function parseRunRequest(text: string, file: string): RunRequest {
  const { has, take } = recordIn(text, "file_unreadable", file);
  return {
    data: take("data", TEXT),
    model: take("model", TEXT),
    weights: has("weights") ? take("weights", TEXT) : undefined,
    names: take("names", listOf(TEXT)),
    fingerprint: has("fingerprint") ? take("fingerprint", TEXT) : undefined,
    onProblem: has("onProblem") ? take("onProblem", ON_PROBLEM) : undefined,
    arguments: take("arguments", ARGUMENTS),
  };
}

/**
 * Where a run stands, as the metadata of `resume.safetensors` say it.
 *
 * @throws {FoveaError} `invalid_safetensors`, with the key if a value is not what it should be
 */
export function parseRunState(text: string, file: string): RunState {
  const { has, take } = recordIn(text, "invalid_safetensors", file);
  // Runs of earlier versions have one stage, and do not say so.
  const takeOr = <T>(key: string, kind: Kind<T>, otherwise: T) => (has(key) ? take(key, kind) : otherwise);
  return {
    epoch: take("epoch", wholeFrom(0)),
    batches: take("batches", wholeFrom(0)),
    iteration: take("iteration", wholeFrom(0)),
    // -1 before the first update.
    lastUpdate: take("lastUpdate", wholeFrom(-1)),
    updates: take("updates", wholeFrom(0)),
    pending: take("pending", wholeFrom(0)),
    lossSums: take("lossSums", listOf(NUMBER)),
    bestFitness: take("bestFitness", NUMBER_OR_NULL),
    bestEpoch: take("bestEpoch", wholeFrom(0)),
    stage: takeOr("stage", wholeFrom(0), 0),
    stageEpoch: takeOr("stageEpoch", wholeFrom(0), 0),
    stageIteration: takeOr("stageIteration", wholeFrom(0), 0),
    stageUpdates: takeOr("stageUpdates", listOf(wholeFrom(0)), [0]),
    stageBest: takeOr("stageBest", NUMBER_OR_NULL, null),
    stageBestEpoch: takeOr("stageBestEpoch", wholeFrom(0), 0),
    setbacks: takeOr("setbacks", wholeFrom(0), 0),
    recent: takeOr("recent", listOf(NUMBER), []),
    finished: takeOr("finished", FLAG, false),
    seconds: take("seconds", NUMBER),
    threads: take("threads", wholeFrom(0)),
    rows: take("rows", listOf(ROW)),
  };
}

/** The JSON object in `text`, its values to be taken by key. */
function recordIn(text: string, code: ErrorCode, file: string) {
  const lost = "the run cannot be resumed; start a new one from its weights";
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new FoveaError(code, `not valid JSON where a run is recorded: ${lost}`, { file, cause });
  }
  if (!isRecord(record)) throw new FoveaError(code, `no record of a run: ${lost}`, { file });
  const fields = record;
  return {
    has: (key: string) => fields[key] !== undefined,
    take<T>(key: string, { wanted, read }: Kind<T>): T {
      const value = read(fields[key]);
      if (value !== undefined) return value;
      const seen = JSON.stringify(fields[key])?.slice(0, 80) ?? "missing";
      throw new FoveaError(code, `${seen}, expected ${wanted}: ${lost}`, { file, at: key });
    },
  };
}
