import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import type { BlobStore } from "./blob-store";
import { releaseHeld } from "./held-instances";
import type { Store } from "./open-store";
import { Retention } from "./retention";
import { verifyAudit } from "./verify-audit";

const DAY = 86_400_000;
const later = (days: number) => new Date(Date.now() + days * DAY);

async function keepFile(store: Store, area: "images" | "objects" | "uploads"): Promise<string> {
  const draft = await store.blobs.draft(area);
  draft.stream.write("bytes");
  return (await draft.commit()).blob;
}

onEachEngine("retention", (engine) => {
  /** A study that is done, with an image and an object that is to be sent. */
  async function done() {
    const store = await engine.emptied();
    const [image, object] = [await keepFile(store, "images"), await keepFile(store, "objects")];
    await store.studies.accept([received(1, { blob: image })]);
    const [quiet] = await store.studies.quiet(0);
    await store.studies.complete(quiet);
    await store.studies.setSeriesState(SERIES, { state: "analysed" });
    await store.studies.settleState(STUDY);
    const delivery = {
      studyUid: STUDY,
      seriesUid: SERIES,
      kind: "sr",
      destination: "pacs",
      objectSopUid: "2.25.8",
      sopClassUid: "x",
      blob: object,
    } as const;
    await store.deliveries.plan([delivery]);
    return { store, image, object };
  }
  async function send(store: Store): Promise<void> {
    for (const { deliveryId } of await store.deliveries.claim(10, { leaseMs: 60_000 }))
      await store.deliveries.sent(deliveryId);
  }

  test("keeps everything while a result waits to be delivered", async () => {
    const { store } = await done();
    expect(await store.retention.apply({ imagesDays: 1, recordsDays: 1 }, later(10))).toEqual({
      images: 0,
      studies: 0,
      jobs: 0,
    });
    await store.deliveries.claim(1, { leaseMs: 60_000 });
    expect(await store.retention.apply({ imagesDays: 1, recordsDays: 1 }, later(10))).toEqual({
      images: 0,
      studies: 0,
      jobs: 0,
    });
  });

  test("deletes everything else where a file cannot be removed, says so, and tries that one again", async () => {
    const { store, image, object } = await done();
    await send(store);
    let isReadOnly = true;
    const blobs: BlobStore = Object.create(store.blobs, {
      remove: {
        value: async (blob: string) => {
          if (blob === image && isReadOnly) throw Object.assign(new Error("EROFS: read-only"), { code: "EROFS" });
          await store.blobs.remove(blob);
        },
      },
    });
    const retention = new Retention(store.database, blobs, store.audit, () => store.vault);
    const told = { code: "write_failed", message: expect.stringMatching(/^1 files of the record could not/) };
    await expect(retention.apply({ recordsDays: 1 }, later(10))).rejects.toMatchObject(told);
    expect(await store.studies.find(STUDY)).toBeUndefined();
    await expect(store.blobs.read(object)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.blobs.read(image)).toHaveLength(5);
    // Not before the hour is over.
    expect(await retention.apply({ recordsDays: 1 }, later(10))).toMatchObject({ studies: 0 });
    isReadOnly = false;
    await store.database.exec("UPDATE blob_removal SET due_at = due_at - interval '1 hour'");
    await retention.apply({});
    await expect(store.blobs.read(image)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.database.query("SELECT blob FROM blob_removal")).toEqual([]);
  });

  test("does not take a file for removed while the folder of files is away", async () => {
    const place = await engine.place();
    const store = await engine.open(place);
    const image = await keepFile(store, "images");
    await store.database.query("INSERT INTO blob_removal (blob) VALUES ($1)", [image]);
    const folder = join(place.dataDir, "files");
    renameSync(folder, `${folder}-away`);
    await expect(store.retention.apply({})).rejects.toMatchObject({ code: "write_failed" });
    renameSync(`${folder}-away`, folder);
    expect(await store.blobs.read(image)).toHaveLength(5);
    await store.database.exec("UPDATE blob_removal SET due_at = due_at - interval '1 hour'");
    await store.retention.apply({});
    await expect(store.blobs.read(image)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.database.query("SELECT blob FROM blob_removal")).toEqual([]);
  });

  test("deletes images when they are old enough, findings stay", async () => {
    const { store, image } = await done();
    await send(store);
    expect(await store.retention.apply({ imagesDays: 30 }, later(29))).toEqual({ images: 0, studies: 0, jobs: 0 });
    expect(await store.retention.apply({ imagesDays: 30 }, later(31))).toEqual({ images: 1, studies: 0, jobs: 0 });
    await expect(store.blobs.read(image)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.studies.instances(SERIES)).toMatchObject([{ blob: undefined }]);
    expect(await store.audit.list()).toMatchObject([
      { action: "images.delete", subject: STUDY, details: { files: 1 } },
    ]);
    expect((await verifyAudit(store.database, store.vault)).broken).toBeUndefined();
  });

  test("deletes whole studies, with the files of images and objects", async () => {
    const { store, image, object } = await done();
    await send(store);
    expect(await store.retention.apply({ imagesDays: 10, recordsDays: 20 }, later(21))).toEqual({
      images: 0,
      studies: 1,
      jobs: 0,
    });
    for (const blob of [image, object])
      await expect(store.blobs.read(blob)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.studies.find(STUDY)).toBeUndefined();
    expect(await store.database.query("SELECT blob FROM blob_removal")).toEqual([]);
    expect(await store.audit.list()).toMatchObject([{ action: "study.delete", details: { files: 2 } }]);
  });

  test("forgets who was de-identified with their studies, the patient with the last one", async () => {
    const store = await engine.emptied();
    const [old, young] = ["2.25.1", "2.25.5"];
    const patient = { PatientID: "NEW-1", PatientName: "NEW^1", AccessionNumber: "A-1" };
    const image = (study: string) =>
      received(1, { patient, studyUid: study, seriesUid: `${study}.2`, sopUid: `${study}.2.1` });
    await store.studies.accept([image(old), image(young)]);
    const values = (study: string) => [
      ["study_uid", study],
      ["series_uid", `${study}.2`],
      ["sop_uid", `${study}.2.1`],
    ];
    const ofPatient = [
      ["patient_id", "NEW-1"],
      ["patient_name", "NEW^1"],
      ["accession_number", "A-1"],
    ];
    // Somebody else's, and one of this patient that was met just now.
    const others = [
      ["patient_id", "NEW-2"],
      ["sop_uid", "2.25.9.2.1"],
    ];
    await store.identityMap.keep(
      [...values(old), ...values(young), ...ofPatient, ...others].map(([kind, newValue]) => ({
        ...{ kind, newValue, original: `was ${newValue}` },
      })),
    );
    await store.database.query("UPDATE identity_map SET kept_at = now() - interval '2 days'");
    const known = async () =>
      (await store.database.query("SELECT kind, new_value FROM identity_map ORDER BY kind, new_value")).map(
        ({ kind, new_value }) => [kind, new_value],
      );
    const sorted = (pairs: readonly (readonly string[])[]) => [...pairs].sort((a, b) => (a.join() < b.join() ? -1 : 1));
    const remove = async (study: string) => {
      await store.database.query(
        "UPDATE study SET state = 'analysed', last_received_at = now() - interval '10 days' WHERE study_uid = $1",
        [study],
      );
      expect(await store.retention.apply({ recordsDays: 5 })).toMatchObject({ studies: 1 });
    };
    await remove(old);
    expect(await known()).toEqual(sorted([...values(young), ...ofPatient, ...others]));
    await store.identityMap.keep([{ kind: "patient_name", newValue: "NEW^1", original: "was NEW^1" }]);
    await remove(young);
    expect(await known()).toEqual(sorted([["patient_name", "NEW^1"], ...others]));
  });

  test("deletes large batches that are done, with uploads and results; not those under way", async () => {
    const store = await engine.emptied();
    const upload = await keepFile(store, "uploads");
    const files = [{ filename: "a.png", blob: upload }];
    const [finished, running] = [
      await store.batchJobs.create({ actor: "key:a", language: "en" }, files),
      await store.batchJobs.create({ actor: "key:a", language: "en" }, [{ filename: "b.png", blob: "uploads/x" }]),
    ];
    await store.batchJobs.setState(finished, "done");
    expect(await store.retention.apply({ recordsDays: 5 }, later(4))).toEqual({ images: 0, studies: 0, jobs: 0 });
    expect(await store.retention.apply({ recordsDays: 5 }, later(6))).toEqual({ images: 0, studies: 0, jobs: 1 });
    expect(await store.batchJobs.find(finished)).toBeUndefined();
    expect(await store.batchJobs.find(running)).toBeDefined();
    await expect(store.blobs.read(upload)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.audit.list()).toMatchObject([{ action: "job.delete", subject: finished }]);
  });

  test("deletes what could not be filed when images are old enough, with its file", async () => {
    const store = await engine.emptied();
    const blob = await keepFile(store, "images");
    const held = { ...received(1, { blob }), reason: "conflict" as const };
    await store.database.transaction((sql) => store.held.holdIn(sql, [held]));
    await store.retention.apply({ imagesDays: 30, recordsDays: 60 }, later(29));
    expect(await store.held.count()).toBe(1);
    await store.retention.apply({ imagesDays: 30, recordsDays: 60 }, later(31));
    expect(await store.held.count()).toBe(0);
    await expect(store.blobs.read(blob)).rejects.toMatchObject({ code: "file_not_found" });
    expect(await store.audit.list()).toMatchObject([{ action: "held.delete", subject: held.sopUid }]);
  });

  // PGlite carries out one transaction at a time.
  test.runIf(engine.kind === "postgres")(
    "does not let go of a held object that comes again at that moment",
    async () => {
      const store = await engine.emptied();
      const { audit, database } = store;
      const [old, again] = [await keepFile(store, "images"), await keepFile(store, "images")];
      const hold = (blob: string) => [{ ...received(1, { blob }), reason: "conflict" as const }];
      const release = () => database.transaction((sql) => releaseHeld(sql, audit, later(1), 10));
      await database.transaction((sql) => store.held.holdIn(sql, hold(old)));
      await database.transaction(async (sql) => {
        expect(await store.held.holdIn(sql, hold(again))).toEqual({ named: new Set(), added: new Set() });
        expect(await release()).toEqual([]);
      });
      expect(await release()).toEqual([old]);
    },
  );

  test("leaves alone what is still received or waits for analysis, and removes files that an earlier run did not come to", async () => {
    const store = await engine.emptied();
    const orphan = await keepFile(store, "images");
    await store.studies.accept([received(1)]);
    const young = await keepFile(store, "objects");
    await store.database.query(
      "INSERT INTO blob_removal VALUES ($1, now() - interval '1 second'), ($2, now() + interval '1 day')",
      [orphan, young],
    );
    expect(await store.retention.apply({ imagesDays: 0, recordsDays: 0 }, later(1))).toEqual({
      images: 0,
      studies: 0,
      jobs: 0,
    });
    expect(await store.blobs.read(young)).toHaveLength(5);
    await expect(store.blobs.read(orphan)).rejects.toMatchObject({ code: "file_not_found" });
  });
});

onEachEngine("the record of batch jobs", (engine) => {
  test("keeps files in order, each result once, and counts them", async () => {
    const { batchJobs, database } = await engine.emptied();
    const names = ["Curie Marie.dcm", "b.png", "c.png"];
    const jobId = await batchJobs.create(
      { actor: "key:a", language: "en" },
      names.map((filename, i) => ({ filename, blob: `uploads/${i}` })),
    );
    expect((await batchJobs.waiting(jobId, 2)).map(({ filename }) => filename)).toEqual(names.slice(0, 2));
    await batchJobs.setState(jobId, "running");
    expect(await batchJobs.keepResult(jobId, 0, { detection_count: 2 })).toBe(true);
    expect(await batchJobs.keepResult(jobId, 0, { detection_count: 9 })).toBe(false);
    await batchJobs.keepResult(jobId, 1, { error: { code: "invalid_image" } }, { failed: true });
    expect(await batchJobs.find(jobId)).toMatchObject({
      state: "running",
      total: 3,
      done: 2,
      failed: 1,
      language: "en",
    });
    expect(await batchJobs.waiting(jobId, 10)).toMatchObject([{ ordinal: 2, blob: "uploads/2" }]);
    expect(await batchJobs.files(jobId, 0, 1)).toMatchObject([
      { ordinal: 1, failed: true, result: { error: { code: "invalid_image" } } },
    ]);
    expect(await batchJobs.setState(jobId, "cancelled")).toBe(true);
    expect(await batchJobs.setState(jobId, "running")).toBe(false);
    expect(await batchJobs.find("no job")).toBeUndefined();
    const [{ text }] = await database.query("SELECT string_agg(batch_file::text, '') AS text FROM batch_file");
    expect(text).not.toContain(Buffer.from("Curie").toString("hex"));
  });
});

onEachEngine("the map of identities", (engine) => {
  test("keeps the first of each, sealed", async () => {
    const { identityMap } = await engine.emptied();
    await identityMap.keep([{ kind: "patient_id", newValue: "PA", original: "4711" }]);
    await identityMap.keep([{ kind: "patient_id", newValue: "PA", original: "0815" }]);
    expect(await identityMap.original("patient_id", "PA")).toBe("4711");
    expect(await identityMap.original("study_uid", "PA")).toBeUndefined();
  });
});
