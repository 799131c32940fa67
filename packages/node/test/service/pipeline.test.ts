/**
 * @file From reception to delivery, with a pool and a PACS in memory.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import { expect, test } from "vitest";
import type { ServiceConfig } from "../../src/config/service-config";
import { openJobQueue } from "../../src/jobs/boss-queue";
import { analyseAgain } from "../../src/pipeline/analyse-again";
import type { Judge } from "../../src/pipeline/analyse-image";
import { PATIENCE } from "../../src/pipeline/patience";
import { type Pipeline, type PipelineOptions, startPipeline } from "../../src/pipeline/pipeline";
import type { Store } from "../../src/store/open-store";
import { type Engine, onEachEngine } from "../stores";
import { FakePacs, FakePool, fakeObjects, MODEL, resultFile } from "./pipeline-fakes";
import { type SentOptions, sentInstance, seriesUid, sopUid, studyUid } from "./sent-instance";
import { until } from "./waiting";

const judge: Judge = {
  ...{ version: "1@0123456789ab", sha256: "0".repeat(64) },
  judge: ({ confidence }) => ({
    category: confidence > 0.1 ? { zh: "重度", en: "severe" } : { zh: "轻度", en: "mild" },
  }),
};

const config: PipelineOptions["config"] = {
  routing: [],
  completeness: { quietMs: 300 },
  destinations: [{ name: "pacs", send: ["sr", "sc"] }],
  retention: {},
};

interface Running {
  readonly store: Store;
  readonly pool: FakePool;
  readonly pacs: FakePacs;
  readonly pipeline: Pipeline;
  send(n: number, options?: SentOptions): Promise<number>;
  stop(): Promise<void>;
}

async function running(
  engine: Engine,
  {
    pool = new FakePool(),
    pacs = new FakePacs(),
    store,
    ...more
  }: Partial<PipelineOptions & { pool: FakePool; pacs: FakePacs }> = {},
): Promise<Running> {
  const open = store ?? (await engine.emptied());
  // Processes that share a server look for each other's jobs now and then; one that is alone does so too rarely to help here.
  const polling = engine.kind === "postgres" ? { pollMs: 100 } : {};
  const queue = await openJobQueue(open.database, { graceMs: 50, ...polling });
  const parts = { store: open, pool, queue, judge, config, buildObjects: fakeObjects };
  const pipeline = await startPipeline({ ...parts, peers: new Map([["pacs", pacs]]), ...more });
  return {
    ...{ store: open, pool, pacs, pipeline },
    send: async (n, options) => {
      const { incoming, dataSet } = sentInstance(n, options);
      const draft = await pipeline.reception.open(incoming);
      await draft.write(dataSet);
      return (await draft.commit()).status;
    },
    stop: () => pipeline.stop(50),
  };
}

/** Objects that are due together are sent in any order. */
const sorted = (uids: Iterable<string>) => [...uids].sort();
const stateOf = async ({ store }: Running, series = 1) => (await store.studies.findSeries(seriesUid(1, series)))?.state;
const reasonOf = async ({ store }: Running, series = 1) =>
  (await store.studies.findSeries(seriesUid(1, series)))?.reason;

onEachEngine("the pipeline", (engine) => {
  test("receives, analyses, judges, makes objects and sends each once", async () => {
    const service = await running(engine);
    for (let n = 1; n <= 3; n++) expect(await service.send(n, { grey: 20 * n })).toBe(0);
    await until(() => service.pacs.arrived.length === 2);
    await until(async () => (await service.store.deliveries.counts()).sent === 2);
    // Confidence is the last byte / 256, the severity what the rules say above 0.1.
    const findings = await service.store.analyses.ofSeries(seriesUid());
    expect(findings.map(({ confidence, category }) => [confidence, category?.en])).toEqual([
      [20 / 256, "mild"],
      [40 / 256, "severe"],
      [60 / 256, "severe"],
    ]);
    expect(sorted(service.pacs.arrived)).toEqual(["2.25.9.0.20.40.60", "2.25.9.1.20.40.60"]);
    expect(await stateOf(service)).toBe("analysed");
    expect((await service.store.studies.find(studyUid()))?.state).toBe("analysed");
    const analysed = await service.store.audit.list({ action: "instance.analyse" });
    expect(analysed[0]).toMatchObject({ modelSha256: MODEL.sha256, rulesSha256: judge.sha256 });
    await service.stop();
  });

  test("keeps a name without a declared character set as the settings' default one has it", async () => {
    const settings = { ...config, destinations: [], defaultCharacterSet: "GB18030" };
    const service = await running(engine, { config: settings, peers: new Map() });
    // 王^小; the size lies behind an element that is longer than what is looked at first.
    const name = [0x00100010, "PN", Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1)] as const;
    await service.send(1, { extra: [name] });
    await service.send(2, { study: 2, extra: [name, [0x00271010, "OB", new Uint8Array(20_000)]] });
    for (const study of [1, 2]) {
      await until(async () => (await service.store.studies.find(studyUid(study))) !== undefined);
      expect((await service.store.studies.find(studyUid(study)))?.patient.PatientName).toBe("王^小");
    }
    await service.stop();
  });

  test("learns the size of an image whose head did not tell it from its analysis", async () => {
    const pool = new FakePool();
    const analyse = pool.analyse.bind(pool);
    pool.analyse = async (request) => {
      const { images, ...rest } = await analyse(request);
      const frames = [0, 1].map((frame) => ({ ...images[0], width: 9, frame }));
      return { ...rest, images: frames };
    };
    const service = await running(engine, { pool });
    const { incoming: meta, dataSet } = sentInstance(1, { grey: 40 });
    // Rows (0028,0010) in Explicit VR Little Endian, "US" 02 00, of a length that goes beyond the end.
    const damaged = Buffer.from(dataSet);
    const rows = damaged.indexOf(Buffer.from([0x28, 0x00, 0x10, 0x00, 0x55, 0x53, 0x02, 0x00]));
    damaged.writeUInt16LE(0xfffe, rows + 6);
    const draft = await service.pipeline.reception.open(meta);
    await draft.write(damaged);
    await draft.commit();
    await until(async () => (await stateOf(service)) === "analysed");
    const { studies, studyList } = service.store;
    // 8 rows of 9 columns, two frames, as the pool says.
    expect(await studies.findInstance(sopUid(1))).toMatchObject({ sizeUnknown: false, rows: 8, columns: 9, frames: 2 });
    const detail = await studyList.detail(studyUid(), { language: "en", showPatient: false });
    expect(detail?.findings.map(({ frame }) => frame)).toEqual([0, 1]);
    await service.stop();
  });

  test("takes up at once what comes after a rest, and tries a PACS that is away again when that is due", async () => {
    const service = await running(engine);
    await service.send(1, { grey: 10 });
    await until(async () => (await service.store.deliveries.counts()).sent === 2);
    const at: number[] = [];
    service.pacs.before = () => {
      at.push(performance.now());
      return at.length <= 2 ? { state: "unreachable", reason: "connection refused" } : undefined;
    };
    const begun = performance.now();
    await service.send(2, { grey: 20 });
    await until(async () => (await service.store.deliveries.counts()).sent === 4);
    // A quiet time of 0.3 s; a pause of 1 to 1.5 s for each of the two objects. Who only looks now and then comes after 10 s.
    expect(at[0] - begun).toBeLessThan(8000);
    expect(performance.now() - at[0]).toBeLessThan(8000);
    await service.stop();
  });

  test("gives up what waits for a destination that the settings do not have, tells of it, and sends it once they have it", async () => {
    const away = new FakePacs();
    away.before = () => ({ state: "unreachable", reason: "connection refused" });
    const first = await running(engine, { pacs: away });
    await first.send(1, { grey: 20 });
    const { store } = first;
    await until(async () => (await store.deliveries.ofStudy(studyUid())).filter(({ reason }) => reason).length === 2);
    await first.stop();
    const errors: unknown[] = [];
    const without = { config: { ...config, destinations: [] }, peers: new Map<string, FakePacs>() };
    const second = await running(engine, { store, ...without, onError: (error) => errors.push(error) });
    const given = { state: "failed", reason: "the settings have no destination of this name" };
    expect(await store.deliveries.ofStudy(studyUid())).toMatchObject([given, given]);
    expect(errors).toMatchObject([{ code: "invalid_config", message: expect.stringContaining('"pacs"') }]);
    const [entry] = await store.audit.list({ action: "delivery.fail" });
    expect(entry).toMatchObject({ details: { destination: "pacs", objects: 2 } });
    await second.stop();
    const third = await running(engine, { store });
    await until(() => third.pacs.arrived.length === 2);
    await third.stop();
  });

  test("does not wait at its end for a PACS that was asked how many images there are", async () => {
    const pacs = new FakePacs();
    let asked = false;
    pacs.count = (_study: string, signal?: AbortSignal) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(new FoveaError("interrupted", "cancelled")));
        asked = true;
      });
    const counting = { ...config, completeness: { quietMs: 60_000, countFrom: "pacs" } };
    const service = await running(engine, { pacs, config: counting });
    await service.send(1);
    await until(() => asked);
    await service.stop();
  });

  test("analyses only what is new when an image comes late, and sends what then is another result", async () => {
    const earlier: (readonly string[])[] = [];
    const buildObjects: PipelineOptions["buildObjects"] = (source) => {
      earlier.push(source.earlier.map((one) => one.sopUid));
      return fakeObjects(source);
    };
    const service = await running(engine, { buildObjects });
    await service.send(1, { grey: 10 });
    await until(() => service.pacs.arrived.length === 2);
    await service.send(2, { grey: 20 });
    await until(() => service.pacs.arrived.length === 4);
    // The second report is told of the first, whose place it takes.
    expect(earlier).toEqual([[], ["2.25.9.0.10"]]);
    expect(service.pool.seen).toEqual([10, 20]);
    expect(sorted(service.pacs.arrived.slice(2))).toEqual(["2.25.9.0.10.20", "2.25.9.1.10.20"]);
    // The same image once more changes nothing.
    expect(await service.send(1, { grey: 10 })).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect([service.pool.seen.length, service.pacs.arrived.length]).toEqual([2, 4]);
    await service.stop();
  });

  test("books files of results for removal until a delivery names them: an end in between leaves none behind", async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const service = await running(engine, {
      buildObjects: async function* (source) {
        yield* fakeObjects(source);
        await held;
      },
    });
    const { blobs, database, retention } = service.store;
    const files = async () => {
      const found: string[] = [];
      for await (const blob of blobs.list("objects")) found.push(blob);
      return found.sort();
    };
    const booked = async () =>
      (await database.query<{ blob: string }>("SELECT blob FROM blob_removal")).map(({ blob }) => blob).sort();
    await service.send(1, { grey: 10 });
    await until(async () => (await files()).length === 2);
    expect(await booked()).toEqual(await files());
    // What is being made is not old enough to go.
    await retention.apply({});
    expect(await files()).toHaveLength(2);
    letGo();
    await until(() => service.pacs.arrived.length === 2);
    expect(await booked()).toEqual([]);
    expect(await files()).toHaveLength(2);
    await service.stop();
  });

  test("analyses an image that comes, and is queued, while an earlier job of its series still runs", async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const service = await running(engine, { pool: new FakePool((grey) => (grey === 10 ? held : Promise.resolve())) });
    await service.send(1, { grey: 10 });
    await until(async () => (await stateOf(service)) === "queued");
    await service.send(2, { grey: 20 });
    await until(async () => (await stateOf(service)) === "received");
    await until(async () => (await stateOf(service)) === "queued");
    letGo();
    await until(() => service.pacs.arrived.length === 2, 30);
    expect(sorted(service.pacs.arrived)).toEqual(["2.25.9.0.10.20", "2.25.9.1.10.20"]);
    expect(await stateOf(service)).toBe("analysed");
    expect((await service.store.analyses.ofSeries(seriesUid())).length).toBe(2);
    await service.stop();
  });

  test("does not lose an image that comes while its series is analysed", async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const service = await running(engine, { pool: new FakePool((grey) => (grey === 10 ? held : Promise.resolve())) });
    await service.send(1, { grey: 10 });
    await until(async () => (await stateOf(service)) === "queued");
    await service.send(2, { grey: 20 });
    await until(async () => (await stateOf(service)) === "received");
    letGo();
    await until(async () => (await stateOf(service)) === "analysed");
    expect([...service.pool.seen].sort()).toEqual([10, 20]);
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)).toEqual(["2.25.9.0.10.20", "2.25.9.1.10.20"]);
    await service.stop();
  });

  test("does not call a series analysed while an image that came late, and was queued again, waits", async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const pool = new FakePool((grey) => (grey === 10 ? held : Promise.resolve()));
    // One at a time: the second job of the series waits until the first one, which knows nothing of the late image, has ended.
    const service = await running(engine, { pool, series: 1 });
    await service.send(1, { grey: 10 });
    await until(async () => (await stateOf(service)) === "queued");
    await service.send(2, { grey: 20 });
    await until(async () => (await stateOf(service)) === "received");
    await until(async () => (await stateOf(service)) === "queued");
    letGo();
    await until(async () => (await stateOf(service)) === "analysed");
    expect([...service.pool.seen].sort()).toEqual([10, 20]);
    expect(await service.store.analyses.ofSeries(seriesUid())).toHaveLength(2);
    await until(() => service.pacs.arrived.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sorted(service.pacs.arrived)).toEqual(["2.25.9.0.10.20", "2.25.9.1.10.20"]);
    await service.stop();
  });

  test("records a broken image with the reason, and the rest goes on", async () => {
    const pool = new FakePool(async (grey) => {
      if (grey === 20) throw new FoveaError("invalid_image", "the picture ends early");
      if (grey === 30) throw new FoveaError("invalid_dicom", "PixelData is cut short");
    });
    const service = await running(engine, { pool });
    for (let n = 1; n <= 4; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await stateOf(service)) === "analysed");
    expect(await reasonOf(service)).toBe(
      "2 of 4 images could not be analysed; the first: invalid_image: the picture ends early",
    );
    expect(sorted((await service.store.analyses.failures(seriesUid(), MODEL.modelId)).keys())).toEqual([
      sopUid(2),
      sopUid(3),
    ]);
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)[0]).toBe("2.25.9.0.10.0.0.40");
    await service.stop();
  });

  test.each([
    new FoveaError("timed_out", "a decoder took longer than 30 s"),
    new FoveaError("out_of_memory", "no room for the network"),
    new TypeError("Curie^Marie is no function"),
  ])("tries an image again when %s: the others do not wait for it, and its series is reported whole", async (error) => {
    let fails = true;
    const pool = new FakePool(async (grey) => {
      if (grey === 20 && fails) throw error;
    });
    const service = await running(engine, { pool });
    for (let n = 1; n <= 3; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await reasonOf(service)) !== undefined);
    expect(await reasonOf(service)).toMatch(/^1 of 3 images are to be tried again; the first: \w+: (?!.*Curie)/);
    expect([await stateOf(service), [...pool.seen].sort()]).toEqual(["queued", [10, 30]]);
    fails = false;
    await until(async () => (await stateOf(service)) === "analysed");
    expect([await reasonOf(service), [...pool.seen].sort()]).toEqual([undefined, [10, 20, 30]]);
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)[0]).toBe("2.25.9.0.10.20.30");
    expect(await service.store.database.query("SELECT 1 FROM postponement")).toEqual([]);
    await service.stop();
  });

  test("calls an image failed when patience is at its end, with what was tried, and reports the others", async () => {
    const pool = new FakePool(async (grey) => {
      if (grey === 20) throw new FoveaError("timed_out", "a decoder took longer than 30 s");
    });
    const service = await running(engine, { pool, patience: { ...PATIENCE, tries: 3, filesMs: 0, otherMs: 0 } });
    for (let n = 1; n <= 2; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await stateOf(service)) === "analysed", 30);
    expect(await reasonOf(service)).toBe(
      "1 of 2 images could not be analysed; the first: timed_out: a decoder took longer than 30 s (tried 3 times in 0 min)",
    );
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)[0]).toBe("2.25.9.0.10.0");
    await service.stop();
  });

  test("waits for an image in which the network hangs, has it alone, and calls it failed after three times", async () => {
    let under = 0;
    const besides: number[] = [];
    const reasons: (string | undefined)[] = [];
    const pool: FakePool = new FakePool(async (grey) => {
      under++;
      await sleep(50);
      if (grey === 20) {
        besides.push(under - 1);
        reasons.push(await reasonOf(service));
      }
      under--;
      if (grey === 20) throw new FoveaError("network_hung", "device cpu: no answer after 30.0 s of the network");
    });
    const service: Running = await running(engine, { pool });
    for (let n = 1; n <= 3; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await stateOf(service)) === "analysed", 60);
    const why = "network_hung: device cpu: no answer after 30.0 s of the network";
    expect(besides.slice(1)).toEqual([0, 0]);
    expect(reasons.slice(1)).toEqual(Array(2).fill(`1 of 3 images are to be tried again; the first: ${why}`));
    expect(pool.seen.sort()).toEqual([10, 30]);
    expect(await reasonOf(service)).toBe(
      `1 of 3 images could not be analysed; the first: ${why} (tried 3 times in 0 min)`,
    );
    await service.stop();
  });

  test("tries what is recorded as failed no more while another image brings the job back", async () => {
    const tries = new Map<number, number>();
    const pool = new FakePool(async (grey) => {
      tries.set(grey, (tries.get(grey) ?? 0) + 1);
      if (grey === 10) throw new FoveaError("invalid_image", "the picture ends early");
      if (grey === 20) throw new FoveaError("timed_out", "a decoder took longer than 30 s");
      // Waited for longer than the other one: twice more after that one is given up.
      if (grey === 30 && (tries.get(30) ?? 0) < 4) throw new FoveaError("file_not_found", "a file is missing");
    });
    const service = await running(engine, {
      pool,
      patience: { ...PATIENCE, tries: 2, filesMs: 3_600_000, otherMs: 0 },
    });
    for (let n = 1; n <= 4; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await stateOf(service)) === "analysed", 60);
    expect([...tries].sort(([a], [b]) => a - b)).toEqual([
      [10, 1],
      [20, 2],
      [30, 4],
      [40, 1],
    ]);
    expect([...(await service.store.analyses.failures(seriesUid(), MODEL.modelId))].sort()).toEqual([
      [sopUid(1), "invalid_image: the picture ends early"],
      [sopUid(2), "timed_out: a decoder took longer than 30 s (tried 2 times in 0 min)"],
    ]);
    expect(await service.store.audit.list({ action: "instance.fail" })).toHaveLength(2);
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)[0]).toBe("2.25.9.0.0.0.30.40");
    await service.stop();
  });

  test("fails no image while the folder of files is away", async () => {
    const service = await running(engine);
    const { blobs } = service.store;
    let away = true;
    const read = blobs.read.bind(blobs);
    blobs.read = (blob) =>
      away ? Promise.reject(new FoveaError("files_unavailable", "their folder is away")) : read(blob);
    for (let n = 1; n <= 3; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await reasonOf(service)) !== undefined);
    expect(await reasonOf(service)).toMatch(/^3 of 3 images are to be tried again; the first: files_unavailable/);
    away = false;
    await until(() => service.pacs.arrived.length === 2);
    expect(sorted(service.pacs.arrived)[0]).toBe("2.25.9.0.10.20.30");
    expect([...(await service.store.analyses.failures(seriesUid(), MODEL.modelId))]).toEqual([]);
    await service.stop();
  });

  test("names the report before also where its file could not be read at first", async () => {
    const earlier: (readonly string[])[] = [];
    const buildObjects: PipelineOptions["buildObjects"] = (source) => {
      earlier.push(source.earlier.map((one) => one.sopUid));
      return fakeObjects(source);
    };
    const service = await running(engine, { buildObjects });
    await service.send(1, { grey: 10 });
    await until(() => service.pacs.arrived.length === 2);
    const { blobs } = service.store;
    const read = blobs.read.bind(blobs);
    let refused = 0;
    blobs.read = (blob) =>
      blob.startsWith("objects/") && refused++ === 0
        ? Promise.reject(new FoveaError("files_unavailable", "EMFILE"))
        : read(blob);
    await service.send(2, { grey: 20 });
    await until(() => service.pacs.arrived.length === 4);
    expect(refused).toBeGreaterThan(1);
    expect(earlier).toEqual([[], ["2.25.9.0.10"]]);
    await service.stop();
  });

  test("analyses again what failed when somebody asks, and only that, and reports the whole", async () => {
    let late = true;
    const pool = new FakePool(async (grey) => {
      if (grey === 20 && late) throw new FoveaError("timed_out", "no answer within 60 s");
    });
    const service = await running(engine, { pool, patience: { ...PATIENCE, tries: 1, filesMs: 0, otherMs: 0 } });
    for (let n = 1; n <= 2; n++) await service.send(n, { grey: 10 * n });
    await until(async () => (await service.store.deliveries.counts()).sent === 2);
    expect(await reasonOf(service)).toMatch(/^1 of 2 images could not be analysed/);
    late = false;
    expect(await analyseAgain(service.store, { studyUid: studyUid(), actor: "key:a" })).toBe(1);
    service.pipeline.wake();
    await until(async () => (await service.store.deliveries.counts()).sent === 4);
    expect([await stateOf(service), await reasonOf(service), pool.seen]).toEqual(["analysed", undefined, [10, 20]]);
    expect(sorted(service.pacs.arrived.slice(2))).toEqual(["2.25.9.0.10.20", "2.25.9.1.10.20"]);
    expect(await analyseAgain(service.store, { studyUid: studyUid(), actor: "key:a" })).toBe(0);
    await service.stop();
  });

  test("keeps an image that was fetched again for as long as one that came new, and says that it came", async () => {
    const service = await running(engine);
    await service.send(1, { grey: 10 });
    await until(async () => (await service.store.deliveries.counts()).sent === 2);
    const { database, retention, studies, audit } = service.store;
    const rules = { imagesDays: 10 };
    const age = () => database.query("UPDATE study SET last_received_at = now() - interval '11 days'");
    await age();
    expect((await retention.apply(rules)).images).toBe(1);
    await service.send(1, { grey: 10 });
    await until(async () => (await studies.instances(seriesUid()))[0].blob !== undefined);
    expect((await retention.apply(rules)).images).toBe(0);
    expect(await audit.list({ action: "instance.receive" })).toHaveLength(2);
    await age();
    expect((await retention.apply(rules)).images).toBe(1);
    await service.stop();
  });

  test("makes the report once what stood in its way has passed", async () => {
    let full = true;
    const buildObjects: PipelineOptions["buildObjects"] = async function* (source) {
      if (full) throw new FoveaError("write_failed", 'cannot be written: "Curie^Marie"');
      yield* fakeObjects(source);
    };
    const service = await running(engine, { buildObjects });
    await service.send(1, { grey: 10 });
    await until(async () => (await reasonOf(service)) !== undefined);
    expect([await stateOf(service), await reasonOf(service)]).toEqual([
      "queued",
      'found, and to be reported once this has passed: write_failed: cannot be written: "…"',
    ]);
    full = false;
    await until(() => service.pacs.arrived.length === 2);
    expect([await stateOf(service), await reasonOf(service)]).toEqual(["analysed", undefined]);
    expect(service.pool.seen).toEqual([10]);
    await service.stop();
  });

  test("reports a late image of a series whose other files retention has deleted, and keeps what was found in them", async () => {
    const outcomes: unknown[] = [];
    const buildObjects: PipelineOptions["buildObjects"] = async function* (source) {
      outcomes.push(
        source.images.map(({ outcome }) => ("failure" in outcome ? outcome.failure : outcome.findings.length)),
      );
      for (const { outcome, read } of source.images) if (!("failure" in outcome)) await read();
      const file = resultFile(`2.25.9.0.${outcomes.length}`, studyUid());
      yield {
        kind: "sr",
        sopUid: `2.25.9.0.${outcomes.length}`,
        sopClassUid: "1.2.840.10008.5.1.4.1.1.88.34",
        bytes: file,
      };
    };
    const newer = { ...MODEL, modelId: "lung@newer", sha256: "f".repeat(64) };
    const first = await running(engine, { buildObjects });
    for (let n = 1; n <= 2; n++) await first.send(n, { grey: 10 * n });
    await until(async () => (await first.store.deliveries.counts()).sent === 1);
    await first.stop();
    await first.store.retention.apply({ imagesDays: 1 }, new Date(Date.now() + 2 * 86_400_000));

    const pool = new FakePool(undefined, [newer]);
    const second = await running(engine, { store: first.store, pool, buildObjects });
    await second.send(3, { grey: 30 });
    await until(async () => (await second.store.deliveries.counts()).sent === 2);
    expect(pool.seen).toEqual([30]);
    expect(outcomes).toEqual([
      [1, 1],
      ["no longer kept", "no longer kept", 1],
    ]);
    expect([await stateOf(second), await reasonOf(second)]).toEqual([
      "analysed",
      "2 of 3 images are no longer kept, earlier reports say what was found",
    ]);
    const shown = await second.store.analyses.ofSeries(seriesUid());
    expect(shown.map(({ sopUid: uid, modelId }) => [uid, modelId])).toEqual([
      [sopUid(1), MODEL.modelId],
      [sopUid(2), MODEL.modelId],
      [sopUid(3), newer.modelId],
    ]);
    expect([...(await second.store.analyses.outcomes(studyUid())).values()]).toEqual([
      { modelId: MODEL.modelId, rulesVersion: "1@0123456789ab", threshold: 0.03 },
      { modelId: MODEL.modelId, rulesVersion: "1@0123456789ab", threshold: 0.03 },
      { modelId: newer.modelId, rulesVersion: "1@0123456789ab", threshold: 0.03 },
    ]);
    await second.stop();
  });

  test("analyses an image that failed for want of its file once this has come again", async () => {
    const broken = new FakePool(() => Promise.reject(new FoveaError("invalid_dicom", "no pixels")));
    const first = await running(engine, { pool: broken });
    await first.send(1, { grey: 10 });
    await until(async () => (await stateOf(first)) === "failed");
    await first.stop();
    const { store } = first;
    await store.retention.apply({ imagesDays: 1 }, new Date(Date.now() + 2 * 86_400_000));

    const newer = { ...MODEL, modelId: "lung@newer", sha256: "f".repeat(64) };
    const second = await running(engine, { store, pool: new FakePool(undefined, [newer]) });
    await second.send(2, { grey: 20 });
    await until(async () => (await stateOf(second)) === "analysed");
    const failures = await store.analyses.failures(seriesUid(), newer.modelId);
    expect([...failures]).toEqual([[sopUid(1), "file_not_found: the image is no longer kept"]]);
    await second.send(1, { grey: 10 });
    await until(async () => (await store.studies.instances(seriesUid()))[0].blob !== undefined);
    await second.send(3, { grey: 30 });
    await until(() => second.pool.seen.length === 3);
    await until(async () => (await stateOf(second)) === "analysed");
    expect([second.pool.seen[0], [...second.pool.seen].sort(), await reasonOf(second)]).toEqual([
      ...[20, [10, 20, 30], undefined],
    ]);
    await second.stop();
  });

  test("says that a series failed where none of its images could be analysed, or its model is gone", async () => {
    const pool = new FakePool(async () => {
      throw new FoveaError("invalid_dicom", "no pixels");
    });
    const service = await running(engine, { pool });
    await service.send(1);
    await until(async () => (await stateOf(service)) === "failed");
    expect(await reasonOf(service)).toMatch(/^1 of 1 images could not be analysed/);
    expect((await service.store.studies.find(studyUid()))?.state).toBe("failed");
    await service.stop();
  });

  test("gives a series to the version that took the place of the one it was queued for, and fails where there is none", async () => {
    // Names may hold an @.
    const older = { ...MODEL, name: "lung@ct", modelId: "lung@ct@0123456789ab" };
    const held = new FakePool(
      (_, { signal }) => new Promise((_, reject) => signal?.addEventListener("abort", reject)),
      [older],
    );
    const first = await running(engine, { pool: held });
    await first.send(1, { grey: 10 });
    await until(async () => (await stateOf(first)) === "queued");
    await first.stop();
    const newer = { ...older, modelId: "lung@ct@newer", sha256: "f".repeat(64) };
    const second = await running(engine, { store: first.store, pool: new FakePool(undefined, [newer]) });
    await until(async () => (await stateOf(second)) === "analysed");
    expect((await first.store.studies.findSeries(seriesUid()))?.modelId).toBe("lung@ct@newer");
    await second.stop();

    const third = await running(engine, { pool: held });
    await third.send(1, { grey: 10 });
    await until(async () => (await stateOf(third)) === "queued");
    await third.stop();
    const fourth = await running(engine, { store: third.store, pool: new FakePool(undefined, []) });
    await until(async () => (await stateOf(fourth)) === "failed");
    expect(await reasonOf(fourth)).toBe("model version lung@ct@0123456789ab is not loaded");
    await fourth.stop();
  });

  test("waits for a pool that is full, and fails nothing", async () => {
    let refusals = 0;
    const pool = new FakePool(async () => {
      if (++refusals <= 3) throw new FoveaError("busy", "the queue is full");
    });
    const service = await running(engine, { pool });
    await service.send(1, { grey: 10 });
    await until(async () => (await stateOf(service)) === "analysed");
    expect(service.pool.seen).toEqual([10]);
    await service.stop();
  });

  test("says why a series was not attempted", async () => {
    const routing: ServiceConfig["routing"] = [
      { when: { modality: "CT", station: "OLD*" }, model: null },
      { when: { modality: "MR" }, model: "brain" },
    ];
    const service = await running(engine, { config: { ...config, routing } });
    await service.send(1, { series: 1, extra: [[0x00081010, "SH", "OLD-CT "]] });
    await service.send(1, { series: 2, sopClass: "1.2.840.10008.5.1.4.1.1.88.34" });
    await service.send(1, { series: 3, extra: [[0x00080070, "LO", "Fovea "]] });
    await service.send(1, { series: 4, extra: [[0x00080060, "CS", "MR"]] });
    await service.send(1, { series: 5, extra: [[0x00080060, "CS", "US"]] });
    await until(async () => (await service.store.studies.find(studyUid()))?.state === "not_attempted");
    const reasons = (await service.store.studies.series(studyUid())).map(({ state, reason }) => [state, reason]);
    expect(reasons).toEqual([
      ["not_attempted", "routing rule 1 says so"],
      ["not_attempted", "not images to look at, but structured reports or key object selections"],
      ["not_attempted", "made by Fovea itself"],
      ["not_attempted", "model brain is not loaded"],
      ["not_attempted", "no model for US"],
    ]);
    const { studies } = await service.store.studyList.page({}, { showPatient: false, language: "en" });
    expect(studies).toMatchObject([{ state: "not_attempted", reason: "routing rule 1 says so" }]);
    expect(service.pacs.arrived).toEqual([]);
    await service.stop();
  });

  test("completes a study as soon as the PACS counts no more than are here", async () => {
    const pacs = new FakePacs();
    let count = 2;
    pacs.count = async () => count;
    const slow = { ...config, completeness: { quietMs: 600_000, countFrom: "pacs" } };
    const service = await running(engine, { pacs, config: slow });
    await service.send(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await stateOf(service)).toBe("received");
    count = 2;
    await service.send(2);
    await until(async () => (await stateOf(service)) === "analysed");
    await service.stop();
  });

  test("sends to those that the rule names, what each of them takes", async () => {
    const destinations: ServiceConfig["destinations"] = [
      { name: "pacs", send: ["sr", "sc"] },
      { name: "archive", send: ["sr"] },
      { name: "other", send: ["sr"] },
    ];
    const routing = [{ when: { modality: "CT" }, model: "lung", sendTo: ["pacs", "archive"] }];
    const peers = new Map(destinations.map(({ name }) => [name, new FakePacs(name)]));
    const service = await running(engine, { peers, config: { ...config, destinations, routing } });
    await service.send(1, { grey: 10 });
    await until(async () => (await service.store.deliveries.counts()).sent === 3);
    expect([...peers.values()].map(({ arrived }) => sorted(arrived))).toEqual([
      ["2.25.9.0.10", "2.25.9.1.10"],
      ["2.25.9.0.10"],
      [],
    ]);
    await service.stop();
  });

  test("says that nothing is reported where an object does not stand up to its template", async () => {
    const buildObjects: PipelineOptions["buildObjects"] = async function* (source) {
      yield* fakeObjects({ ...source, kinds: ["sr"] });
      throw new FoveaError("invalid_dicom", 'ContentSequence: "Curie^Marie" where TID 1500 has no text');
    };
    const service = await running(engine, { buildObjects });
    await service.send(1);
    await until(async () => (await stateOf(service)) === "failed");
    expect(await reasonOf(service)).toBe(
      'found, but not reported: invalid_dicom: ContentSequence: "…" where TID 1500 has no text',
    );
    expect(await service.store.deliveries.ofStudy(studyUid())).toEqual([]);
    expect(await service.store.analyses.ofSeries(seriesUid())).toHaveLength(1);
    await service.stop();
  });

  test("goes on after a stop in the middle of a series, without doing again what is done", async () => {
    const never = new FakePool((grey, { signal }) =>
      grey < 30
        ? Promise.resolve()
        : new Promise((_, reject) =>
            signal?.addEventListener("abort", () => reject(new FoveaError("interrupted", "stopped"))),
          ),
    );
    const first = await running(engine, { pool: never });
    for (let n = 1; n <= 4; n++) await first.send(n, { grey: 10 * n });
    await until(() => never.seen.length === 2);
    await first.stop();
    const next = await running(engine, { store: first.store });
    await until(async () => (await stateOf(next)) === "analysed");
    expect([...never.seen, ...next.pool.seen].sort()).toEqual([10, 20, 30, 40]);
    await until(() => next.pacs.arrived.length === 2);
    await next.stop();
  });

  test("makes the same objects again when it ended before they were planned, and sends each once", async () => {
    let died = false;
    const dying: PipelineOptions["buildObjects"] = async function* (source) {
      yield* fakeObjects(source);
      if (!died) {
        died = true;
        throw new Error("as if the process had been killed here");
      }
    };
    const service = await running(engine, { buildObjects: dying });
    await service.send(1, { grey: 10 });
    await until(() => service.pacs.arrived.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sorted(service.pacs.arrived)).toEqual(["2.25.9.0.10", "2.25.9.1.10"]);
    expect(service.pool.seen).toEqual([10]);
    await service.stop();
  });
});
