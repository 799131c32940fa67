/**
 * @file What could not be filed, and what became of it; and files of the record that were damaged, when their image comes again.
 */
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileHeld } from "../../src/pipeline/file-held";
import { Importer } from "../../src/pipeline/importer";
import { Reception } from "../../src/pipeline/reception";
import type { Store } from "../../src/store/open-store";
import { type Engine, onEachEngine } from "../stores";
import { MODEL } from "./pipeline-fakes";
import { type SentInstance, sentInstance, seriesUid, sopUid, studyUid } from "./sent-instance";
import { until } from "./waiting";

const ASTRAY = [[0x0020000d, "UI", studyUid(2)]] as const;

/** A record, and what brings objects into it one after another. */
async function record(engine: Engine) {
  const place = await engine.place();
  const store = await engine.open(place);
  const told: unknown[] = [];
  const importer = new Importer({ ...store, windowMs: 1, onError: (error) => told.push(error) });
  await importer.start();
  const reception = new Reception({ blobs: store.blobs, receipts: importer, known: async () => ({}) });
  const send = async ({ incoming, dataSet }: SentInstance) => {
    const draft = await reception.open(incoming);
    await draft.write(dataSet);
    expect(await draft.commit()).toMatchObject({ status: 0 });
    await until(() => importer.backlog === 0);
  };
  return { store, importer, told, send, files: join(place.dataDir, "files") };
}

async function onlyHeld(store: Store) {
  const { held } = await store.held.page({ limit: 10 });
  expect(held).toHaveLength(1);
  return held[0];
}

function filesIn(folder: string, area: string): string[] {
  const names = readdirSync(join(folder, area), { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, area, name)).isFile());
}

/** One bit of the first encrypted chunk: its tag does not fit any more (`blob-container.ts`: the head is shorter than 100 bytes). */
async function damage(folder: string, blob: string): Promise<void> {
  const path = join(folder, blob);
  const bytes = await readFile(path);
  bytes[100] ^= 1;
  writeFileSync(path, bytes);
}

async function greyOf(store: Store, blob = ""): Promise<number | undefined> {
  return (await store.blobs.read(blob)).at(-1);
}

onEachEngine("what is held apart", (engine) => {
  test("is listed, the latest first, with what stands in its way", async () => {
    const { store, importer, send } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await send(sentInstance(2, { extra: [...ASTRAY] }));
    await importer.stop();
    const first = await store.held.page({ limit: 1 });
    expect(first.held).toMatchObject([
      { sopUid: sopUid(2), studyUid: studyUid(2), reason: "astray", inTheWay: studyUid(1) },
    ]);
    const rest = await store.held.page({ after: first.next ?? "", limit: 1 });
    expect(rest).toMatchObject({
      held: [{ sopUid: sopUid(1), reason: "conflict", inTheWay: studyUid(1) }],
      next: null,
    });
  });

  test("stays so while something stands in its way, and is filed once that is gone", async () => {
    const { store, importer, send } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await send(sentInstance(2, { extra: [...ASTRAY] }));
    await importer.stop();
    const [astray, conflict] = (await store.held.page({ limit: 10 })).held;
    expect(await fileHeld(store, conflict.blob, "key:anna")).toBe("conflict");
    expect(await fileHeld(store, astray.blob, "key:anna")).toBe("astray");
    expect(await store.held.count()).toBe(2);
    expect(await store.studies.find(studyUid(2))).toBeUndefined();
    await store.database.query("DELETE FROM study");
    const free = await store.held.page({ limit: 10 });
    expect(free.held.map(({ inTheWay }) => inTheWay)).toEqual([undefined, undefined]);
    expect(await fileHeld(store, conflict.blob, "key:anna")).toBe("new");
    const filed = await store.studies.findInstance(sopUid(1));
    expect([filed?.studyUid, filed?.blob, await greyOf(store, filed?.blob)]).toEqual([studyUid(1), conflict.blob, 20]);
    expect((await store.studies.find(studyUid(1)))?.state).toBe("receiving");
    expect(await store.audit.list({ action: "held.file" })).toMatchObject([
      {
        ...{ actor: "key:anna", subject: sopUid(1), inputSha256: conflict.sha256 },
        details: { reason: "conflict", outcome: "new", origin: "dimse", from: "ae:CT1" },
      },
    ]);
    // By now that one has its series in the first study again.
    expect(await fileHeld(store, astray.blob, "key:anna")).toBe("astray");
    await expect(fileHeld(store, conflict.blob, "key:anna")).rejects.toMatchObject({ code: "not_found" });
    // Retention removes what nobody names; the image's file is named.
    await store.retention.apply({});
    expect(await greyOf(store, conflict.blob)).toBe(20);
  });

  test("is let go of where the record has the same bytes by now, and mends a damaged file of these", async () => {
    const { store, importer, send, files } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await store.database.query("DELETE FROM study");
    await send(sentInstance(1, { grey: 20 }));
    const again = (await store.studies.findInstance(sopUid(1)))?.blob ?? "";
    const held = await onlyHeld(store);
    expect(held.inTheWay).toBeUndefined();
    await damage(files, again);
    expect(await fileHeld(store, held.blob, "key:anna")).toBe("same");
    expect((await store.studies.findInstance(sopUid(1)))?.blob).toBe(held.blob);
    await store.retention.apply({});
    expect(await greyOf(store, held.blob)).toBe(20);
    await expect(store.blobs.read(again)).rejects.toMatchObject({ code: "file_not_found" });
    expect((await store.audit.list({ limit: 2 })).map(({ action }) => action)).toEqual([
      "held.file",
      "instance.replace",
    ]);
    await importer.stop();
  });

  test("goes with its file where the record has the same bytes in a whole file", async () => {
    const { store, importer, send, files } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await store.database.query("DELETE FROM study");
    await send(sentInstance(1, { grey: 20 }));
    const kept = (await store.studies.findInstance(sopUid(1)))?.blob ?? "";
    const held = await onlyHeld(store);
    expect(await fileHeld(store, held.blob, "key:anna")).toBe("same");
    await store.retention.apply({});
    expect([await greyOf(store, kept), await store.held.count()]).toEqual([20, 0]);
    await expect(store.blobs.read(held.blob)).rejects.toMatchObject({ code: "file_not_found" });
    expect(filesIn(files, "incoming")).toEqual([]);
    await importer.stop();
  });

  test("is not filed where its own file is damaged", async () => {
    const { store, importer, send, files } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await store.database.query("DELETE FROM study");
    const { blob } = await onlyHeld(store);
    await damage(files, blob);
    await expect(fileHeld(store, blob, "key:anna")).rejects.toMatchObject({ code: "file_unreadable" });
    expect([await store.held.count(), await store.studies.findInstance(sopUid(1))]).toEqual([1, undefined]);
    await importer.stop();
  });

  test("is discarded with its file, in the name of who wanted it", async () => {
    const { store, importer, send } = await record(engine);
    await send(sentInstance(1, { grey: 10 }));
    await send(sentInstance(1, { grey: 20 }));
    await importer.stop();
    const { blob, sha256 } = await onlyHeld(store);
    expect(await store.held.discard(blob, "key:anna")).toBe(true);
    expect(await store.held.discard(blob, "key:anna")).toBe(false);
    await store.retention.apply({});
    await expect(store.blobs.read(blob)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await greyOf(store, (await store.studies.findInstance(sopUid(1)))?.blob)).toBe(10);
    expect(await store.audit.list({ action: "held.delete" })).toMatchObject([
      { actor: "key:anna", subject: sopUid(1), inputSha256: sha256, details: { reason: "discarded" } },
    ]);
  });
});

onEachEngine("an image that comes again", (engine) => {
  test.each([
    ["damaged", damage],
    ["missing", async (folder: string, blob: string) => rmSync(join(folder, blob))],
  ])("takes the place of its file where that is %s, and is told in the audit log", async (_, harm) => {
    const { store, importer, send, files } = await record(engine);
    await send(sentInstance(1));
    await send(sentInstance(2));
    const before = await store.studies.findInstance(sopUid(1));
    await harm(files, before?.blob ?? "");
    await send(sentInstance(1));
    await send(sentInstance(2));
    const after = await store.studies.findInstance(sopUid(1));
    expect(after).toEqual({ ...before, blob: expect.stringMatching(/^images\//) });
    expect(after?.blob).not.toBe(before?.blob);
    expect(await greyOf(store, after?.blob)).toBe(1);
    expect(await store.audit.list({ action: "instance.replace" })).toMatchObject([
      { actor: "ae:CT1", subject: sopUid(1), inputSha256: before?.sha256, details: { analysed_again: false } },
    ]);
    await store.retention.apply({});
    expect([filesIn(files, "images").length, filesIn(files, "incoming")]).toEqual([2, []]);
    // Once more: now it is whole.
    await send(sentInstance(1));
    expect((await store.studies.findInstance(sopUid(1)))?.blob).toBe(after?.blob);
    await importer.stop();
  });

  test("is analysed again where its damaged file was recorded as failed, and the others are not", async () => {
    const { store, importer, send, files } = await record(engine);
    await send(sentInstance(1));
    await send(sentInstance(2));
    await store.models.put(MODEL, "ready");
    const { modelId } = MODEL;
    await store.analyses.record([
      { sopUid: sopUid(1), modelId, outcome: { failure: "its file is damaged" } },
      { sopUid: sopUid(2), modelId, outcome: { findings: [] } },
    ]);
    await store.studies.setSeriesState(seriesUid(), { state: "analysed", modelId });
    await store.database.query("UPDATE study SET state = 'analysed'");
    await damage(files, (await store.studies.findInstance(sopUid(1)))?.blob ?? "");
    await send(sentInstance(1));
    expect((await store.studies.find(studyUid()))?.state).toBe("receiving");
    expect(await store.studies.findSeries(seriesUid())).toMatchObject({ state: "received" });
    expect(await store.database.query("SELECT sop_uid, state FROM analysis")).toEqual([
      { sop_uid: sopUid(2), state: "done" },
    ]);
    expect(await store.audit.list({ action: "instance.replace" })).toMatchObject([
      { details: { analysed_again: true } },
    ]);
    await importer.stop();
  });

  test("stays in incoming while nobody can say whether the file that is here is whole", async () => {
    const { store, importer, told, send, files } = await record(engine);
    await send(sentInstance(1));
    // Without the folder's id no file counts as missing or damaged.
    const before = await store.studies.findInstance(sopUid(1));
    const id = await readFile(join(files, "record-id"));
    const file = await readFile(join(files, before?.blob ?? ""));
    rmSync(join(files, "record-id"));
    rmSync(join(files, before?.blob ?? ""));
    await send(sentInstance(1));
    expect(told).toMatchObject([{ facts: { why: "files_unavailable" } }]);
    expect([importer.left, filesIn(files, "incoming").length]).toEqual([1, 1]);
    writeFileSync(join(files, "record-id"), id);
    writeFileSync(join(files, before?.blob ?? ""), file);
    await importer.recover();
    await until(() => importer.backlog === 0);
    expect([importer.left, filesIn(files, "incoming")]).toEqual([0, []]);
    expect((await store.studies.findInstance(sopUid(1)))?.blob).toBe(before?.blob);
    await importer.stop();
  });
});
