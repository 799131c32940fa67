/**
 * @file Kills the service at random moments while it receives, analyses and delivers, starts it again each time, and checks at
 * the end: whatever was acknowledged is in the record and was analysed, and each result arrived exactly once.
 *
 * No measurement of speed. The service is the built command line; images go to it by C-STORE, results come back by STOW-RS.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { StudyDetail } from "@fovea/core/contract/study";
import { Random } from "@fovea/core/math/random";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { brightDetector } from "../packages/node/test/bright-detector";
import { ctFile } from "../packages/node/test/pacs/memory-sink";
import { Served } from "../packages/node/test/service/served";
import { openWebArchive } from "../packages/node/test/service/web-archive";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- service-kills [OPTIONS]
  --kills N         (50)
  --seed N          (1)
  --longest MS      a process lives so long at most before it is killed (4000)
  --instances N     of each study, in two series (8)
  --keep            keep the folder`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    longest: { type: "string", default: "4000" },
    instances: { type: "string", default: "8" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const STUDY = "1.2.826.0.1.3680043.10.1.";
/** A result that found the archive away after many attempts is tried again after ten minutes, and half as much. */
const SETTLE_MS = 1_000_000;
/** Studies that are sent while processes are killed; then only what is left is finished. */
const MOST_STUDIES = 60;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends studies one after another, as a modality does: what was not acknowledged is sent again. */
class Modality {
  /** By study number. */
  readonly acknowledged = new Map<number, Set<string>>();
  readonly #port: number;
  #stopped = false;

  constructor(port: number) {
    this.#port = port;
  }

  async run(instances: number): Promise<void> {
    for (let study = 1; study <= MOST_STUDIES && !this.#stopped; study++) await this.#sendStudy(study, instances);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #sendStudy(study: number, instances: number): Promise<void> {
    const files = await Promise.all(
      Array.from({ length: instances }, (_, i) => ctFile(i + 1, { study, series: 1 + (i % 2) })),
    );
    const done = new Set<string>();
    this.acknowledged.set(study, done);
    const dimse = { host: "127.0.0.1", port: this.#port, aeTitle: "FOVEA", callingAe: "MODALITY" };
    const peer = dimsePeer({ name: "service", send: [], dimse });
    for (let waiting: readonly OutgoingObject[] = files; waiting.length > 0; ) {
      const outcomes = await peer.send(waiting);
      outcomes.forEach(({ state }, i) => {
        if (state === "stored") done.add(waiting[i].sopUid);
      });
      waiting = waiting.filter(({ sopUid }) => !done.has(sopUid));
      if (waiting.length > 0) await sleep(100);
    }
  }
}

async function detailOf(url: string, study: number): Promise<StudyDetail | undefined> {
  const response = await fetch(`${url}/studies/${STUDY}${study}`);
  return response.ok ? ((await response.json()) as StudyDetail) : undefined;
}

/** What is wrong with a study; empty if nothing is. */
function faultsOf(study: number, acknowledged: ReadonlySet<string>, detail: StudyDetail | undefined): string[] {
  if (detail === undefined) return [`study ${study} is not in the record`];
  const faults: string[] = [];
  const here = new Set(detail.series.flatMap(({ instances }) => instances.map(({ sop_uid }) => sop_uid)));
  const lost = [...acknowledged].filter((uid) => !here.has(uid));
  if (lost.length > 0) faults.push(`study ${study}: ${lost.length} acknowledged images are not in the record`);
  if (detail.study.state !== "analysed") faults.push(`study ${study} is ${detail.study.state}`);
  // The detector finds one thing in each image.
  if (detail.findings.length !== here.size)
    faults.push(`study ${study}: ${detail.findings.length} findings of ${here.size} images`);
  const reports = detail.deliveries.filter(({ kind }) => kind === "sr").length;
  if (reports < detail.series.length)
    faults.push(`study ${study}: ${reports} reports of ${detail.series.length} series`);
  const unsent = detail.deliveries.filter(({ state }) => state !== "sent").length;
  if (unsent > 0) faults.push(`study ${study}: ${unsent} results are not sent`);
  return faults;
}

async function allFaults(url: string, modality: Modality): Promise<{ faults: string[]; deliveries: number }> {
  const faults: string[] = [];
  let deliveries = 0;
  for (const [study, acknowledged] of modality.acknowledged) {
    if (acknowledged.size === 0) continue;
    const detail = await detailOf(url, study);
    faults.push(...faultsOf(study, acknowledged, detail));
    deliveries += detail?.deliveries.length ?? 0;
  }
  return { faults, deliveries };
}

function configuration(folder: string, port: number, dimsePort: number, archive: string): string {
  return `data_dir: ${join(folder, "data")}
http: {port: ${port}, requests_per_minute: 1000000}
auth: {mode: none}
dimse: {port: ${dimsePort}}
models: [{file: ${join(folder, "bright.onnx")}}]
completeness: {quiet: 500ms}
destinations: [{name: archive, send: [sr, sc, gsps], dicom_web: {url: "${archive}"}}]
`;
}

async function main(): Promise<void> {
  const [kills, longest, instances] = [Number(values.kills), Number(values.longest), Number(values.instances)];
  const random = new Random(Number(values.seed));
  const folder = await mkdtemp(join(tmpdir(), "fovea-service-kills-"));
  const archive = await openWebArchive(() => 200 * random.uniform());
  const [port, dimsePort] = [await freePort(), await freePort()];
  await writeFile(join(folder, "bright.onnx"), brightDetector());
  const file = join(folder, "fovea.yaml");
  await writeFile(file, configuration(folder, port, dimsePort, archive.url));
  const service = new Served(["--config", file, "--log", "error"], { main: "packages/node/bin/fovea.js" });
  const modality = new Modality(dimsePort);
  try {
    await service.start();
    const sending = modality.run(instances);
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(longest * random.uniform());
      await service.kill();
      archive.away = random.uniform() < 0.1;
      await service.start();
      archive.away = false;
      if (!service.isRunning) throw new Error(`did not start after kill ${kill}:\n${service.complaint}`);
      if (kill % 10 === 0) console.log(`${kill} kills, ${archive.stored.size} results arrived`);
    }
    modality.stop();
    await sending;
    const until = performance.now() + SETTLE_MS;
    let last = await allFaults(service.url, modality);
    while (last.faults.length > 0 && performance.now() < until) {
      await sleep(1000);
      last = await allFaults(service.url, modality);
    }
    await sleep(3000);
    last = await allFaults(service.url, modality);
    report(kills, modality, archive.stored, last);
    const code = await service.stop();
    if (code !== 0) throw new Error(`ended with code ${code} when it was asked to end:\n${service.complaint}`);
  } finally {
    await service.kill();
    await archive.close();
    if (!values.keep) await rm(folder, { recursive: true, force: true });
  }
}

function report(
  kills: number,
  modality: Modality,
  stored: ReadonlyMap<string, number>,
  { faults, deliveries }: { readonly faults: readonly string[]; readonly deliveries: number },
): void {
  const images = [...modality.acknowledged.values()].reduce((sum, { size }) => sum + size, 0);
  const twice = [...stored.values()].filter((count) => count > 1).length;
  console.log(`${kills} kills: ${images} images acknowledged in ${modality.acknowledged.size} studies`);
  console.log(`results: ${deliveries} planned, ${stored.size} arrived, ${twice} more than once`);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  if (faults.length > 0 || twice > 0 || deliveries !== stored.size) process.exitCode = 1;
  else console.log("nothing acknowledged was lost, nothing arrived twice");
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
