/**
 * @file Those who convert: threads with one file each, or the caller's own.
 *
 * A file that ends its thread, or keeps it for too long, is refused; the thread is replaced and the others go on.
 */
import { Worker } from "node:worker_threads";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";
import { type ConvertJob, FileConverter, type FileOutcome } from "./convert-file";
import type { ConvertSettings } from "./settings";

/** What a thread must know once; plain data. */
export interface ConvertSetup {
  readonly out: string;
  readonly settings: ConvertSettings;
}

/** What a thread answers; `alive` after each frame. */
export type ConvertReply =
  | { readonly alive: true }
  | { readonly outcome: FileOutcome }
  | { readonly failure: ThreadFailure };

/** One that converts a file at a time. */
export interface Converter {
  /** @throws {FoveaError} `write_failed` or `disk_full`; a file that cannot be read is an outcome */
  convert(job: ConvertJob): Promise<FileOutcome>;
  close(): Promise<void>;
}

/** `count` of them; a single one works in the caller's thread. */
export function openConverters(count: number, setup: ConvertSetup): Converter[] {
  if (count === 1) return [new FileConverter(setup.out, setup.settings)];
  return Array.from({ length: count }, () => new ConverterThread(setup));
}

/** A frame that takes longer never ends: the slowest take some seconds. */
const SILENCE_MS = 120_000;

class ConverterThread implements Converter {
  readonly #setup: ConvertSetup;
  #worker: Worker | undefined;

  constructor(setup: ConvertSetup) {
    this.#setup = setup;
  }

  async convert(job: ConvertJob): Promise<FileOutcome> {
    this.#worker ??= new Worker(workerEntry("convert/convert-worker"), { workerData: this.#setup });
    const reply = await askThread(this.#worker, job);
    if ("failure" in reply) throw errorOfFailure(reply.failure);
    if ("outcome" in reply) return reply.outcome;
    await this.close();
    return { source: job.source, status: "refused", reason: reply.lost, warnings: [], pictures: [] };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

type Answer = Exclude<ConvertReply, { readonly alive: true }> | { readonly lost: string };

function askThread(worker: Worker, job: ConvertJob): Promise<Answer> {
  return new Promise((resolve) => {
    const onSilence = () => settle({ lost: `no frame within ${SILENCE_MS / 1000} s; the file is damaged` });
    let timer = setTimeout(onSilence, SILENCE_MS);
    const onMessage = (reply: ConvertReply) => {
      if (!("alive" in reply)) return settle(reply);
      clearTimeout(timer);
      timer = setTimeout(onSilence, SILENCE_MS);
    };
    const onError = (error: Error) => settle({ lost: `its thread ended: ${error.message}` });
    const onExit = (code: number) => settle({ lost: `its thread ended with code ${code}` });
    function settle(answer: Answer): void {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      resolve(answer);
    }
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}
