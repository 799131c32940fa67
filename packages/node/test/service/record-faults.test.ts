/**
 * @file What judges the tests of faults: each thing that it promises to find.
 */
import { expect, test } from "vitest";
import type { Store } from "../../src/store/open-store";
import { ctFile, dataSetOf } from "../pacs/memory-sink";
import { received, SERIES } from "../received-instances";
import { onEachEngine } from "../stores";
import { verdictOf } from "./record-faults";

const BOX = { x1: 24, y1: 24, x2: 40, y2: 40 };
const bright = (box = BOX) => ({ classId: 0, className: "bright", confidence: 0.5, frame: 0, box });

onEachEngine("the judge of a record", (engine) => {
  async function judged(findings: readonly ReturnType<typeof bright>[], spoil: (store: Store) => Promise<unknown>) {
    const place = await engine.place();
    const store = await engine.open(place);
    const { bytes } = await ctFile(1);
    const keep = async (area: "images" | "objects") => {
      const draft = await store.blobs.draft(area);
      draft.stream.write(bytes);
      return draft.commit();
    };
    const image = received(1, { ...(await keep("images")), rows: 64, columns: 64 });
    await store.studies.accept([image]);
    const model = { modelId: "m@1", name: "m", sha256: "1", deviceUid: "2.25.3", classes: ["bright"], defaultFor: [] };
    await store.models.put(model, "ready");
    await store.analyses.record([{ sopUid: image.sopUid, modelId: "m@1", outcome: { findings } }]);
    await store.database.exec("UPDATE series SET state = 'analysed'; UPDATE study SET state = 'analysed'");
    const arrived = new Map<string, number>();
    for (const kind of ["sr", "sc", "gsps"]) {
      const { blob } = await keep("objects");
      arrived.set(`2.25.9.${kind}`, 1);
      await store.database.query(
        `INSERT INTO delivery (delivery_id, study_uid, series_uid, kind, destination, object_sop_uid, sop_class_uid, blob, state)
         VALUES (gen_random_uuid(), $1, $2, $3, 'archive', $4, '1', $5, 'sent')`,
        [image.studyUid, SERIES, kind, `2.25.9.${kind}`, blob],
      );
    }
    await spoil(store);
    await store.close();
    const acknowledged = new Map([[image.sopUid, dataSetOf(bytes)]]);
    return verdictOf(place, { acknowledged, arrived: new Map([["archive", arrived]]) });
  }
  const nothing = async () => undefined;
  /** A file in the folder of files. */
  const another = async ({ blobs }: Store) => {
    const draft = await blobs.draft("images");
    draft.stream.write(Buffer.from("another"));
    return draft.commit();
  };
  const removed = (rows: string) => async (store: Store) => {
    const [{ blob }] = await store.database.query<{ blob: string }>(`SELECT blob FROM ${rows} LIMIT 1`);
    await store.blobs.remove(blob);
  };

  test("finds nothing wrong where nothing is", async () => {
    expect(await judged([bright()], nothing)).toMatchObject({ images: 1, series: 1, deliveries: 3, faults: [] });
  });

  test("finds nothing wrong with the file of an object that is held apart", async () => {
    const { faults } = await judged([bright()], async (store) => {
      const held = received(2, await another(store));
      await store.database.transaction((sql) => store.held.holdIn(sql, [{ ...held, reason: "astray" }]));
    });
    expect(faults).toEqual([]);
  });

  test.each<[string, readonly ReturnType<typeof bright>[], (store: Store) => Promise<unknown>, RegExp]>([
    ["findings that were lost", [], nothing, /has 0 findings/],
    ["findings that are there twice", [bright(), bright()], nothing, /has 2 findings/],
    ["a finding elsewhere", [bright({ ...BOX, x2: 41 })], nothing, /a finding at 24,24,41,40, expected 24,24,40,40/],
    ["the file of an image that is gone", [bright()], removed("instance"), /its file cannot be read/],
    ["the file of a delivery that is gone", [bright()], removed("delivery"), /of a delivery cannot be read/],
    ["a file that nobody knows", [bright()], another, /the file images.* belongs to nobody/],
    ["an image that is gone", [bright()], ({ database }) => database.exec("DELETE FROM instance"), /not in the record/],
  ])("finds %s", async (_name, findings, spoil, fault) => {
    const { faults } = await judged(findings, spoil);
    expect(faults.filter((one) => fault.test(one))).toHaveLength(1);
  });
});
