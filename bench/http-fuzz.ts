/**
 * @file Damaged HTTP requests, made from a seed, against a running service: each must be answered or cut off, without a crash, a
 * status of 500 and above other than 503, a hang, or memory that is not given back.
 *
 * No measurement of speed. The service runs in a process of its own, with a record, a pool and a model; this one writes bytes to
 * its socket, several at a time.
 */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hashSeed, Random } from "@fovea/core/math/random";
import { readConfig } from "@fovea/node/config/read-config";
import { openService } from "@fovea/node/service/open-service";
import sharp from "sharp";
import { brightDetector } from "../packages/node/test/bright-detector";
import { damagedRequest, seedRequests } from "./harness/http-damage";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    lines: { type: "string", default: "24" },
  },
});
const [requests, seed, lines] = [Number(values.requests), Number(values.seed), Number(values.lines)];

/** A request that is neither answered nor cut off after so long counts as a hang. */
const HANG_MS = 20_000;
/** Nothing comes for so long: the service waits for more, or is busy. */
const QUIET_MS = 1500;
/** Resident memory may grow by so much from the first thousand requests to the end. */
const GROWTH_BYTES = 150 * 2 ** 20;

interface Started {
  readonly port: number;
  readonly key: string;
}

async function child(folder: string): Promise<void> {
  const model = join(folder, "bright.onnx");
  writeFileSync(model, brightDetector());
  const settings = join(folder, "fovea.yaml");
  writeFileSync(settings, "http: {port: 0, max_file: 1MB, requests_per_minute: 10000000}\n");
  const config = await readConfig({ file: settings, flags: { models: [model], dataDir: join(folder, "data") } });
  const failures = { write: (line: string) => void (line.includes('"failed"') && process.stderr.write(line)) };
  const service = await openService(config, { log: { level: "error", stream: failures } });
  process.send?.({ port: Number(new URL(service.url).port), key: service.adminKey ?? "" } satisfies Started);
  process.on("message", () => void service.close().then(() => process.disconnect?.()));
}

/** What became of one request. */
type Outcome = { readonly statuses: readonly number[] } | { readonly hang: true };

function send(port: number, bytes: Buffer): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let answer = "";
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ hang: true });
    }, HANG_MS);
    // Half of the line is closed when nothing more comes: what was cut short will not go on.
    socket.setTimeout(QUIET_MS, () => socket.end());
    socket.on("data", (chunk) => {
      if (answer.length < 2 ** 20) answer += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ statuses: [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)) });
    });
    socket.write(bytes);
  });
}

function residentBytes(pid: number | undefined): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}

async function parent(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-http-fuzz-"));
  const running = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, FUZZ_IN: folder },
  });
  let ended = false;
  running.on("exit", () => {
    ended = true;
  });
  const { port, key } = await new Promise<Started>((resolve, reject) => {
    running.once("message", (message) => resolve(message as Started));
    running.once("exit", () => reject(new Error("the service did not start")));
  });
  const background = { r: 204, g: 204, b: 204 };
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
  const seeds = seedRequests({ key, picture });
  const counts: Record<string, Record<string, number>> = {};
  const faults: string[] = [];
  let next = 0;
  let done = 0;
  let early = 0;

  async function line(): Promise<void> {
    while (next < requests && !ended) {
      const index = next++;
      const { bytes, what } = damagedRequest(seeds, new Random(hashSeed(seed, index)));
      const outcome = await send(port, bytes);
      const statuses = "hang" in outcome ? ["hang"] : outcome.statuses.length === 0 ? ["cut off"] : outcome.statuses;
      counts[what] ??= {};
      for (const status of statuses) counts[what][status] = (counts[what][status] ?? 0) + 1;
      const bad = statuses.filter((status) => status === "hang" || (Number(status) >= 500 && status !== 503));
      if (bad.length > 0) faults.push(`${index} (${what}): ${bad.join(", ")}`);
      done++;
      if (done === Math.min(1000, requests)) early = residentBytes(running.pid);
      if (done % 1000 === 0) console.log(`${done} of ${requests}, ${faults.length} faults`);
    }
  }
  await Promise.all(Array.from({ length: lines }, line));
  if (ended) faults.push(`the service ended after ${done} requests`);
  const late = ended ? 0 : residentBytes(running.pid);
  if (!ended) {
    const alive = await fetch(`http://127.0.0.1:${port}/health/ready`);
    if (alive.status !== 200) faults.push(`ready no more: ${alive.status}`);
    const closed = new Promise((resolve) => running.once("exit", resolve));
    running.send("close");
    await closed;
  }
  rmSync(folder, { recursive: true, force: true });
  if (late - early > GROWTH_BYTES) faults.push(`memory grew by ${((late - early) / 2 ** 20).toFixed(0)} MiB`);
  console.table(counts);
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  console.log(`resident ${mib(early)} MiB after the first thousand, ${mib(late)} at the end; ${faults.length} faults`);
  for (const fault of faults.slice(0, 20)) console.log(fault);
  mkdirSync("bench/results", { recursive: true });
  writeFileSync(
    "bench/results/http-fuzz.json",
    JSON.stringify({ requests, seed, counts, early, late, faults }, null, 1),
  );
  if (faults.length > 0) process.exitCode = 1;
}

const folder = process.env.FUZZ_IN;
await (folder === undefined ? parent() : child(folder));
