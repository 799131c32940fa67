import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import { openKeyRing } from "../vault/key-ring";
import type { Database } from "./database";
import { openStore, type Store } from "./open-store";
import { rotateKeys } from "./rotate-keys";
import { verifyAudit } from "./verify-audit";

const FILE = randomBytes(100_000);

/** A record with something in every sealed column, and a file. */
async function filled(store: Store): Promise<string> {
  await store.studies.accept([
    received(1),
    received(2, { studyUid: "2.25.7", seriesUid: "2.25.7.1", patient: {}, seriesDescription: undefined }),
  ]);
  const model = { modelId: "m@1", name: "m", sha256: "1", deviceUid: "2.25.3", classes: ["a"], defaultFor: [] };
  await store.models.put(model, "ready");
  const finding = { classId: 0, className: "a", confidence: 1, box: { x1: 0, y1: 0, x2: 1, y2: 1 }, frame: 0 };
  await store.analyses.record([{ sopUid: received(1).sopUid, modelId: "m@1", outcome: { findings: [finding] } }]);
  const [{ findingId }] = await store.analyses.ofSeries(SERIES);
  await store.analyses.review(findingId, { review: "accepted", actor: "key:a", comment: "sure" });
  await store.analyses.review(findingId, { review: "open", actor: "key:a", comment: "unsure" });
  const jobId = await store.batchJobs.create({ actor: "key:a", language: "zh" }, [
    { filename: "王.png", blob: "uploads/x" },
  ]);
  await store.batchJobs.keepResult(jobId, 0, { total: 1 });
  await store.identityMap.keep([{ kind: "patient_id", newValue: "PX", original: "P-4711" }]);
  const draft = await store.blobs.draft("images");
  draft.stream.write(FILE);
  return (await draft.commit({ note: 1 })).blob;
}

async function expectWhole(store: Store, blob: string): Promise<void> {
  const view = { showPatient: true, language: "en" } as const;
  expect((await store.studyList.page({ patientId: "P-4711" }, view)).studies).toMatchObject([
    { study_uid: STUDY, patient_name: "Curie^Marie" },
  ]);
  expect((await store.studies.findSeries(SERIES))?.description).toBe("Lung 1.0");
  const [{ findingId }] = await store.analyses.ofSeries(SERIES);
  expect((await store.analyses.history(findingId)).map(({ comment }) => comment)).toEqual(["sure", "unsure"]);
  const [{ job_id }] = await store.database.query<{ job_id: string }>("SELECT job_id FROM batch_job");
  expect(await store.batchJobs.files(job_id)).toMatchObject([{ filename: "王.png", result: { total: 1 } }]);
  expect(await store.identityMap.original("patient_id", "PX")).toBe("P-4711");
  expect(Buffer.from(await store.blobs.read(blob)).equals(FILE)).toBe(true);
  expect((await verifyAudit(store.database, store.vault)).broken).toBeUndefined();
}

onEachEngine("the rotation of keys", (engine) => {
  test("seals everything anew: the old key opens nothing any more, the new one all", async () => {
    const place = await engine.place();
    const store = await engine.open(place);
    const blob = await filled(store);
    const old = store.vault;
    // study 2, series 1 (one has no description), review 2, batch file 2, identity 1; one file.
    expect(await rotateKeys(store)).toEqual({ values: 8, files: 1, removed: 1 });
    await expectWhole(store, blob);
    expect(store.vault.ring.keys).toHaveLength(1);
    expect(store.vault.newestKey).not.toBe(old.newestKey);
    store.useVault(old);
    await expect(store.studies.find(STUDY)).rejects.toMatchObject({ code: "wrong_key" });
    await expect(store.blobs.read(blob)).rejects.toMatchObject({ code: "wrong_key" });
    await store.close();
    const again = await engine.open(place);
    await expectWhole(again, blob);
    await again.studies.accept([received(3, { patient: {} })]);
  });

  test("goes on where it was interrupted; what is read meanwhile opens with either key", async () => {
    const place = await engine.place();
    const store = await engine.open(place);
    const blob = await filled(store);
    const stopped = rotateKeys(store, {
      onProgress: ({ values }) => {
        if (values >= 3) throw new Error("killed");
      },
    });
    await expect(stopped).rejects.toThrow("killed");
    await store.close();
    const again = await engine.open(place);
    expect(again.vault.ring.keys).toHaveLength(2);
    await expectWhole(again, blob);
    expect(await rotateKeys(again)).toEqual({ values: 5, files: 1, removed: 1 });
    await expectWhole(again, blob);
    await again.close();
  });

  test.skipIf(engine.kind === "pglite")(
    "waits for no other process: it is refused while one has the record open",
    async () => {
      const place = await engine.place();
      const [store, service] = [await engine.open(place), await engine.open(place)];
      const blob = await filled(store);
      await expect(rotateKeys(store)).rejects.toMatchObject({ code: "busy" });
      expect(store.vault.ring.keys).toHaveLength(1);
      await expectWhole(service, blob);
      await service.close();
      expect(await rotateKeys(store)).toMatchObject({ removed: 1 });
      await store.close();
    },
  );

  test("lets the old key go only when the database is on the disk", async () => {
    const place = await engine.place();
    const store = await engine.open(place);
    await filled(store);
    const old = store.vault.newestKey;
    let flushed = 0;
    const { database } = store;
    const watched: Database = {
      kind: database.kind,
      query: (text, parameters) => database.query(text, parameters),
      exec: (text) => database.exec(text),
      transaction: (work) => database.transaction(work),
      close: () => database.close(),
      async flush() {
        await database.flush();
        flushed++;
        const { keys } = await openKeyRing({ dataDir: place.dataDir, environment: "" });
        expect(keys.map(({ id }) => id)).toEqual([old, store.vault.newestKey]);
        const [last] = await store.audit.list({ limit: 1 });
        expect(last.action).toBe("keys.rotate");
      },
    };
    const withFlush = Object.create(store, { database: { value: watched } }) as Store;
    expect(await rotateKeys(withFlush)).toMatchObject({ removed: 1 });
    expect(flushed).toBe(1);
  });

  test("does not make a broken audit chain whole", async () => {
    const store = await engine.open();
    await store.audit.append({ actor: "a", action: "b" });
    await store.database.exec("UPDATE audit_head SET seq = 0");
    await expect(rotateKeys(store)).rejects.toMatchObject({ code: "audit_broken" });
    await store.close();
  });
});

onEachEngine("the record", (engine) => {
  test("is not opened with another key, nor without one", async () => {
    const place = await engine.place();
    const store = await engine.open(place);
    await filled(store);
    await store.close();
    const other = randomBytes(32).toString("base64");
    await expect(openStore(place, { environmentKey: other })).rejects.toMatchObject({ code: "wrong_key" });
    rmSync(`${place.dataDir}/keys`, { recursive: true });
    await expect(openStore(place, { environmentKey: "" })).rejects.toThrow("bring it back");
  });

  test("refuses values that changed places between rows", async () => {
    const store = await engine.emptied();
    await store.studies.accept([
      received(1),
      received(2, { studyUid: "2.25.7", seriesUid: "2.25.7.1", patient: { PatientID: "B" } }),
    ]);
    await store.database.exec(
      "UPDATE study SET patient = other.patient FROM study AS other WHERE study.study_uid <> other.study_uid",
    );
    await expect(store.studies.find(STUDY)).rejects.toThrow("belongs to another row");
  });
});
