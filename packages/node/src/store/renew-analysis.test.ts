import { beforeEach, expect, test } from "vitest";
import { received, SERIES } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import type { Store } from "./open-store";
import type { JudgedFinding, ModelVersion } from "./record";

const MODEL: ModelVersion = {
  ...{ modelId: "chest@0123456789ab", name: "chest", sha256: "0".repeat(64), deviceUid: "2.25.4" },
  ...{ classes: ["nodule"], defaultFor: ["*"] },
};
const { sopUid } = received(1);

const found = (confidence: number, changes: Partial<JudgedFinding> = {}): JudgedFinding => ({
  ...{ classId: 0, className: "nodule", confidence, frame: 0 },
  // No double is written with fewer digits than these: 0.1 + 0.2 = 0.30000000000000004.
  box: { x1: 0.1 + 0.2, y1: 1 / 3, x2: 100, y2: 200 * confidence },
  ...changes,
});

onEachEngine("an analysis that is made once more", (engine) => {
  let store: Store;
  beforeEach(async () => {
    store = await engine.emptied();
    await store.models.put(MODEL, "ready");
    await store.studies.accept([received(1)]);
    await store.studies.setSeriesState(SERIES, { state: "analysed", modelId: MODEL.modelId });
  });
  const renew = (
    findings: readonly JudgedFinding[],
    {
      seen = findings,
      ...more
    }: { seen?: readonly JudgedFinding[]; unreadFrames?: number; rulesVersion?: string } = {},
  ) =>
    store.database.transaction((sql) =>
      store.analyses.renew({ sopUid, modelId: MODEL.modelId, ...more, outcome: { findings } }, seen, sql),
    );
  const shown = async () => (await store.analyses.ofSeries(SERIES)).map(({ confidence }) => confidence);
  const ids = async () =>
    new Map((await store.analyses.ofSeries(SERIES)).map(({ confidence, findingId }) => [confidence, findingId]));

  test("is kept where there was none, or one that failed", async () => {
    await store.analyses.record([{ sopUid, modelId: MODEL.modelId, outcome: { failure: "timed_out: late" } }]);
    expect(await renew([found(0.9)])).toBe(true);
    expect(await shown()).toEqual([0.9]);
    expect([...(await store.analyses.outcomes(received(1).studyUid)).values()]).toEqual([{ modelId: MODEL.modelId }]);
  });

  test("adds what is new, in its place, and keeps the identifiers of what is found again", async () => {
    await renew([found(0.8)]);
    const before = await ids();
    expect(await renew([found(0.9), found(0.8), found(0.7)])).toBe(true);
    expect(await shown()).toEqual([0.9, 0.8, 0.7]);
    expect((await ids()).get(0.8)).toBe(before.get(0.8));
  });

  test("takes away what the model does not see any more, unless somebody has decided upon it", async () => {
    await renew([found(0.9), found(0.8), found(0.7)]);
    const before = await ids();
    const review = (confidence: number, review: "accepted" | "rejected" | "open") =>
      store.analyses.review(before.get(confidence) ?? "", { review, actor: "key:a" });
    await review(0.8, "rejected");
    // A decision that was taken back is one that was made.
    await review(0.7, "accepted");
    await review(0.7, "open");
    await renew([found(0.6)]);
    expect(await shown()).toEqual([0.6, 0.8, 0.7]);
    expect((await store.analyses.ofSeries(SERIES)).map((one) => one.review)).toEqual(["open", "rejected", "open"]);
  });

  test("does not take away what is still seen, though not reported this time", async () => {
    await renew([found(0.9), found(0.4)]);
    await renew([found(0.9)], { seen: [found(0.9), found(0.4)] });
    expect(await shown()).toEqual([0.9, 0.4]);
  });

  test("is judged by the rules that are in force now", async () => {
    await renew([found(0.9, { category: { zh: "轻度", en: "mild" } })], { rulesVersion: "1@a" });
    await renew([found(0.9, { category: { zh: "重度", en: "severe" } })], { rulesVersion: "2@b" });
    expect(await store.analyses.ofSeries(SERIES)).toMatchObject([{ category: { en: "severe" }, rulesVersion: "2@b" }]);
  });

  test("changes nothing where less could be read than before", async () => {
    await renew([found(0.9)], { unreadFrames: 1 });
    expect(await renew([], { unreadFrames: 2 })).toBe(false);
    expect(await shown()).toEqual([0.9]);
    expect([...(await store.analyses.outcomes(received(1).studyUid)).values()]).toEqual([
      { modelId: MODEL.modelId, unreadFrames: 1 },
    ]);
    expect(await renew([found(0.9), found(0.8)], { unreadFrames: 0 })).toBe(true);
    expect(await shown()).toEqual([0.9, 0.8]);
    expect([...(await store.analyses.outcomes(received(1).studyUid)).values()]).toEqual([{ modelId: MODEL.modelId }]);
  });
});
