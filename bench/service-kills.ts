/**
 * @file Kills the service at random moments while it receives, analyses and delivers, starts it again each time, and checks at
 * the end: whatever was acknowledged is in the record with the same bytes and was analysed, and each result arrived exactly once.
 *
 * No measurement of speed. The service is the built command line; images go to it by C-STORE and STOW-RS, results come back by
 * C-STORE and STOW-RS. The moments follow from the seed as far as the machine lets them: a phase is waited for, then a while.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { StudyList } from "@fovea/core/contract/study";
import { Random } from "@fovea/core/math/random";
import { brightDetector } from "../packages/node/test/bright-detector";
import { type DimseArchive, openDimseArchive } from "../packages/node/test/pacs/dimse-archive";
import { missingPostgres, startPostgres } from "../packages/node/test/postgres-server";
import { type Verdict, verdictOf } from "../packages/node/test/service/record-faults";
import { Served } from "../packages/node/test/service/served";
import { openWebArchive, type WebArchive } from "../packages/node/test/service/web-archive";
import { freePorts } from "./harness/free-ports";
import { PHASES, type Phase, PhaseWatch } from "./harness/kill-moments";
import { Modalities } from "./harness/modality";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- service-kills [OPTIONS]
  --kills N         in turn while it receives, analyses, delivers (50)
  --seed N          (1)
  --instances N     of each study, in two series (8)
  --size PX         edge of an image (256)
  --postgres        the record lies in a PostgreSQL that is started for it
  --keep            keep the folder`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    instances: { type: "string", default: "8" },
    size: { type: "string", default: "256" },
    postgres: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** What has gone wrong by then stays wrong: an archive that was away is tried again after ten to fifteen minutes at most. */
const SETTLE_MS = 1_000_000;
/** Series and objects that wait at most while more is sent. */
const MOST_WAITING = 12;
/** Of a hundred kills, so many more while it starts; of a hundred starts, so many with both archives away. */
const [WHILE_STARTING, AWAY] = [0.1, 0.1];

function configuration(folder: string, ports: Record<"http" | "dimse" | "archive", number>, web: string): string {
  return `data_dir: ${join(folder, "data")}
http: {port: ${ports.http}, requests_per_minute: 1000000}
auth: {mode: none}
dimse: {port: ${ports.dimse}}
models: [{file: ${join(folder, "bright.onnx")}}]
completeness: {quiet: 500ms}
destinations:
  - {name: web, send: [sr, sc, gsps], dicom_web: {url: "${web}"}}
  - {name: dimse, send: [sr, sc, gsps], dimse: {host: 127.0.0.1, port: ${ports.archive}, ae_title: ARCHIVE}}
`;
}

interface Scene {
  readonly service: Served;
  readonly web: WebArchive;
  readonly dimse: DimseArchive;
  readonly modalities: Modalities;
  readonly watch: PhaseWatch;
  readonly random: Random;
}

/** How many kills fell where. A moment may belong to several phases, or to none. */
type Tally = Record<Phase | "none" | "starting", number>;

async function kills(count: number, scene: Scene): Promise<Tally> {
  const tally: Tally = { reception: 0, analysis: 0, delivery: 0, none: 0, starting: 0 };
  const { service, web, dimse, watch, random } = scene;
  for (let kill = 1; kill <= count; kill++) {
    await watch.within(PHASES[kill % PHASES.length], random);
    const phases = watch.now;
    await service.kill();
    watch.forget();
    for (const phase of phases.length === 0 ? (["none"] as const) : phases) tally[phase]++;
    web.away = random.uniform() < AWAY;
    dimse.away = web.away;
    if (random.uniform() < WHILE_STARTING) {
      const starting = service.start();
      await sleep(3000 * random.uniform());
      await service.kill();
      await starting;
      tally.starting++;
    }
    await service.start();
    web.away = false;
    dimse.away = false;
    if (!service.isRunning) throw new Error(`did not start after kill ${kill}:\n${service.complaint}`);
    if (kill % 10 === 0) console.log(`${kill} kills, ${web.stored.size + dimse.stored.size} results arrived`);
  }
  return tally;
}

/** Until the service has nothing left to do. */
async function settled({ service, watch, modalities, web, dimse }: Scene): Promise<void> {
  const until = performance.now() + SETTLE_MS;
  await modalities.stop();
  for (let calm = 0; calm < 20 && performance.now() < until; ) {
    await sleep(250);
    const response = await fetch(`${service.url}/studies?limit=200`);
    const { studies } = (await response.json()) as StudyList;
    const open = studies.some(({ state }) => state === "receiving" || state === "queued");
    calm = open || watch.waiting > 0 || web.busy + dimse.busy > 0 ? 0 : calm + 1;
  }
}

async function main(): Promise<void> {
  const [count, seed] = [Number(values.kills), Number(values.seed)];
  const random = new Random(seed);
  const missing = values.postgres ? missingPostgres() : undefined;
  if (missing !== undefined) throw new Error(missing);
  const server = values.postgres ? await startPostgres() : undefined;
  const databaseUrl = await server?.database();
  const folder = await mkdtemp(join(tmpdir(), "fovea-service-kills-"));
  const slowMs = () => 200 * Math.random();
  const [web, dimse] = [await openWebArchive(slowMs), await openDimseArchive({ slowMs })];
  const [http, dimsePort] = await freePorts(2);
  const ports = { http, dimse: dimsePort, archive: dimse.port };
  await writeFile(join(folder, "bright.onnx"), brightDetector());
  const file = join(folder, "fovea.yaml");
  await writeFile(file, configuration(folder, ports, web.url));
  const service = new Served(["--config", file, "--log", "error"], {
    environment: databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl },
    packageFolder: resolve("packages/node"),
  });
  const watch: PhaseWatch = new PhaseWatch({
    url: () => service.url,
    isReceiving: () => modalities.isSending,
    isDelivering: () => web.busy + dimse.busy > 0,
  });
  const modalities = new Modalities({
    ...{ port: ports.http, dimsePort: ports.dimse, instances: Number(values.instances), size: Number(values.size) },
    mayBegin: () => service.isRunning && watch.waiting < MOST_WAITING,
  });
  const scene: Scene = { service, web, dimse, modalities, watch, random };
  try {
    await service.start();
    watch.start();
    modalities.start();
    const tally = await kills(count, scene);
    await settled(scene);
    await watch.stop();
    const code = await service.stop();
    if (code !== 0) throw new Error(`ended with code ${code} when it was asked to end:\n${service.complaint}`);
    const arrived = new Map([
      ["web", web.stored],
      ["dimse", new Map([...dimse.stored].map(([uid, { requests }]) => [uid, requests]))],
    ]);
    const place = { dataDir: join(folder, "data"), ...(databaseUrl !== undefined && { databaseUrl }) };
    const verdict = await verdictOf(place, { acknowledged: modalities.acknowledged, arrived });
    report(tally, scene, verdict);
  } finally {
    await service.kill();
    await Promise.all([web.close(), dimse.close()]);
    server?.remove();
    if (!values.keep) await rm(folder, { recursive: true, force: true });
  }
}

function report(tally: Tally, { modalities, web, dimse }: Scene, verdict: Verdict): void {
  const { reception, analysis, delivery, none, starting } = tally;
  const { images, series, deliveries, auditEntries, faults } = verdict;
  console.log(`seed ${values.seed}, ${values.postgres ? "PostgreSQL" : "PGlite"}, ${values.kills} kills`);
  console.log(
    `  while it received ${reception}, analysed ${analysis}, delivered ${delivery} (a moment may be several);`,
  );
  console.log(`  while it did nothing of these ${none}; and ${starting} more while it started`);
  console.log(
    `${images} images of ${modalities.studies} studies in the record, ${modalities.acknowledged.size} acknowledged, ${series} series`,
  );
  console.log(`results: ${deliveries} planned; ${web.stored.size} arrived by STOW-RS, ${dimse.stored.size} by C-STORE`);
  console.log(`  C-STORE requests that a kill cut: ${dimse.broken}`);
  console.log(`audit log: ${auditEntries} entries`);
  for (const fault of faults.slice(0, 50)) console.log(`FAULT ${fault}`);
  if (faults.length > 0) {
    console.log(`${faults.length} faults`);
    process.exitCode = 1;
  } else console.log("nothing acknowledged was lost, nothing arrived twice, no file is left over");
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
