/**
 * @file Uploaded images in the record: all findings that are to be there, and one file for each image, whatever happens meanwhile.
 */
import { parseRules } from "@fovea/core/rules/rule-file";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fileHeader } from "../../src/pacs/part10";
import { sentInstance } from "../service/sent-instance";
import { bearer, form, MODEL, removeFolders, START_MS, startService, type TestService, THREE } from "./service";

const RULES = parseRules(
  `version: "1"
report_above: 0.5
rules:
  - when: {classes: [nodule]}
    category: {zh: 恶性, en: malignant}
`,
  { file: "rules.yaml", sha256: "ab".repeat(32) },
);
/** Later than anything that is kept here. */
const LATER = new Date(Date.now() + 10 * 86_400_000);

let service: TestService;
beforeAll(async () => {
  const yaml = "http: {keep_uploads: all, requests_per_minute: 100000}\ndefault_character_set: GB18030";
  service = await startService({ rules: RULES, yaml });
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});
beforeEach(() => {
  service.pool.answer = async () => THREE;
});

async function post(url: string, content: string | Buffer) {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const { payload, headers } = form({ name: "file", filename: "a.png", bytes });
  const key = bearer(service.keys.reader);
  return service.app.inject({ method: "POST", url, payload, headers: { ...headers, ...key } });
}

/** Files of images, and those of them that the record names. */
async function files(): Promise<{ readonly kept: readonly string[]; readonly named: readonly string[] }> {
  const kept: string[] = [];
  for await (const blob of service.store.blobs.list("images")) kept.push(blob);
  const rows = await service.store.database.query<{ blob: string }>(
    "SELECT blob FROM instance WHERE blob IS NOT NULL ORDER BY blob",
  );
  return { kept: kept.sort(), named: rows.map(({ blob }) => blob) };
}

describe("an image that /analyze/image keeps", () => {
  test("has its patient's name as the default character set has it, where the file names none", async () => {
    // 王^小.
    const name = [0x00100010, "PN", Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1)] as const;
    const { incoming, dataSet } = sentInstance(1, { extra: [name] });
    const { statusCode } = await post("/analyze/image", Buffer.concat([fileHeader(incoming), dataSet]));
    expect(statusCode).toBe(200);
    const { studies } = await service.store.studyList.page({}, { showPatient: true, language: "en" });
    expect(studies[0].patient_name).toBe("王^小");
  });

  test("has all that was answered, with what the rules say, not only what they report", async () => {
    const { detection_count } = (await post("/analyze/image", "all")).json();
    const { studies } = await service.store.studyList.page({}, { showPatient: true, language: "en" });
    expect([detection_count, studies[0].findings]).toEqual([3, 3]);
    const findings = await service.store.analyses.ofStudy(studies[0].study_uid);
    // The mass is of no rule, the second nodule (.41) below what is reported.
    expect(findings.map(({ confidence, category }) => [confidence, category?.en])).toEqual([
      [0.91, "malignant"],
      [0.62, undefined],
      [0.41, "malignant"],
    ]);
  });
});

describe("the file of an uploaded image", () => {
  test("is one, however many requests bring it at one time", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => post("/detect", "three")));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    await service.store.retention.apply({});
    const { kept, named } = await files();
    expect(kept).toEqual(named);
    expect(await service.store.database.query("SELECT blob FROM blob_removal")).toEqual([]);
  });

  test("goes where the record could not be written", async () => {
    const { analyses, database, retention } = service.store;
    const before = await files();
    analyses.renew = async () => {
      throw new Error("a fault");
    };
    try {
      expect((await post("/detect", "failing")).statusCode).toBe(500);
    } finally {
      Reflect.deleteProperty(analyses, "renew");
    }
    expect((await files()).kept).toHaveLength(before.kept.length + 1);
    // A day later.
    expect(
      await database.query("UPDATE blob_removal SET due_at = due_at - interval '25 hours' RETURNING 1"),
    ).toHaveLength(1);
    await retention.apply({});
    expect(await files()).toEqual(before);
  });

  test("comes back when the image does after retention deleted it", async () => {
    await post("/detect", "again");
    await service.store.retention.apply({ imagesDays: 1 }, LATER);
    expect(await files()).toEqual({ kept: [], named: [] });
    await post("/detect", "again");
    const { kept, named } = await files();
    expect(kept).toHaveLength(1);
    expect(kept).toEqual(named);
  });

  test("begins its days anew whenever its image comes", async () => {
    const { database, retention } = service.store;
    const rules = { imagesDays: 1, recordsDays: 10 };
    const age = (days: number) =>
      database.query("UPDATE study SET last_received_at = now() - $1::integer * interval '1 day'", [days]);
    const study = (await post("/detect", "days")).json().study_id;
    // Retention has deleted the file, and then leaves it alone.
    await age(2);
    expect((await retention.apply(rules)).images).toBeGreaterThan(0);
    await post("/detect", "days");
    expect(await retention.apply(rules)).toMatchObject({ images: 0, studies: 0 });
    // The file is still there, and the study would go as a whole.
    await age(11);
    await post("/detect", "days");
    await retention.apply(rules);
    expect(await service.store.studies.find(study)).toBeDefined();
    expect((await files()).kept).toHaveLength(1);
  });

  test.each([{ imagesDays: 1 }, { recordsDays: 1 }])(
    "is there for an image that retention (%o) deletes while it comes again",
    async (rules) => {
      const { studies, retention } = service.store;
      await post("/detect", "race");
      const find = studies.findInstance.bind(studies);
      studies.findInstance = async (uid) => {
        const found = await find(uid);
        await retention.apply(rules, LATER);
        return found;
      };
      try {
        expect((await post("/detect", "race")).statusCode).toBe(200);
      } finally {
        Reflect.deleteProperty(studies, "findInstance");
      }
      const { kept, named } = await files();
      expect(kept).toHaveLength(1);
      expect(kept).toEqual(named);
    },
  );
});

test("an image that is kept does not put a model back that was retired meanwhile", async () => {
  const { models } = service.store;
  await models.retire(MODEL.modelId);
  await post("/detect", "retired");
  expect((await models.find(MODEL.modelId))?.state).toBe("retired");
});
