/**
 * @file Options every paired benchmark takes on its command line.
 */
import type { PairOptions } from "./pairs";

/** For `parseArgs`. */
export const PAIRING_OPTIONS = {
  rounds: { type: "string", default: "3" },
  pairs: { type: "string", default: "5" },
  "warm-up": { type: "string", default: "5" },
  "turn-ms": { type: "string", default: "1500" },
  "max-others": { type: "string", default: "0.05" },
  threads: { type: "string", default: "2" },
  self: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export const PAIRING_HELP = `
  --rounds N        both sides are started anew for each (3)
  --pairs N         valid pairs wanted of a round (5)
  --warm-up N       steps of each side that count for nothing (5)
  --turn-ms MS      each turn repeats its step for at least this long (1500)
  --max-others X    a pair is void if anything else used more than this share of the processor (0.05)
  --threads N       of each side (2)
  --self            the peer against itself: what the harness alone adds`;

/** A number of the command line. Throws on anything else. */
export function numberOption(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${name}: ${JSON.stringify(text)} is no number`);
  }
  return value;
}

export function pairOptions(values: Readonly<Record<"pairs" | "warm-up" | "turn-ms" | "max-others", string>>) {
  return {
    pairs: numberOption("pairs", values.pairs),
    warmUp: numberOption("warm-up", values["warm-up"]),
    turnMs: numberOption("turn-ms", values["turn-ms"]),
    maxOthers: numberOption("max-others", values["max-others"]),
  } satisfies PairOptions;
}
