/**
 * @file Damaged DICOM associations, made from a seed: each must be refused or served, without a crash, a hang or a leak.
 *
 * No measurement of speed. A child process runs the receiver on a sink that forgets; the parent speaks to it, thirty-two at a
 * time. A connection that is still open after 10 s is a hang, an end of the child is a crash; resident memory of the child is told
 * after each thousand.
 */
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startReceiver } from "@fovea/node/pacs/receiver";
import { conversation, damagedConversation, spoken } from "../packages/node/test/pacs/conversation";
import { memorySink } from "../packages/node/test/pacs/memory-sink";
import { receiverConfig } from "../packages/node/test/pacs/receiver-config";

const HANG_MS = 10_000;
const AT_A_TIME = 32;

const { values } = parseArgs({
  options: { associations: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const [associations, seed] = [Number(values.associations), Number(values.seed)];

/** What the receiver tells when asked. */
interface State {
  readonly port: number;
  readonly open: number;
  readonly pending: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly rssMib: number;
}

async function child(): Promise<void> {
  const sink = memorySink();
  const ends: Record<string, number> = {};
  const receiver = await startReceiver({
    config: receiverConfig({ maxAssociations: 64 }),
    sink,
    times: { artimMs: 1000, idleMs: 1000, pduMs: 1000 },
    onAssociation: ({ how }) => {
      ends[how] = (ends[how] ?? 0) + 1;
    },
  });
  const tell = () => {
    sink.kept.length = 0;
    globalThis.gc?.();
    const rssMib = process.memoryUsage().rss / 2 ** 20;
    const state: State = { port: receiver.port, open: receiver.associations, pending: sink.pending, ends, rssMib };
    process.send?.(state);
  };
  process.on("message", tell);
  process.on("disconnect", () => process.exit(0));
}

async function parent(): Promise<void> {
  const running = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, FUZZ_CHILD: "1" },
    execArgv: ["--expose-gc"],
  });
  const faults: string[] = [];
  let over = false;
  running.on("exit", (code, signal) => {
    if (over) return;
    console.error(`the receiver ended with ${code ?? signal}`);
    process.exit(1);
  });
  const state = () =>
    new Promise<State>((resolve) => {
      running.once("message", (message) => resolve(message as State));
      running.send("state");
    });
  const { port } = await state();
  const rss: number[] = [];
  const counts: Record<string, number> = {};
  let slowest = 0;
  let next = 0;
  let done = 0;
  const speak = async () => {
    while (next < associations) {
      const index = next++;
      const { bytes, what } = damagedConversation(seed, index);
      counts[what] = (counts[what] ?? 0) + 1;
      const started = performance.now();
      // Every second one leaves the connection half open behind its last byte.
      if (!(await spoken(port, bytes, HANG_MS, index % 2 === 0)))
        faults.push(`${index} (${what}): open after ${HANG_MS} ms`);
      slowest = Math.max(slowest, performance.now() - started);
      if (++done % 1000 === 0) {
        const { rssMib } = await state();
        rss.push(rssMib);
        console.log(`${done} of ${associations}: ${rssMib.toFixed(0)} MiB, ${faults.length} faults`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, speak));
  const served = await spoken(port, conversation(), HANG_MS);
  if (served?.[0] !== 2) faults.push("an honest association is not served any more");
  const end = await state();
  if (end.open > 0 || end.pending > 0) faults.push(`${end.open} associations and ${end.pending} drafts are left`);
  console.table(counts);
  console.log(end.ends);
  const peak = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${running.pid}/status`, "utf8"))?.[1] ?? 0);
  console.log(
    `slowest ${slowest.toFixed(0)} ms; peak of memory ${(peak / 2 ** 20).toFixed(0)} MiB; ${faults.length} faults`,
  );
  for (const fault of faults.slice(0, 20)) console.log(fault);
  mkdirSync("bench/results", { recursive: true });
  const result = { associations, seed, counts, ends: end.ends, slowest, peak, rss, faults };
  writeFileSync("bench/results/dimse-fuzz.json", JSON.stringify(result, null, 1));
  if (faults.length > 0) process.exitCode = 1;
  over = true;
  running.disconnect();
}

await (process.env.FUZZ_CHILD ? child() : parent());
