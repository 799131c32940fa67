import { describe, expect, test } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import type { Store } from "./open-store";
import type { InstanceAnalysis, JudgedFinding, ModelVersion } from "./record";

const MODEL: ModelVersion = {
  modelId: "lung@0123456789ab",
  name: "lung",
  sha256: "0123456789ab".padEnd(64, "0"),
  deviceUid: "2.25.77",
  classes: ["nodule", "mass"],
  defaultFor: ["CT"],
};

const NODULE: JudgedFinding = {
  classId: 0,
  className: "nodule",
  confidence: 0.1 + 0.2,
  box: { x1: 10.25, y1: 20.5, x2: 30.125, y2: 1 / 3 },
  sizeMm: { width: 13.9, height: 7 },
  polygon: [1, 2, 3.5, 4],
  category: { zh: "轻微", en: "mild" },
  suggestion: { zh: "复查", en: "review" },
  frame: 0,
};

function analysis(n: number, changes: Partial<InstanceAnalysis> = {}): InstanceAnalysis {
  return {
    sopUid: received(n).sopUid,
    modelId: MODEL.modelId,
    rulesVersion: "2@abcdefabcdef",
    inferenceMs: 12.5,
    outcome: {
      findings: [NODULE, { ...NODULE, className: "mass", classId: 1, sizeMm: undefined, polygon: undefined }],
    },
    ...changes,
  };
}

async function withImages(store: Promise<Store>): Promise<Store> {
  const opened = await store;
  await opened.studies.accept([received(1), received(2)]);
  await opened.models.put(MODEL, "ready");
  return opened;
}

onEachEngine("the record of findings", (engine) => {
  test("gives findings back to the last digit", async () => {
    const { analyses } = await withImages(engine.emptied());
    expect(await analyses.record([analysis(1)])).toEqual([true]);
    const [nodule, mass] = await analyses.ofSeries(SERIES);
    expect(nodule).toMatchObject({
      ...NODULE,
      studyUid: STUDY,
      seriesUid: SERIES,
      rulesVersion: "2@abcdefabcdef",
      review: "open",
    });
    expect(mass).toMatchObject({ className: "mass", sizeMm: undefined, polygon: undefined });
  });

  test("keeps one analysis of an image by a model: the second of a done one is dropped, whole", async () => {
    const { analyses } = await withImages(engine.emptied());
    await analyses.record([analysis(1)]);
    expect(await analyses.record([analysis(1), analysis(2, { outcome: { findings: [] } })])).toEqual([false, true]);
    expect(await analyses.ofStudy(STUDY)).toHaveLength(2);
    const uids = [received(1).sopUid, received(2).sopUid];
    expect(await analyses.done([...uids, "2.25.404"], MODEL.modelId)).toEqual(new Set(uids));
  });

  test("lets a failed analysis be made good", async () => {
    const { analyses } = await withImages(engine.emptied());
    await analyses.record([analysis(1, { outcome: { failure: "invalid_dicom" } })]);
    expect(await analyses.failures(SERIES, MODEL.modelId)).toEqual(new Map([[received(1).sopUid, "invalid_dicom"]]));
    expect(await analyses.record([analysis(1)])).toEqual([true]);
    expect(await analyses.failures(SERIES, MODEL.modelId)).toEqual(new Map());
    expect(await analyses.ofSeries(SERIES)).toHaveLength(2);
  });

  test("leaves nothing of an analysis that cannot be kept", async () => {
    const { analyses } = await withImages(engine.emptied());
    await expect(analyses.record([analysis(1), analysis(404)])).rejects.toThrow("foreign key");
    expect(await analyses.done([received(1).sopUid], MODEL.modelId)).toEqual(new Set());
    expect(await analyses.ofStudy(STUDY)).toEqual([]);
  });

  test("shows the findings of the model that the series was given to, and keeps the others", async () => {
    const { analyses, models, studies } = await withImages(engine.emptied());
    await models.put({ ...MODEL, modelId: "lung@fff", deviceUid: "2.25.78" }, "ready");
    await analyses.record([analysis(1), analysis(1, { modelId: "lung@fff" })]);
    await studies.setSeriesState(SERIES, { state: "analysed", modelId: "lung@fff" });
    expect(new Set((await analyses.ofSeries(SERIES)).map(({ modelId }) => modelId))).toEqual(new Set(["lung@fff"]));
    expect((await analyses.list({ studyUid: STUDY })).findings).toHaveLength(2);
    await studies.setSeriesState(SERIES, { state: "analysed", modelId: MODEL.modelId });
    const { findings } = await analyses.list({ studyUid: STUDY });
    expect(findings.map(({ modelId }) => modelId)).toEqual([MODEL.modelId, MODEL.modelId]);
  });

  test("lists the latest first, page by page, each finding once", async () => {
    const { analyses, database } = await withImages(engine.emptied());
    for (const n of [1, 2]) await analyses.record([analysis(n, { outcome: { findings: Array(5).fill(NODULE) } })]);
    // Those of the second image came at one moment, as far as anybody can tell: by their ids then.
    await database.query("UPDATE finding SET found_at = now() WHERE sop_uid = $1", [received(2).sopUid]);
    const inTime = await database.query<{ finding_id: string }>(
      "SELECT finding_id FROM finding ORDER BY sop_uid DESC, found_at DESC, finding_id DESC",
    );
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const { findings, next } = await analyses.list({ className: "nodule" }, after, 3);
      seen.push(...findings.map(({ findingId }) => findingId));
      after = next;
    } while (after !== undefined);
    expect(seen).toEqual(inTime.map(({ finding_id }) => finding_id));
    expect(new Set(seen).size).toBe(10);
    await expect(analyses.list({}, "x")).rejects.toThrow("no place in this list");
    // A place of the list as it was: an id alone.
    const old = Buffer.from(JSON.stringify([seen[0]])).toString("base64url");
    await expect(analyses.list({}, old)).rejects.toThrow("no place in this list");
  });

  test("loses no finding between two pages to one that comes meanwhile", async () => {
    const { analyses } = await withImages(engine.emptied());
    await analyses.record([analysis(1, { outcome: { findings: Array(4).fill(NODULE) } })]);
    const first = await analyses.list({}, undefined, 2);
    await analyses.record([analysis(2)]);
    const second = await analyses.list({}, first.next, 2);
    expect(second.next).toBeUndefined();
    const ids = [first, second].flatMap(({ findings }) => findings.map(({ findingId }) => findingId));
    const all = (await analyses.ofSeries(SERIES)).filter(({ sopUid }) => sopUid === received(1).sopUid);
    expect(ids.sort()).toEqual(all.map(({ findingId }) => findingId).sort());
    expect((await analyses.list({}, undefined, 2)).findings.map(({ sopUid }) => sopUid)).toEqual(
      Array(2).fill(received(2).sopUid),
    );
  });

  test("keeps below which confidence findings were left out", async () => {
    const { analyses } = await withImages(engine.emptied());
    await analyses.record([analysis(1, { threshold: 0.1 + 0.2 }), analysis(2)]);
    const outcomes = await analyses.outcomes(STUDY);
    expect(outcomes.get(received(1).sopUid)?.threshold).toBe(0.1 + 0.2);
    expect(outcomes.get(received(2).sopUid)).not.toHaveProperty("threshold");
  });

  test("tells who decided last of each finding, and when", async () => {
    const { analyses } = await withImages(engine.emptied());
    await analyses.record([analysis(1)]);
    const [nodule, mass] = await analyses.ofSeries(SERIES);
    await analyses.review(nodule.findingId, { review: "rejected", actor: "key:anna" });
    await analyses.review(nodule.findingId, { review: "accepted", actor: "key:ben" });
    const reviews = await analyses.lastReviews(STUDY);
    const [, last] = await analyses.history(nodule.findingId);
    expect([...reviews]).toEqual([[nodule.findingId, { actor: "key:ben", at: last.at }]]);
    expect(reviews.has(mass.findingId)).toBe(false);
  });

  test("keeps who accepted or rejected a finding, with what they wrote sealed, and in the audit log", async () => {
    const { analyses, audit, database } = await withImages(engine.emptied());
    await analyses.record([analysis(1)]);
    const [{ findingId }] = await analyses.ofSeries(SERIES);
    await analyses.review(findingId, { review: "rejected", actor: "key:anna", comment: "Curie: vessel" });
    await analyses.review(findingId, { review: "accepted", actor: "key:ben" });
    expect((await analyses.find(findingId))?.review).toBe("accepted");
    expect(await analyses.history(findingId)).toMatchObject([
      { review: "rejected", actor: "key:anna", comment: "Curie: vessel" },
      { review: "accepted", actor: "key:ben", comment: undefined },
    ]);
    const [{ text }] = await database.query(
      "SELECT string_agg(review::text || audit::text, '') AS text FROM review, audit",
    );
    expect(text).not.toContain(Buffer.from("vessel").toString("hex"));
    expect(text).not.toContain("vessel");
    expect((await audit.list()).map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
      ["key:ben", "finding.review", findingId],
      ["key:anna", "finding.review", findingId],
    ]);
  });

  test("knows no finding of a foreign id", async () => {
    const { analyses } = await withImages(engine.emptied());
    await expect(analyses.review("no-uuid'; --", { review: "accepted", actor: "key:x" })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

onEachEngine("the list of studies", (engine) => {
  /** Five studies of two patients, the last with findings. */
  async function five(): Promise<Store> {
    const store = await withImages(engine.emptied());
    for (let n = 2; n <= 5; n++) {
      const patient = { PatientID: n % 2 ? "P-1" : "P-2" };
      await store.studies.accept([
        received(10 * n, {
          studyUid: `2.25.${n}`,
          seriesUid: `2.25.${n}.1`,
          patient,
          studyDate: `2026010${n}`,
          modality: n === 5 ? "DX" : "CT",
        }),
      ]);
    }
    await store.analyses.record([analysis(50)]);
    return store;
  }
  const uids = ({ studies }: { readonly studies: readonly { readonly study_uid: string }[] }) =>
    studies.map(({ study_uid }) => study_uid);

  test("shows the newest first, page by page, none twice and none left out", async () => {
    const { studyList } = await five();
    const first = await studyList.page({}, { limit: 2, language: "en", showPatient: true });
    const second = await studyList.page(
      {},
      { limit: 2, language: "en", showPatient: true, after: first.next ?? undefined },
    );
    const third = await studyList.page(
      {},
      { limit: 2, language: "en", showPatient: true, after: second.next ?? undefined },
    );
    expect([first, second, third].flatMap(uids)).toEqual(["2.25.5", "2.25.4", "2.25.3", "2.25.2", STUDY]);
    expect(third.next).toBeNull();
  });

  test("filters by patient, modality, date and state", async () => {
    const { studyList } = await five();
    const page = async (filter: Parameters<typeof studyList.page>[0]) =>
      uids(await studyList.page(filter, { showPatient: false, language: "en" }));
    expect(await page({ patientId: "P-1" })).toEqual(["2.25.5", "2.25.3"]);
    expect(await page({ patientId: "P-" })).toEqual([]);
    expect(await page({ modality: "DX" })).toEqual(["2.25.5"]);
    expect(await page({ studyDate: { from: "20260103", to: "20260104" } })).toEqual(["2.25.4", "2.25.3"]);
    expect(await page({ state: "analysed" })).toEqual([]);
  });

  test("counts series, images, findings and what nobody has looked at", async () => {
    const { studyList, analyses } = await five();
    const [finding] = await analyses.ofStudy("2.25.5");
    await analyses.review(finding.findingId, { review: "accepted", actor: "key:x" });
    const { studies } = await studyList.page({}, { showPatient: true, language: "en" });
    expect(studies[0]).toMatchObject({ series: 1, instances: 1, findings: 2, unreviewed: 1, patient_id: "P-1" });
    expect(studies[4]).toMatchObject({
      series: 1,
      instances: 2,
      findings: 0,
      unreviewed: 0,
      patient_name: "Curie^Marie",
    });
  });

  test("shows a study in detail, in the reader's language; the patient only to those who may", async () => {
    const { studyList } = await five();
    const detail = await studyList.detail("2.25.5", { language: "zh", showPatient: false });
    expect(detail?.study).toMatchObject({ patient_id: null, patient_name: null });
    expect(detail?.series).toMatchObject([{ modality: "DX", description: null, instances: [{ rows: 512 }] }]);
    const whole = await studyList.detail("2.25.5", { language: "zh", showPatient: true });
    expect(whole?.series).toMatchObject([{ description: "Lung 1.0" }]);
    expect(detail?.findings[0]).toMatchObject({ category: "轻微", suggestion: "复查", width_mm: 13.9 });
    expect(await studyList.detail("2.25.404", { language: "en", showPatient: true })).toBeUndefined();
  });
});

describe("the record of models", () => {
  onEachEngine("it", (engine) => {
    test("keeps the device UID of a file, whatever the model is called later", async () => {
      const { models } = await engine.emptied();
      await models.put(MODEL, "loading");
      await models.put({ ...MODEL, deviceUid: "2.25.999", defaultFor: ["*"] }, "ready");
      expect(await models.list()).toEqual([{ ...MODEL, defaultFor: ["*"], state: "ready" }]);
    });
  });
});
