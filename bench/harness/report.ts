/**
 * @file What a benchmark says in the end: a table to read, a JSON file to keep, a row for docs/performance.md.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

import type { Round } from "./pairs";
import { quantile } from "./quantile";

const RESULTS = "bench/results";

/** A spread: median and the quantiles that hold eight in ten between them. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), p10: quantile(values, 0.1), p90: quantile(values, 0.9) };
}

/** What a benchmark of pairs comes to. */
export interface Summary {
  readonly name: string;
  readonly peer: string;
  /** Medians over the pairs, ms. */
  readonly oursMs: number;
  readonly peerMs: number;
  /** Our speed over the peer's, pair by pair: above 1 we are the faster. */
  readonly speed: Spread;
  /** The same of the best turn of each: what is left when nobody unseen was in the way. */
  readonly bestSpeed: number;
  readonly peakRssMib: Round["peakRssMib"];
  readonly pairs: number;
  readonly voided: number;
}

/** @throws {Error} if no pair of any round is valid */
export function summarise(name: string, peer: string, rounds: readonly Round[]): Summary {
  const pairs = rounds.flatMap((round) => round.pairs);
  const voided = rounds.reduce((sum, round) => sum + round.voided.length, 0);
  if (pairs.length === 0) throw new Error(`all ${voided} pairs are void: something else used the processor`);
  return {
    name,
    peer,
    oursMs: spread(pairs.map(({ ours }) => ours.ms)).median,
    peerMs: spread(pairs.map((pair) => pair.peer.ms)).median,
    speed: spread(pairs.map((pair) => pair.peer.ms / pair.ours.ms)),
    bestSpeed: Math.min(...pairs.map((pair) => pair.peer.ms)) / Math.min(...pairs.map(({ ours }) => ours.ms)),
    peakRssMib: {
      ours: Math.max(...rounds.map(({ peakRssMib }) => peakRssMib.ours)),
      peer: Math.max(...rounds.map(({ peakRssMib }) => peakRssMib.peer)),
    },
    pairs: pairs.length,
    voided,
  };
}

/** Columns of the rows in docs/performance.md. */
const MARKDOWN_HEAD = [
  "| what | Fovea, ms | peer, ms | peer | speed against it (10-90 %) | best turns | peak memory, MiB | pairs (void) |",
  "|---|---|---|---|---|---|---|---|",
].join("\n");

export function markdownRow(summary: Summary): string {
  const { name, peer, oursMs, peerMs, speed, bestSpeed, peakRssMib, pairs, voided } = summary;
  const digits = Math.min(oursMs, peerMs) < 100 ? 1 : 0;
  const cells = [
    name,
    oursMs.toFixed(digits),
    peerMs.toFixed(digits),
    peer,
    `${speed.median.toFixed(2)} (${speed.p10.toFixed(2)}-${speed.p90.toFixed(2)})`,
    bestSpeed.toFixed(2),
    `${peakRssMib.ours.toFixed(0)} / ${peakRssMib.peer.toFixed(0)}`,
    `${pairs} (${voided})`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The machine, as far as a time depends on it. */
export function machine(): Readonly<Record<string, string | number>> {
  const cores = cpus();
  return {
    processor: cores[0]?.model ?? "unknown",
    cores: cores.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** Prints `row` under its head, appends it to `bench/results/rows.md` and keeps `details` as JSON beside it. */
export function report(name: string, row: string, details: object, head: string = MARKDOWN_HEAD): void {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.json`);
  writeFileSync(file, `${JSON.stringify({ machine: machine(), ...details }, null, 2)}\n`);
  appendFileSync(join(RESULTS, "rows.md"), `${row}\n`);
  console.log(`\n${head}\n${row}\n\n${file}`);
}
