/**
 * @file CT slices received by C-STORE: `storescu` sends the same files in turn to our receiver and to DCMTK's `storescp`.
 *
 * The peer at its best: largest PDUs, no delay of small packets (`TCP_NODELAY`), bytes written as they come (`+B`). A turn is one association from the start of `storescu` to its end. Ours writes each object to a file, and renames it, before it
 * answers (`--sync`: puts it on disk as well, which `storescp` never does). After the first turn the data sets of both must be equal,
 * file by file. Memory is the peak of each process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readFileHeader } from "@fovea/node/pacs/part10";
import { freePort, startStorescp, untilAccepts } from "../packages/node/test/dcmtk";
import { writeCtTree } from "./harness/ct-tree";
import { numberOption } from "./harness/pairing-options";
import { untilIdle } from "./harness/processor";
import { report, spread } from "./harness/report";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- c-store [OPTIONS]
  --files N         slices of one association (200)
  --pairs N         turns of each side (9)
  --sync            each object is put on disk before it is answered
  --busy            do not wait for an idle machine before each turn`;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "200" },
    pairs: { type: "string", default: "9" },
    sync: { type: "boolean", default: false },
    busy: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Wall time of one association, ms. */
function send(port: number, tree: string): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    // +C: one context for each class, so that both take the same transfer syntax, Explicit VR Little Endian.
    const options = ["-aec", "ANY", "+C", "+sd", "+r", "localhost", String(port), tree];
    const child = spawn("storescu", options, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject).once("exit", (code) => {
      if (code === 0) resolve(performance.now() - started);
      else reject(new Error(`storescu ended with ${code}`));
    });
  });
}

async function startOurs(out: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const options = ["--port", `${port}`, "--out", out, ...(values.sync ? ["--sync"] : [])];
  const script = join(import.meta.dirname, "ours/c-store.js");
  const child = spawn(process.execPath, ["--enable-source-maps", script, ...options], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await untilAccepts(port, "our receiver");
  return { child, port };
}

const dataSet = (path: string) => {
  const bytes = readFileSync(path);
  return bytes.subarray(readFileHeader(bytes, true)?.dataSetStart);
};

/** Throws at the first object that one side lacks or has otherwise. */
function assertEqual(ours: string, theirs: string, count: number): void {
  const names = readdirSync(ours);
  const others = new Map(readdirSync(theirs).map((name) => [name.slice(name.indexOf(".") + 1), name]));
  for (const name of names) {
    const other = others.get(name.replace(/\.dcm$/, ""));
    if (!other || !dataSet(join(ours, name)).equals(dataSet(join(theirs, other)))) {
      throw new Error(`${name}: storescp has it not, or otherwise`);
    }
  }
  // The tree's made-up UIDs are not all different.
  if (names.length !== others.size || names.length < count / 2) {
    throw new Error(`${names.length} and ${others.size} objects of ${count}`);
  }
  console.log(`${names.length} data sets are equal, byte by byte`);
}

function peakMib(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

async function main(): Promise<void> {
  const files = numberOption("files", values.files);
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-store-"));
  const [tree, ours, theirs] = ["tree", "ours", "theirs"].map((name) => join(folder, name));
  writeCtTree(tree, "plain", files);
  // Debian's DCMTK leaves Nagle's algorithm on, which costs both of its programs 40 ms for each image.
  process.env.TCP_NODELAY = "1";
  const us = await startOurs(ours);
  const peer = await startStorescp(theirs, ["+xa", "-pdu", "131072"]);
  const times: { ours: number; peer: number }[] = [];
  try {
    await send(us.port, tree);
    await send(peer.port, tree);
    assertEqual(ours, theirs, files);
    for (let i = 0; i < numberOption("pairs", values.pairs); i++) {
      const pair = { ours: 0, peer: 0 };
      for (const side of i % 2 === 0 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)) {
        if (!values.busy) await untilIdle();
        pair[side] = await send(side === "ours" ? us.port : peer.port, tree);
      }
      times.push(pair);
      console.log(`${pair.ours.toFixed(0)} ms / ${pair.peer.toFixed(0)} ms`);
    }
    const speed = spread(times.map((pair) => pair.peer / pair.ours));
    const rate = (side: "ours" | "peer") => (1000 * files) / spread(times.map((pair) => pair[side])).median;
    const name = `C-STORE of ${files} CT slices${values.sync ? ", put on disk" : ""}`;
    const cells = [name, rate("ours").toFixed(0), rate("peer").toFixed(0)];
    const ratio = `${speed.median.toFixed(2)} (${speed.p10.toFixed(2)}-${speed.p90.toFixed(2)})`;
    const memory = peakMib(us.child.pid);
    const row = `| ${[...cells, "DCMTK storescp", ratio, memory.toFixed(0), `${times.length}`].join(" | ")} |`;
    const head =
      "| what | Fovea, images/s | peer, images/s | peer | speed against it (10-90 %) | our peak memory, MiB | pairs |\n|---|---|---|---|---|---|---|";
    report(name, row, { times, speed, memory }, head);
  } finally {
    us.child.kill();
    await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
