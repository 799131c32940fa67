/**
 * @file What the service is about at a moment, seen from outside, and the moments at which it is killed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@fovea/core/math/random";

export const PHASES = ["reception", "analysis", "delivery"] as const;
export type Phase = (typeof PHASES)[number];

/** How long a phase may go on before the kill, ms: about as long as it lasts. */
const LONGEST_MS: Readonly<Record<Phase, number>> = { reception: 250, analysis: 800, delivery: 800 };
/** A phase that does not come is not waited for. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 50;

export interface Watched {
  /** Address of the service. */
  readonly url: () => string;
  /** Whether somebody is sending to it. */
  readonly isReceiving: () => boolean;
  /** Whether it is sending to somebody. */
  readonly isDelivering: () => boolean;
}

/** Looks again and again: two of the phases are seen at once, the analyses by the service's own numbers. */
export class PhaseWatch {
  readonly #watched: Watched;
  /** Series that wait for analysis or are analysed, and objects that are to be delivered. */
  #series = 0;
  #due = 0;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  start(): void {
    this.#loop = this.#look();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }

  /** Nothing is known of a process that has just ended. */
  forget(): void {
    this.#series = 0;
  }

  /** Series and objects that it has still to work off. */
  get waiting(): number {
    return this.#series + this.#due;
  }

  /** Phases that go on now. */
  get now(): Phase[] {
    const { isReceiving, isDelivering } = this.#watched;
    const goes = { reception: isReceiving(), analysis: this.#series > 0, delivery: isDelivering() };
    return PHASES.filter((phase) => goes[phase]);
  }

  /** A moment at random within `phase`. @returns whether the phase came */
  async within(phase: Phase, random: Random): Promise<boolean> {
    const until = performance.now() + PATIENCE_MS;
    while (!this.now.includes(phase)) {
      if (performance.now() > until) return false;
      await sleep(5);
    }
    await sleep(LONGEST_MS[phase] * random.uniform());
    return true;
  }

  async #look(): Promise<void> {
    while (!this.#ended) {
      try {
        const response = await fetch(`${this.#watched.url()}/metrics`, { signal: AbortSignal.timeout(2000) });
        const text = await response.text();
        this.#series = numberOf(text, "fovea_series_jobs");
        this.#due = numberOf(text, "fovea_deliveries_due");
      } catch {
        // It is being killed or started.
        this.forget();
      }
      await sleep(LOOK_MS);
    }
  }
}

function numberOf(metrics: string, name: string): number {
  const value = Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? 0);
  return Number.isFinite(value) ? value : 0;
}
