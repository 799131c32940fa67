/**
 * @file One benchmark of ours against the peer, from two option lists to a row.
 */
import { join } from "node:path";

import { Child, type Command } from "./child";
import { alternate, type Children, type Pair, type PairOptions, type Round } from "./pairs";
import { bestPeer, LAYOUTS, type Variant } from "./peer";
import { markdownRow, report, summarise } from "./report";

export interface Duel {
  /** What is timed, e.g. `"train step yolov8n, 320 px, batch 8"`. */
  readonly name: string;
  /** Bundle of our side, beside the benchmark's own, e.g. `"ours/train-step.js"`. */
  readonly ours: string;
  /** File in bench/peer. */
  readonly peer: string;
  /** Options both sides take. */
  readonly options: readonly string[];
  /** Options of our side alone. @default [] */
  readonly ourOptions?: readonly string[];
  /** Options of the peer alone. @default [] */
  readonly peerOptions?: readonly string[];
  /** Ways to run the peer, of which the fastest is taken. @default its memory layouts */
  readonly variants?: readonly Variant[];
  readonly threads: number;
  /** Both sides are started anew for each: where a process's memory happens to lie is worth up to a tenth. */
  readonly rounds: number;
  /** The peer stands on both sides: shows what the harness itself adds. @default false */
  readonly self?: boolean;
  /** In the peer's place we stand ourselves, doing something else: what to call it, and its options. @default none */
  readonly own?: { readonly label: string; readonly options: readonly string[] };
  readonly pairing: PairOptions;
}

/** Our side: a node process on the bundle that run.mjs made. */
export function oursCommand(bundle: string, options: readonly string[]): Command {
  const path = join(import.meta.dirname, bundle);
  return { label: "Fovea", executable: process.execPath, arguments: ["--enable-source-maps", path, ...options] };
}

function print(pair: Pair, valid: boolean): void {
  const others = 100 * Math.max(pair.ours.others, pair.peer.others);
  const times = `${pair.ours.ms.toFixed(1)} ms / ${pair.peer.ms.toFixed(1)} ms`;
  console.log(`${times}, others ${others.toFixed(1)} %${valid ? "" : ", void"}`);
}

async function startBoth(ours: Command, peer: Command): Promise<Children> {
  return { peer: await Child.start(peer), ours: await Child.start(ours) };
}

/** Runs it, prints every pair as it comes, reports. */
export async function duel(duel: Duel): Promise<void> {
  const {
    options,
    ourOptions = [],
    peerOptions = [],
    variants = LAYOUTS,
    threads,
    rounds,
    self = false,
    own,
    pairing,
  } = duel;
  const name = self ? `${duel.name} (peer against itself)` : duel.name;
  console.log(name);
  const requests = pairing.requests ?? [""];
  const { command: peer, times } = own
    ? { command: { ...oursCommand(duel.ours, own.options), label: own.label }, times: {} }
    : await bestPeer(duel.peer, variants, [...options, ...peerOptions], threads, requests, {
        maxOthers: pairing.maxOthers,
      });
  console.log(`peer: ${peer.label}, of ${JSON.stringify(times)} ms`);
  const done: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    const children = await startBoth(self ? peer : oursCommand(duel.ours, [...options, ...ourOptions]), peer);
    try {
      done.push(await alternate(children, pairing, print));
    } finally {
      children.ours.stop();
      children.peer.stop();
    }
  }
  const summary = summarise(name, peer.label, done);
  report(name, markdownRow(summary), { summary, variants: times, rounds: done });
}
