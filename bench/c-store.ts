/**
 * @file CT slices received by C-STORE into the record: `storescu` sends the same files in turn to `fovea serve` and to DCMTK's
 * `storescp`.
 *
 * Ours is the built command line with the embedded database: each object encrypted, hashed, noted and put into the record, with
 * its audit entry. Its clock runs until the service itself counts all of them in the record; `storescp`'s until `storescu` has
 * ended. No model is loaded and every series is routed to none: nothing is analysed, in the timed part or later. The peer at
 * its best: largest PDUs, no delay of small packets (`TCP_NODELAY`), bytes written as they come (`+B`). At the end the record is
 * opened, and each data set of the first turn must be what `storescp` has, byte by byte. With `--installed` both programs of DCMTK run as
 * they are installed, without such options: then each image waits for an acknowledgement of TCP.
 *
 * With `--link 1` the senders are a gigabit network away, as a modality is; without, bytes pass at the speed of memory.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readFileHeader } from "@fovea/node/pacs/part10";
import { openStore } from "@fovea/node/store/open-store";
import { freePort, startStorescp, untilAccepts } from "../packages/node/test/dcmtk";
import { writeAssociation } from "./harness/ct-association";
import { type HttpService, startService } from "./harness/http-service";
import { isBehindLink, rerunBehindLink } from "./harness/link";
import { numberOption } from "./harness/pairing-options";
import { familyTicks, untilIdle } from "./harness/processor";
import { report, spread } from "./harness/report";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- c-store [OPTIONS]             (build first: the service is dist)
  --files N         slices of one association (500)
  --associations N  that send at one time, each so many slices (1)
  --link GIGABITS   of a second, which both sides' senders get through (none: loopback as it is)
  --installed       DCMTK's programs as they are installed, without the options that make them fast
  --pairs N         turns of each side (9)
  --warm-up N       turns of each side before that, not counted (4): our code is compiled while it runs
  --busy            do not wait for an idle machine before each turn
  --profile DIR     processor profiles of the service go there`;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "500" },
    associations: { type: "string", default: "1" },
    link: { type: "string" },
    installed: { type: "boolean", default: false },
    pairs: { type: "string", default: "9" },
    "warm-up": { type: "string", default: "4" },
    busy: { type: "boolean", default: false },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const CLI = "packages/node/bin/fovea.js";
const POLL_MS = 5;
/** Clock ticks of /proc are 10 ms. */
const TICK_MS = 10;

type Side = "ours" | "peer";

interface Turn {
  readonly ms: number;
  /** Until the last sender has ended; ours is over once all is in the record. */
  readonly sentMs: number;
  /** Processor time of the receiver. */
  readonly processorMs: number;
}

/** One association, to its end. */
function send(port: number, tree: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // +C: one context for each class, so that both take the same transfer syntax, Explicit VR Little Endian.
    const options = ["-aec", "FOVEA", "+C", "+sd", "localhost", String(port), tree];
    const child = spawn("storescu", options, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject).once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`storescu ended with ${code}`));
    });
  });
}

/** `fovea serve` without a model. */
async function startOurs(folder: string): Promise<{ service: HttpService; dimse: number; dataDir: string }> {
  const [port, dimse] = [await freePort(), await freePort()];
  const [config, dataDir] = [join(folder, "fovea.yaml"), join(folder, "data")];
  writeFileSync(
    config,
    [
      "http: { requests_per_minute: 10000000 }",
      `dimse: { host: 127.0.0.1, port: ${dimse}, ae_title: FOVEA }`,
      "routing: [{ when: {}, model: null }]",
    ].join("\n"),
  );
  const profile = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
  const serve = ["serve", "--config", config, "--data-dir", dataDir, "--no-auth", "--port", `${port}`];
  const command = { label: "fovea serve", executable: process.execPath, arguments: [...profile, CLI, ...serve] };
  const service = await startService(command, port);
  await untilAccepts(dimse, "fovea serve");
  return { service, dimse, dataDir };
}

interface StudyPage {
  readonly studies: readonly { readonly studyUid: string; readonly instances: number }[];
}

/** Until the latest studies, as the service lists them, hold so many images. */
async function untilRecorded(url: string, studies: number, images: number): Promise<void> {
  for (let i = 0; i < 60_000 / POLL_MS; i++) {
    const page = (await (await fetch(`${url}/studies?limit=${studies}`)).json()) as StudyPage;
    if (page.studies.reduce((sum, study) => sum + study.instances, 0) === images) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the record never had all ${images} images of a turn`);
}

async function timed(pid: number, port: number, trees: readonly string[], recorded: () => Promise<void>) {
  const ticks = familyTicks(pid);
  const started = performance.now();
  await Promise.all(trees.map((tree) => send(port, tree)));
  const sentMs = performance.now() - started;
  await recorded();
  const ms = performance.now() - started;
  return { ms, sentMs, processorMs: TICK_MS * (familyTicks(pid) - ticks) } satisfies Turn;
}

const dataSet = (bytes: Buffer) => bytes.subarray(readFileHeader(bytes, true)?.dataSetStart);

/**
 * Opens the record of the service that has ended, and throws at the first object of `trees` that it lacks or has otherwise than
 * `storescp`: `storescu` does not send all files as they lie on the disk.
 */
async function assertKept(dataDir: string, trees: readonly string[], theirs: string): Promise<void> {
  const store = await openStore({ dataDir });
  let same = 0;
  try {
    for (const path of trees.flatMap((tree) => readdirSync(tree).map((name) => join(tree, name)))) {
      const sopUid = readFileHeader(readFileSync(path), true)?.sopUid ?? "";
      const { blob } = (await store.studies.findInstance(sopUid)) ?? {};
      const kept = blob === undefined ? Buffer.alloc(0) : Buffer.from(await store.blobs.read(blob));
      // DCMTK's names for CT images.
      const other = readFileSync(join(theirs, `CT.${sopUid}`));
      if (!dataSet(kept).equals(dataSet(other))) throw new Error("an image is not in the record, or otherwise");
      same++;
    }
  } finally {
    await store.close();
  }
  console.log(`${same} data sets of the record are those that storescp kept, byte by byte`);
}

function peakMib(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

/** DCMTK's receiver; for several associations at a time it makes a process of each. */
async function startPeer(folder: string, associations: number) {
  const fork = associations > 1 ? ["--fork"] : [];
  return startStorescp(folder, [...(values.installed ? [] : ["+B", "+xa", "-pdu", "131072"]), ...fork]);
}

const HEAD = [
  "| what | Fovea, images/s | peer, images/s | peer | speed against it (10-90 %) | processor, ms an image | our peak memory, MiB | pairs |",
  "|---|---|---|---|---|---|---|---|",
].join("\n");

function summary(pairs: readonly Record<Side, Turn>[], files: number, associations: number, memory: number): void {
  const median = (side: Side, of: (turn: Turn) => number) => spread(pairs.map((pair) => of(pair[side]))).median;
  const total = files * associations;
  const speed = spread(pairs.map(({ ours, peer }) => peer.ms / ours.ms));
  const many = associations > 1 ? `, ${associations} at a time` : "";
  const link = values.link === undefined ? "" : `, over ${values.link} Gbit/s`;
  const peer = `DCMTK storescp${values.installed ? ", as installed" : ""}`;
  const name = `C-STORE of ${files} CT slices into the record${many}${link}${values.installed ? ", DCMTK as installed" : ""}`;
  const rate = (side: Side) => ((1000 * total) / median(side, ({ ms }) => ms)).toFixed(0);
  const processor = (["ours", "peer"] as const).map((side) => median(side, (turn) => turn.processorMs) / total);
  const ratio = `${speed.median.toFixed(2)} (${speed.p10.toFixed(2)}-${speed.p90.toFixed(2)})`;
  const cells = [name, rate("ours"), rate("peer"), peer, ratio];
  const costs = [processor.map((ms) => ms.toFixed(2)).join(" / "), memory.toFixed(0), `${pairs.length}`];
  report(name, `| ${[...cells, ...costs].join(" | ")} |`, { pairs, speed, memory }, HEAD);
}

/**
 * The best of some folders: ext4 looks at every file that was deleted within the last minutes beside a folder before it makes
 * one there, which may take longer than all else that is done with an image.
 */
function quickFolder(): string {
  const tried = Array.from({ length: 12 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "fovea-bench-store-"));
    const started = performance.now();
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, `trial${i}`), "");
    return { folder, ms: performance.now() - started };
  }).sort((a, b) => a.ms - b.ms);
  for (const { folder } of tried.slice(1)) rmSync(folder, { recursive: true });
  const [best, worst] = [tried[0], tried[tried.length - 1]].map(({ ms }) => (20 * ms).toFixed(0));
  console.log(`a new file takes ${best} us in the folder that is used, up to ${worst} us in others`);
  return tried[0].folder;
}

async function main(): Promise<void> {
  if (values.link !== undefined && !isBehindLink) rerunBehindLink(numberOption("link", values.link));
  const files = numberOption("files", values.files);
  const associations = numberOption("associations", values.associations);
  const folder = quickFolder();
  const warmUp = Math.max(1, numberOption("warm-up", values["warm-up"]));
  // Debian's DCMTK leaves Nagle's algorithm on, which costs both of its programs 40 ms for each image.
  if (!values.installed) process.env.TCP_NODELAY = "1";
  const us = await startOurs(folder);
  const peer = await startPeer(join(folder, "theirs"), associations);
  // Trees of later turns take the place of each other: ext4 is slow to make files just after many were deleted.
  const treesOf = (turn: number) =>
    Array.from({ length: associations }, (_, i) => {
      const tree = join(folder, `turn${Math.min(turn, 1)}-${i}`);
      writeAssociation(tree, turn * associations + i, files);
      return tree;
    });
  const runs = {
    ours: (trees: readonly string[]) =>
      timed(us.service.pid, us.dimse, trees, () => untilRecorded(us.service.url, associations, files * associations)),
    peer: (trees: readonly string[]) => timed(peer.pid, peer.port, trees, async () => {}),
  };
  const pairs: Record<Side, Turn>[] = [];
  try {
    const first = treesOf(0);
    await runs.ours(first);
    await runs.peer(first);
    for (let i = 1; i < warmUp + numberOption("pairs", values.pairs); i++) {
      const trees = treesOf(i);
      if (i < warmUp) {
        await runs.ours(trees);
        await runs.peer(trees);
        continue;
      }
      const pair: Partial<Record<Side, Turn>> = {};
      for (const side of i % 2 === 1 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)) {
        if (!values.busy) await untilIdle();
        pair[side] = await runs[side](trees);
      }
      pairs.push(pair as Record<Side, Turn>);
      console.log((["ours", "peer"] as const).map((side) => told(side, pair[side])).join("; "));
    }
    const memory = peakMib(us.service.pid);
    await us.service.stop();
    await assertKept(us.dataDir, first, join(folder, "theirs"));
    summary(pairs, files, associations, memory);
  } finally {
    await us.service.stop();
    await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function told(side: Side, { ms = 0, sentMs = 0, processorMs = 0 }: Partial<Turn> = {}): string {
  return `${side} ${ms.toFixed(0)} ms (sent after ${sentMs.toFixed(0)}), processor ${processorMs} ms`;
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
