/**
 * @file Objects on their way into the record: acknowledged means kept, whatever is killed when.
 */
import { createHash } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import { expect, test } from "vitest";
import { fileHeader } from "../../src/pacs/part10";
import { Importer, type ImporterOptions } from "../../src/pipeline/importer";
import type { Receipt } from "../../src/pipeline/receipt";
import { type ReceiptQueue, Reception, type ReceptionOptions, STORE_STATUS } from "../../src/pipeline/reception";
import type { Database } from "../../src/store/database";
import type { Store } from "../../src/store/open-store";
import { SqlError } from "../../src/store/sql-error";
import { onEachEngine } from "../stores";
import { type SentInstance, sentInstance, seriesUid, sopUid, studyUid } from "./sent-instance";
import { until } from "./waiting";

const KILLED = new Error("as if the process had been killed here");
/** Past the point of the fault nothing happens any more in that process. */
const never = () => new Promise<never>(() => undefined);

function receptionOf(store: Store, importer: ReceiptQueue, more: Partial<ReceptionOptions> = {}) {
  const known = async (sop: string, series: string) => ({
    sha256: (await store.studies.findInstance(sop))?.sha256,
    studyUid: (await store.studies.findSeries(series))?.studyUid,
  });
  return new Reception({ blobs: store.blobs, receipts: importer, known, lookupMs: 10_000, ...more });
}

async function send(reception: Reception, { incoming, dataSet }: SentInstance): Promise<number> {
  const draft = await reception.open(incoming);
  for (let at = 0; at < dataSet.length; at += 100) await draft.write(dataSet.subarray(at, at + 100));
  return (await draft.commit()).status;
}

async function incoming(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const blob of store.blobs.list("incoming")) found.push(blob);
  return found;
}

async function heldBlobs({ database }: Store): Promise<string[]> {
  return (await database.query<{ blob: string }>("SELECT blob FROM held_instance")).map(({ blob }) => blob);
}

async function spooledFiles(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const blob of store.blobs.list("uploads")) found.push(blob);
  return found;
}

async function images(store: Store): Promise<number> {
  let count = 0;
  for await (const _ of store.blobs.list("images")) count++;
  return count;
}

onEachEngine("reception", (engine) => {
  test("brings an object into the record, its bytes as they came behind a header of our own", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const sent = sentInstance(1);
    expect(await send(receptionOf(store, importer), sent)).toBe(STORE_STATUS.success);
    await importer.stop();
    expect(importer.backlog).toBe(0);
    const kept = await store.studies.findInstance(sopUid(1));
    const file = Buffer.from(await store.blobs.read(kept?.blob ?? ""));
    const header = fileHeader(sent.incoming);
    expect(file.subarray(0, header.length)).toEqual(header);
    expect(file.subarray(header.length)).toEqual(Buffer.from(sent.dataSet));
    expect(kept).toMatchObject({ seriesUid: seriesUid(), rows: 8, columns: 8, instanceNumber: 1, bytes: file.length });
    expect(kept?.sha256).toBe(createHash("sha256").update(file).digest("hex"));
    expect((await store.studies.find(studyUid()))?.patient).toEqual({
      PatientID: "P-4711",
      PatientName: "Curie^Marie",
    });
    expect(await incoming(store)).toEqual([]);
    const [entry] = await store.audit.list({ action: "instance.receive" });
    expect(entry).toMatchObject({ actor: "ae:CT1", subject: sopUid(1), inputSha256: kept?.sha256 });
  });

  test("notes an object once that is found in the folder while it is handed over", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    const push = (receipt: Receipt) => {
      importer.push(receipt);
      importer.push(receipt);
    };
    const both = { room: () => importer.room(), push };
    expect(await send(receptionOf(store, both), sentInstance(1))).toBe(STORE_STATUS.success);
    expect(importer.backlog).toBe(1);
    await importer.start();
    await importer.stop();
    expect(await store.audit.list({ action: "instance.receive" })).toHaveLength(1);
  });

  test("takes a whole file as it takes a data set: both are the same object", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const reception = receptionOf(store, importer);
    const { incoming: meta, dataSet } = sentInstance(1);
    async function* file() {
      // Another software's header, in pieces that end anywhere.
      const other = fileHeader(meta);
      other.write("OTHER ", other.length - 6, "latin1");
      const whole = Buffer.concat([other, dataSet]);
      for (let at = 0; at < whole.length; at += 37) yield whole.subarray(at, at + 37);
    }
    const elsewhere = { origin: "stow" as const, actor: "key:1", onlyStudy: "2.25.99" };
    expect(await reception.receive(file(), elsewhere)).toMatchObject({
      status: STORE_STATUS.mismatch,
      sopUid: sopUid(1),
    });
    expect(await incoming(store)).toEqual([]);
    const outcome = await reception.receive(file(), { ...elsewhere, onlyStudy: studyUid() });
    expect(outcome).toEqual({
      ...{
        status: 0,
        sopClassUid: meta.sopClassUid,
        sopUid: meta.sopUid,
        studyUid: studyUid(),
        seriesUid: seriesUid(),
      },
    });
    await until(() => importer.backlog === 0);
    expect(await send(reception, sentInstance(1))).toBe(STORE_STATUS.success);
    await importer.stop();
    expect([await incoming(store), await images(store)]).toEqual([[], 1]);
  });

  test("refuses what it cannot keep, with the status that says why, and leaves nothing behind", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const reception = receptionOf(store, importer, { maxBytes: 2000 });
    const sent = sentInstance(1);
    const wrong = { ...sent, incoming: { ...sent.incoming, sopUid: "2.25.99" } };
    expect(await send(reception, wrong)).toBe(STORE_STATUS.mismatch);
    expect(await send(reception, { ...sent, dataSet: new Uint8Array(300) })).toBe(STORE_STATUS.cannotUnderstand);
    const large = sentInstance(2, { extra: [[0x7fe00010, "OW", new Uint8Array(3000)]] });
    expect(await send(reception, large)).toBe(STORE_STATUS.outOfResources);
    async function* rubbish() {
      yield Buffer.from("<html>".repeat(100));
    }
    const answer = await reception.receive(rubbish(), { origin: "stow", actor: "key:1" });
    expect(answer).toEqual({ status: STORE_STATUS.cannotUnderstand });
    await importer.stop();
    expect(await incoming(store)).toEqual([]);
  });

  test("answers 0xA700 when the disk is full, at the first byte or at the last", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const full = new FoveaError("disk_full", "no room");
    const blobs = {
      read: (blob: string) => store.blobs.read(blob),
      remove: (blob: string) => store.blobs.remove(blob),
      draft: async (area: "incoming") => ({
        ...(await store.blobs.draft(area)),
        commit: async () => {
          throw full;
        },
      }),
    };
    expect(await send(receptionOf(store, importer, { blobs }), sentInstance(1))).toBe(STORE_STATUS.outOfResources);
    const closed = { ...blobs, draft: async () => Promise.reject(full) };
    await expect(receptionOf(store, importer, { blobs: closed }).open(sentInstance(1).incoming)).rejects.toBe(full);
    await importer.stop();
  });

  test("keeps the first of two objects under one UID: the second is told so, or is held apart once it was acknowledged", async () => {
    const store = await engine.emptied();
    const told: unknown[] = [];
    const importer = new Importer({ ...store, onError: (error) => told.push(error) });
    await importer.start();
    const reception = receptionOf(store, importer);
    expect(await send(reception, sentInstance(1, { grey: 10 }))).toBe(STORE_STATUS.success);
    await until(() => importer.backlog === 0);
    expect(await send(reception, sentInstance(1, { grey: 20 }))).toBe(STORE_STATUS.duplicate);
    // Nobody knew of the first one yet when the second was acknowledged.
    const unknowing = receptionOf(store, importer, { known: async () => ({}) });
    for (const grey of [30, 30, 10]) {
      expect(await send(unknowing, sentInstance(1, { grey }))).toBe(STORE_STATUS.success);
      await until(() => importer.backlog === 0);
    }
    await importer.stop();
    const kept = await store.studies.findInstance(sopUid(1));
    expect((await store.blobs.read(kept?.blob ?? "")).at(-1)).toBe(10);
    // Those of 10 and of 30 are kept, each once.
    expect([await incoming(store), await images(store)]).toEqual([[], 2]);
    const held = await heldBlobs(store);
    expect(held).toHaveLength(1);
    expect((await store.blobs.read(held[0])).at(-1)).toBe(30);
    const entries = await store.audit.list({ action: "instance.conflict" });
    expect(entries).toMatchObject([{ subject: sopUid(1), details: { reason: "conflict", study: studyUid() } }]);
    expect(told).toMatchObject([{ facts: { blob: held[0], why: "conflict" } }]);
  });

  test("refuses an object whose series stands in another study, or holds it apart once it was acknowledged", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    await send(receptionOf(store, importer), sentInstance(1));
    await until(() => importer.backlog === 0);
    const reused = (n: number) => sentInstance(n, { extra: [[0x0020000d, "UI", studyUid(2)]] });
    expect(await send(receptionOf(store, importer), reused(2))).toBe(STORE_STATUS.astray);
    const unknowing = receptionOf(store, importer, { known: async () => ({}) });
    for (let n = 2; n <= 5; n++) expect(await send(unknowing, reused(n))).toBe(STORE_STATUS.success);
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect((await store.studies.instances(seriesUid())).map(({ sopUid }) => sopUid)).toEqual([sopUid(1)]);
    expect([await incoming(store), await images(store), await store.held.count()]).toEqual([[], 5, 4]);
    const entries = await store.audit.list({ action: "instance.conflict" });
    expect(entries).toHaveLength(4);
    expect(entries[0].details).toMatchObject({ reason: "astray", study: studyUid(2), series: seriesUid() });
  });

  test("holds apart, once, what a process that ended had recorded as held", async () => {
    const store = await engine.emptied();
    const first = new Importer({ ...store });
    await first.start();
    await send(receptionOf(store, first), sentInstance(1, { grey: 10 }));
    await until(() => first.backlog === 0);
    await first.stop();
    const dying = new Importer({ ...store, blobs: withBlobs(store, { settle: never, remove: never }) });
    await dying.start();
    const unknowing = receptionOf(store, dying, { known: async () => ({}) });
    await send(unknowing, sentInstance(1, { grey: 30 }));
    await until(async () => (await store.held.count()) === 1);
    const next = new Importer({ ...store });
    await next.start();
    await next.stop();
    expect([await incoming(store), await images(store)]).toEqual([[], 2]);
    expect((await store.blobs.read((await heldBlobs(store))[0])).at(-1)).toBe(30);
    expect(await store.audit.list({ action: "instance.conflict" })).toHaveLength(1);
  });

  test("never drops an image as the same while somebody deletes the one that is here", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    await send(receptionOf(store, importer), sentInstance(1));
    await until(() => importer.backlog === 0);
    await importer.stop();
    // Retention's transaction, between the question what is here and the answer to what came.
    let gone = false;
    const studies: ImporterOptions["studies"] = {
      findInstance: (uid) => store.studies.findInstance(uid),
      acceptIn: async (sql, instances) => {
        const outcomes = await store.studies.acceptIn(sql, instances);
        if (!gone) await sql.query("DELETE FROM study");
        gone = true;
        return outcomes;
      },
    };
    const next = new Importer({ ...store, studies, retryMs: 10 });
    await next.start();
    // In the test one transaction does both, and is taken back; elsewhere the study stays deleted.
    const unknowing = receptionOf(store, next, { known: async () => ({}) });
    expect(await send(unknowing, sentInstance(1))).toBe(STORE_STATUS.success);
    await until(() => next.backlog === 0);
    await next.stop();
    expect(gone).toBe(true);
    const kept = await store.studies.findInstance(sopUid(1));
    expect((await store.blobs.read(kept?.blob ?? "")).at(-1)).toBe(1);
  });

  /** Where a process ends: `reached` is called there, once for each of five objects or once for all. */
  const faults: Record<string, (store: Store, reached: () => void) => Partial<ImporterOptions>> = {
    "before the transaction": (store, reached) => ({
      database: withTransaction(store, () => {
        reached();
        return never();
      }),
    }),
    "inside the transaction": (store, reached) => ({
      database: withTransaction(store, async (work) => {
        const killed = store.database.transaction(async (sql) => {
          await work(sql);
          throw KILLED;
        });
        await expect(killed).rejects.toBe(KILLED);
        reached();
        return never();
      }),
    }),
    "between transaction and moving the files": (store, reached) => ({
      blobs: withBlobs(store, {
        settle: () => {
          reached();
          return never();
        },
      }),
    }),
    "after moving the files": (store, reached) => ({
      blobs: withBlobs(store, {
        settle: async (blob) => {
          await store.blobs.settle(blob);
          reached();
          return never();
        },
      }),
    }),
  };
  test.each(Object.keys(faults))("goes on where a process ended %s", async (where) => {
    const store = await engine.emptied();
    let times = 0;
    const options = faults[where](store, () => times++);
    const dying = new Importer({ ...store, ...options, batch: 5 });
    const reception = receptionOf(store, dying);
    for (let n = 1; n <= 5; n++) expect(await send(reception, sentInstance(n))).toBe(STORE_STATUS.success);
    void dying.start();
    await until(() => times === ("blobs" in options ? 5 : 1));
    const next = new Importer({ ...store });
    await next.start();
    await next.stop();
    expect(await store.studies.instances(seriesUid())).toHaveLength(5);
    expect([await incoming(store), await images(store)]).toEqual([[], 5]);
    expect(await store.audit.list({ action: "instance.receive" })).toHaveLength(5);
  });

  test("does not let a sender wait for a record that is busy", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const reception = receptionOf(store, importer, { known: never, lookupMs: 3 });
    expect(await send(reception, sentInstance(1))).toBe(STORE_STATUS.success);
    await importer.stop();
  });

  test("keeps an image that comes again after retention has deleted it", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const known = async () => ({});
    const reception = receptionOf(store, importer, { known });
    await send(reception, sentInstance(1));
    await until(() => importer.backlog === 0);
    const before = await store.studies.findInstance(sopUid(1));
    await store.database.query("UPDATE instance SET blob = NULL");
    await store.blobs.remove(before?.blob ?? "");
    await send(reception, sentInstance(1));
    await until(() => importer.backlog === 0);
    await importer.stop();
    const after = await store.studies.findInstance(sopUid(1));
    expect(await store.blobs.read(after?.blob ?? "")).toHaveLength(before?.bytes ?? -1);
    expect([await incoming(store), await images(store)]).toEqual([[], 1]);
  });

  test("waits while the database is away, and files everything when it is back", async () => {
    const store = await engine.emptied();
    let away = true;
    const studies: ImporterOptions["studies"] = {
      findInstance: (uid) => store.studies.findInstance(uid),
      acceptIn: async (sql, instances) => {
        if (away) throw new FoveaError("database_unavailable", "away");
        return store.studies.acceptIn(sql, instances);
      },
    };
    const importer = new Importer({ ...store, studies, retryMs: 20, bound: 3, patienceMs: 100 });
    await importer.start();
    const reception = receptionOf(store, importer, { known: async () => ({}) });
    for (let n = 1; n <= 3; n++) expect(await send(reception, sentInstance(n))).toBe(STORE_STATUS.success);
    // Nothing is taken that could not be kept in view.
    await expect(reception.open(sentInstance(4).incoming)).rejects.toMatchObject({ code: "busy" });
    away = false;
    await until(() => importer.backlog === 0);
    expect(await send(reception, sentInstance(4))).toBe(STORE_STATUS.success);
    await importer.stop();
    expect(await store.studies.instances(seriesUid())).toHaveLength(4);
  });

  test("files the others where the database refuses one, which stays in incoming, is told, and is tried again", async () => {
    const store = await engine.emptied();
    let refuses = true;
    const studies: ImporterOptions["studies"] = {
      findInstance: (uid) => store.studies.findInstance(uid),
      acceptIn: async (sql, instances) => {
        if (refuses && instances.some((one) => one.sopUid === sopUid(2)))
          throw new SqlError("value out of range", "22003");
        return store.studies.acceptIn(sql, instances);
      },
    };
    const told: unknown[] = [];
    const importer = new Importer({ ...store, studies, windowMs: 100, onError: (error) => told.push(error) });
    await importer.start();
    const reception = receptionOf(store, importer);
    for (let n = 1; n <= 3; n++) await send(reception, sentInstance(n));
    await until(() => importer.backlog === 0);
    const filed = async () => (await store.studies.instances(seriesUid())).map(({ sopUid }) => sopUid);
    expect(await filed()).toEqual([sopUid(1), sopUid(3)]);
    const [blob, ...others] = await incoming(store);
    expect(others).toEqual([]);
    expect([importer.left, told]).toMatchObject([1, [{ facts: { blob, why: "SQLSTATE 22003" } }]]);
    await importer.recover();
    await until(() => importer.backlog === 0);
    // Told once, however often it is tried.
    expect([importer.left, told.length]).toEqual([1, 1]);
    refuses = false;
    await importer.recover();
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect(await filed()).toEqual([sopUid(1), sopUid(2), sopUid(3)]);
    expect([importer.left, await incoming(store)]).toEqual([0, []]);
  });

  test("goes on with the others where a file cannot be moved, and moves it later", async () => {
    const store = await engine.emptied();
    let broken = true;
    const blobs = withBlobs(store, {
      settle: async (blob) => {
        const { note } = broken ? { note: (await store.blobs.note(blob)) as Receipt["note"] } : { note: undefined };
        if (note?.instance.sopUid === sopUid(2)) throw new FoveaError("file_unreadable", "a file of the record (EIO)");
        return store.blobs.settle(blob);
      },
    });
    const importer = new Importer({ ...store, blobs });
    await importer.start();
    const reception = receptionOf(store, importer);
    for (let n = 1; n <= 3; n++) await send(reception, sentInstance(n));
    await until(() => importer.backlog === 0);
    expect([importer.left, await images(store)]).toEqual([1, 2]);
    broken = false;
    await importer.recover();
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect([importer.left, await images(store), await incoming(store)]).toEqual([0, 3, []]);
  });

  test("counts a damaged file of incoming until it is gone", async () => {
    const store = await engine.emptied();
    const draft = await store.blobs.draft("incoming");
    draft.stream.write("half");
    const { blob } = await draft.commit({});
    const told: unknown[] = [];
    const unreadable = async () => {
      throw new FoveaError("file_unreadable", "a file of the record (EIO)");
    };
    const importer = new Importer({
      ...store,
      blobs: withBlobs(store, { note: unreadable }),
      onError: (error) => told.push(error),
    });
    await importer.start();
    expect([importer.left, told]).toMatchObject([1, [{ facts: { blob, why: "file_unreadable" } }]]);
    await store.blobs.remove(blob);
    await importer.recover();
    await importer.stop();
    expect(importer.left).toBe(0);
  });

  test("keeps an image with a damaged head as one of unknown size", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const { incoming: meta, dataSet } = sentInstance(1);
    // The length of Rows (0028,0010) in Explicit VR Little Endian, "US" 02 00, says 64 KiB - 2.
    const damaged = Buffer.from(dataSet);
    const rows = damaged.indexOf(Buffer.from([0x28, 0x00, 0x10, 0x00, 0x55, 0x53, 0x02, 0x00]));
    damaged.writeUInt16LE(0xfffe, rows + 6);
    expect(await send(receptionOf(store, importer), { incoming: meta, dataSet: damaged })).toBe(STORE_STATUS.success);
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect(await store.studies.findInstance(sopUid(1))).toMatchObject({ sizeUnknown: true, rows: 0, columns: 0 });
  });

  test("marks results of its own, so that they are never analysed", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    await send(receptionOf(store, importer), sentInstance(1, { extra: [[0x00080070, "LO", "Fovea"]] }));
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect(await store.studies.findSeries(seriesUid())).toMatchObject({ state: "not_attempted", reason: /Fovea/ });
  });

  test("keeps nothing of whose it is where it de-identifies, and refuses what it cannot de-identify", async () => {
    const store = await engine.emptied();
    const importer = new Importer({ ...store });
    await importer.start();
    const other = sentInstance(7);
    const spooled: number[] = [];
    const deidentify = async (file: Uint8Array) => {
      spooled.push((await spooledFiles(store)).length);
      if (file[file.length - 1] === 2) throw new FoveaError("unsupported_dicom", "text in its pixels");
      return Buffer.concat([fileHeader(other.incoming), other.dataSet]);
    };
    const reception = receptionOf(store, importer, { deidentify });
    expect(await send(reception, sentInstance(1))).toBe(STORE_STATUS.success);
    expect(await send(reception, sentInstance(2))).toBe(STORE_STATUS.cannotUnderstand);
    await until(() => importer.backlog === 0);
    await importer.stop();
    expect((await store.studies.instances(seriesUid())).map(({ sopUid }) => sopUid)).toEqual([sopUid(7)]);
    expect([await incoming(store), await images(store)]).toEqual([[], 1]);
    // As it came it lay among the uploads, which a start sweeps, and nowhere else; kept or refused, it is gone.
    expect([spooled, await spooledFiles(store)]).toEqual([[1, 1], []]);
  });
});

function withTransaction({ database }: Store, transaction: Database["transaction"]): Database {
  return {
    kind: database.kind,
    query: (text, parameters) => database.query(text, parameters),
    exec: (text) => database.exec(text),
    flush: () => database.flush(),
    close: () => database.close(),
    transaction,
  };
}

function withBlobs({ blobs }: Store, changed: Partial<ImporterOptions["blobs"]>): ImporterOptions["blobs"] {
  return {
    list: (area) => blobs.list(area),
    note: (blob) => blobs.note(blob),
    facts: (blob) => blobs.facts(blob),
    settle: (blob) => blobs.settle(blob),
    remove: (blob) => blobs.remove(blob),
    stream: (blob) => blobs.stream(blob),
    ...changed,
  };
}
