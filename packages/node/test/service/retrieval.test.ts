/**
 * @file Studies fetched from a PACS: what comes is received, recorded and analysed like what a modality sends.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { startReceiver } from "@fovea/node/pacs/receiver";
import { afterAll, describe, expect, test } from "vitest";
import { openJobQueue } from "../../src/jobs/boss-queue";
import type { PacsPeer } from "../../src/pacs/peer";
import { type PipelineOptions, startPipeline } from "../../src/pipeline/pipeline";
import { RETRIEVE } from "../../src/pipeline/retrieval";
import type { Store } from "../../src/store/open-store";
import { dcmtkAvailable, freePort, startArchive } from "../dcmtk";
import { startMemoryPacs } from "../pacs/memory-pacs";
import { ctFile } from "../pacs/memory-sink";
import { receiverConfig } from "../pacs/receiver-config";
import { type Engine, onEachEngine } from "../stores";
import { FakePool, fakeObjects } from "./pipeline-fakes";
import { until } from "./waiting";

const STUDY = "1.2.826.0.1.3680043.10.1";
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const peerAt = (port: number, aeTitle = "PACS") =>
  dimsePeer({ name: "pacs", send: [], dimse: { host: "127.0.0.1", port, aeTitle, callingAe: "FOVEA" } });

async function running(engine: Engine, peer: PacsPeer, config: Partial<PipelineOptions["config"]> = {}) {
  const store = await engine.open();
  const queue = await openJobQueue(store.database, { graceMs: 50 });
  const pipeline = await startPipeline({
    ...{ store, queue, pool: new FakePool(), judge: { judge: () => ({}) }, buildObjects: fakeObjects },
    peers: new Map([["pacs", peer]]),
    config: {
      ...{ routing: [], completeness: { quietMs: 300 }, destinations: [{ name: "pacs", send: [] }], retention: {} },
      ...config,
    },
  });
  closing.push(() => pipeline.stop(50));
  const retrieve = (study: number, series?: number) =>
    queue.add(RETRIEVE, {
      ...{ pacs: "pacs", actor: "key:anna", studyUid: `${STUDY}.${study}` },
      ...(series !== undefined && { seriesUid: `${STUDY}.${study}.${series}` }),
    });
  return { store, pipeline, retrieve };
}

async function analysed(store: Store, study: number): Promise<void> {
  await until(async () => (await store.studies.find(`${STUDY}.${study}`))?.state === "analysed", 60);
}

onEachEngine("a retrieval", (engine) => {
  test("brings a study, or a series of it, into the record by C-GET, once however often it runs", async () => {
    const pacs = await startMemoryPacs();
    closing.push(() => pacs.close());
    const peer = peerAt(pacs.port);
    await peer.send(await Promise.all([1, 2, 3].map((i) => ctFile(i, { study: 5, series: i === 3 ? 2 : 1 }))));
    const { store, retrieve } = await running(engine, peer);
    await retrieve(5, 1);
    await analysed(store, 5);
    expect((await store.studies.instances(`${STUDY}.5.1`)).length).toBe(2);
    expect(await store.studies.findSeries(`${STUDY}.5.2`)).toBeUndefined();
    await retrieve(5);
    await until(async () => (await store.studies.instances(`${STUDY}.5.2`)).length === 1, 60);
    await until(async () => (await store.audit.list({ action: "pacs.retrieved" })).length === 2, 60);
    const [last] = await store.audit.list({ action: "pacs.retrieved" });
    expect(last).toMatchObject({ actor: "key:anna", subject: `${STUDY}.5`, details: { stored: 3, refused: 0 } });
    const received = await store.audit.list({ action: "instance.receive" });
    expect(received.map(({ actor }) => actor)).toEqual(["key:anna", "key:anna", "key:anna"]);
  });
});

const why = dcmtkAvailable ? "" : " (skipped: DCMTK is not installed)";
describe.skipIf(!dcmtkAvailable)(`against dcmqrscp${why}`, () => {
  onEachEngine("a retrieval", (engine) => {
    test.runIf(engine.kind === "pglite").each(["get", "move"] as const)("comes by C-%s", async (retrieveBy) => {
      const port = await freePort();
      const archive = await startArchive(mkdtempSync(join(tmpdir(), "fovea-archive-")), { FOVEA: port });
      closing.push(() => archive.stop());
      const peer = peerAt(archive.port, "ARCHIVE");
      await peer.send(await Promise.all([1, 2].map((i) => ctFile(i, { study: 8 }))));
      const dimse = { ...receiverConfig(), port };
      const destinations = [{ name: "pacs", send: [], retrieveBy }];
      const { store, pipeline, retrieve } = await running(engine, peer, { destinations, dimse });
      const receiver = await startReceiver({ config: dimse, sink: pipeline.reception });
      closing.push(() => receiver.close());
      await retrieve(8);
      await analysed(store, 8);
      expect((await store.studies.instances(`${STUDY}.8.1`)).length).toBe(2);
    });
  });
});
