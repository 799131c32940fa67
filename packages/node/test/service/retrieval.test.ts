/**
 * @file Studies fetched from a PACS: what comes is received, recorded and analysed like what a modality sends.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { startReceiver } from "@fovea/node/pacs/receiver";
import { afterAll, describe, expect, test } from "vitest";
import { openJobQueue } from "../../src/jobs/boss-queue";
import type { PacsPeer } from "../../src/pacs/peer";
import { type PipelineOptions, startPipeline } from "../../src/pipeline/pipeline";
import { RETRIEVE, Retrieval, type RetrievalOptions } from "../../src/pipeline/retrieval";
import type { Store } from "../../src/store/open-store";
import { dcmtkAvailable, freePort, startArchive } from "../dcmtk";
import { startMemoryPacs } from "../pacs/memory-pacs";
import { ctFile } from "../pacs/memory-sink";
import { receiverConfig } from "../pacs/receiver-config";
import { received } from "../received-instances";
import { type Engine, onEachEngine } from "../stores";
import { FakePacs, FakePool, fakeObjects } from "./pipeline-fakes";
import { until } from "./waiting";

const STUDY = "1.2.826.0.1.3680043.10.1";
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const peerAt = (port: number, aeTitle = "PACS") =>
  dimsePeer({ name: "pacs", send: [], dimse: { host: "127.0.0.1", port, aeTitle, callingAe: "FOVEA" } });

function wanted(study: number, series?: number) {
  return {
    ...{ pacs: "pacs", actor: "key:anna", studyUid: `${STUDY}.${study}` },
    ...(series !== undefined && { seriesUid: `${STUDY}.${study}.${series}` }),
  };
}

/** Where an object of `ctFile` belongs. */
function placed(study: number, series: number) {
  return { studyUid: `${STUDY}.${study}`, seriesUid: `${STUDY}.${study}.${series}` };
}

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
  const retrieve = async (study: number, series?: number) => {
    const { retrievalId } = await store.retrievals.ask(wanted(study, series));
    await queue.add(RETRIEVE, { retrievalId });
  };
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
    expect(await store.retrievals.latest(1)).toMatchObject([{ state: "complete", attempts: 1, stored: 3, refused: 0 }]);
  });

  test("that broke off goes on with what was not filed since it was asked for, and says of all of it that it came", async () => {
    const pacs = await startMemoryPacs();
    closing.push(() => pacs.close());
    const peer = peerAt(pacs.port);
    const objects = await Promise.all([1, 2, 3, 4, 5].map((i) => ctFile(i, { study: 6, series: i > 3 ? 2 : 1 })));
    await peer.send(objects);
    const uids = objects.map(({ sopUid }) => sopUid);
    const { store, pipeline, retrieve } = await running(engine, peer);
    // The first image is here since before, and may be another one: it is fetched each time.
    await store.studies.accept([received(1, { ...placed(6, 1), sopUid: uids[0], sha256: "0".repeat(64) })]);
    pacs.breaksAfter = 3;
    await retrieve(6);
    await until(async () => (await store.retrievals.latest(1))[0].state === "waiting", 60);
    await until(async () => pipeline.backlog === 0 && (await store.studies.instances(`${STUDY}.6.1`)).length === 3, 60);
    expect(pacs.given).toEqual(uids.slice(0, 3));
    pacs.breaksAfter = undefined;
    await retrieve(6);
    await until(async () => (await store.retrievals.latest(1))[0].endedAt !== undefined, 60);
    expect(pacs.given.slice(3).toSorted()).toEqual([uids[0], uids[3], uids[4]]);
    expect(await store.retrievals.latest(2)).toMatchObject([{ state: "partial", attempts: 2, stored: 4, refused: 1 }]);
    await until(async () => (await store.studies.instances(`${STUDY}.6.2`)).length === 2, 60);
  });

  /** A retrieval of three objects, of which the first becomes what `statuses` say, in turn; and then the PACS may throw. */
  async function retrieval(statuses: readonly number[], after: () => void = () => undefined) {
    const store = await engine.emptied();
    const left = [...statuses];
    let received = 0;
    const peer = Object.assign(new FakePacs(), {
      async *retrieve() {
        for (let i = 0; i < 3; i++) yield Readable.from(["x"]);
        after();
      },
    });
    const reception: RetrievalOptions["reception"] = {
      receive: async () => ({ status: received++ % 3 === 0 ? (left.shift() ?? 0) : 0 }),
    };
    const options = { ...store, peers: new Map([["pacs", peer]]), reception, moveTo: new Map<string, string>() };
    const { retrievalId } = await store.retrievals.ask(wanted(5));
    const job = new Retrieval(options);
    return { store, retrievalId, run: () => job.run({ retrievalId }, new AbortController().signal), job };
  }

  // PS3.7 C.5.15: 0x0110 is a processing failure: ours, not the object's.
  test.each([
    [0x0110, "write_failed"],
    [0xa700, "busy"],
  ])("comes again while an object cannot be kept here (0x%s)", async (status, code) => {
    const { store, retrievalId, run } = await retrieval([status]);
    await expect(run()).rejects.toMatchObject({ code });
    expect(await store.retrievals.find(retrievalId)).toMatchObject({
      ...{ state: "waiting", attempts: 1, reason: expect.stringContaining(code) },
    });
    await run();
    expect(await store.retrievals.find(retrievalId)).toMatchObject({ state: "complete", attempts: 2, stored: 3 });
    expect(await store.audit.list({ action: "pacs.retrieved" })).toHaveLength(1);
    // A second job of the same finds nothing to do.
    await run();
    expect(await store.audit.list({ action: "pacs.retrieved" })).toHaveLength(1);
  });

  test("that brought objects which are refused here does not end as complete", async () => {
    const { store, retrievalId, run } = await retrieval([0xc000]);
    await run();
    expect(await store.retrievals.find(retrievalId)).toMatchObject({
      ...{ state: "partial", stored: 2, refused: 1, reason: expect.stringContaining("1 of 3 objects were refused") },
    });
  });

  test("that never ends is given up where everybody sees it, with the reason, and can be asked for again", async () => {
    const fault = new FoveaError("peer_unreachable", 'no connection to "Curie^Marie" (ECONNREFUSED)');
    const { store, retrievalId, run, job } = await retrieval([], () => {
      throw fault;
    });
    await expect(run()).rejects.toBe(fault);
    // Who asks for the same meanwhile is told of the same.
    expect(await store.retrievals.ask(wanted(5))).toMatchObject({ retrievalId, state: "waiting" });
    await job.giveUp({ retrievalId });
    expect(await store.retrievals.find(retrievalId)).toMatchObject({
      // What a message quotes is not written down: it may be of a damaged file.
      ...{ state: "failed", attempts: 1, reason: expect.stringContaining('no connection to "…" (ECONNREFUSED)') },
    });
    expect(await store.audit.list({ action: "pacs.fail" })).toMatchObject([
      { actor: "key:anna", subject: `${STUDY}.5` },
    ]);
    const next = await store.retrievals.ask(wanted(5));
    expect(next.retrievalId).not.toBe(retrievalId);
    expect((await store.retrievals.latest(10)).map(({ state }) => state)).toEqual(["waiting", "failed"]);
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
