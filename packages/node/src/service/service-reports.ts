/**
 * @file Where background work tells what went wrong: the service's log, without messages that may quote what was received.
 */
import { FoveaError } from "@fovea/core/errors";
import { NotFiled } from "../pipeline/importer";

interface Log {
  error(details: object, message: string): void;
}

const MESSAGE = "background work failed; it goes on";

/** What was told before there was a log. */
const MOST_KEPT = 100;

export class ServiceReports {
  #log: Log | undefined;
  readonly #kept: object[] = [];

  /** A place that tells of its errors. */
  of(where: string): (error: unknown) => void {
    return (error) => this.tell(error, where);
  }

  tell(error: unknown, where: string): void {
    const facts = { where, ...factsOf(error) };
    if (this.#log !== undefined) this.#log.error(facts, MESSAGE);
    else if (this.#kept.length < MOST_KEPT) this.#kept.push(facts);
  }

  /** From now on here, beginning with what was kept. */
  to(log: Log): void {
    this.#log = log;
    for (const facts of this.#kept.splice(0)) log.error(facts, MESSAGE);
  }
}

function factsOf(error: unknown): object {
  if (error instanceof FoveaError) return { code: error.code };
  if (error instanceof NotFiled) return { type: error.name, ...error.facts };
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return { type: error.name, frames: frames.slice(0, 6).map((line) => line.trim()) };
}
