import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage } from "../../src/imaging/read-image";
import { OWN_RESULT } from "../../src/store/own-result";
import { received, SERIES, STUDY } from "../received-instances";
import { bearer, form, MODEL, removeFolders, START_MS, startService, type TestService, THREE } from "./service";

let service: TestService;
let sopUid: string;
beforeAll(async () => {
  service = await startService({
    yaml: "http: {requests_per_minute: 100000}\nclass_names: {zh: {nodule: 结节, mass: 肿块}}",
    page: resolve(import.meta.dirname, "../../dist/page"),
  });
  const { store } = service;
  await store.studies.accept([received(1), received(2)]);
  const findings = THREE.map((finding) => ({ ...finding, frame: 0, category: { zh: "重度", en: "severe" } }));
  const { sopUid: first } = received(1);
  await store.analyses.record([{ sopUid: first, modelId: MODEL.modelId, threshold: 0.3, outcome: { findings } }]);
  await store.studies.setSeriesState(SERIES, { state: "analysed", modelId: MODEL.modelId });
  // An image whose pixels are here.
  const png = await picture();
  const upload = form({ name: "file", filename: "a.png", bytes: png });
  const answer = await service.app.inject({
    method: "POST",
    url: "/detect",
    payload: upload.payload,
    headers: { ...upload.headers, ...bearer(service.keys.reader) },
  });
  sopUid = answer.json().findings[0].image.split("/")[2];
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});

/** 512 x 400, grey, its value the column's lowest byte. */
async function picture(): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const data = Buffer.from(Uint8Array.from({ length: 512 * 400 }, (_, i) => i & 255));
  return sharp(data, { raw: { width: 512, height: 400, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
}

/** Column of a table that says why there is nothing in the others. */
const ERROR = 14;

const get = (url: string, role: keyof TestService["keys"] = "reader") =>
  service.app.inject({ url, headers: bearer(service.keys[role]) });

describe("studies", () => {
  test("are listed, with the patient for those who read them", async () => {
    const { studies, next } = (await get("/studies")).json();
    expect(next).toBeNull();
    expect(studies.find(({ study_uid }: { study_uid: string }) => study_uid === STUDY)).toMatchObject({
      patient_id: "P-4711",
      patient_name: "Curie^Marie",
      modalities: ["CT"],
      instances: 2,
      findings: 3,
      unreviewed: 3,
    });
    const { body } = await get("/studies", "viewer");
    expect(body).toContain(STUDY);
    expect(body).not.toMatch(/Curie|P-4711|Thorax/);
  });

  test("are listed page by page, and by modality", async () => {
    const first = (await get("/studies?limit=1")).json();
    expect(first.studies).toHaveLength(1);
    const second = (await get(`/studies?limit=1&after=${encodeURIComponent(first.next)}`)).json();
    expect(second.studies).toHaveLength(1);
    expect(second.studies[0].study_uid).not.toBe(first.studies[0].study_uid);
    expect((await get("/studies?modality=CT")).json().studies).toHaveLength(1);
    expect((await get("/studies?state=failed")).json().studies).toEqual([]);
  });

  test("are shown in the language that is asked for, and it is written down who saw them", async () => {
    const study = (await get(`/studies/${STUDY}?lang=en`)).json();
    expect(study.findings[0]).toMatchObject({
      class: "nodule",
      class_shown: "nodule",
      category: "severe",
      review: "open",
    });
    const chinese = (await get(`/studies/${STUDY}`)).json();
    expect(chinese.findings[0]).toMatchObject({ class: "nodule", class_shown: "结节", category: "重度" });
    const [entry] = await service.store.audit.list({ action: "study.view", limit: 1 });
    expect(entry).toMatchObject({ subject: STUDY, actor: expect.stringMatching(/^key:/) });
    expect((await get("/studies/1.2.3")).statusCode).toBe(404);
  });
});

describe("what failed of a study", () => {
  const STUDY_AGAIN = "2.25.66";
  const analyse = (uid: string, role: keyof TestService["keys"] = "admin", query = "") =>
    service.app.inject({ method: "POST", url: `/studies/${uid}/analyse${query}`, headers: bearer(service.keys[role]) });

  test("is analysed again when somebody who may asks, and it is written down who did", async () => {
    const { store } = service;
    const image = (n: number, series: number) =>
      received(n, { studyUid: STUDY_AGAIN, seriesUid: `2.25.66.${series}`, sopUid: `2.25.66.${series}.${n}` });
    const series = [1, 2, 3, 4, 5, 6];
    await store.studies.accept([...series.map((one) => image(1, one)), image(2, 3)]);
    const set = (one: number, state: "failed" | "analysed" | "not_attempted", reason?: string) =>
      store.studies.setSeriesState(`2.25.66.${one}`, { state, reason, modelId: MODEL.modelId });
    await set(1, "failed", "found, but not reported: write_failed");
    await set(2, "analysed");
    await set(3, "analysed", "1 of 2 images could not be analysed");
    await set(4, "not_attempted", "no model for CT");
    await set(5, "not_attempted", "made by Fovea itself");
    await set(6, "failed", "its files are gone");
    await store.database.query("UPDATE instance SET blob = NULL WHERE series_uid = '2.25.66.6'");
    const failure = { modelId: MODEL.modelId, outcome: { failure: "timed_out: late" } };
    await store.analyses.record([
      { sopUid: "2.25.66.2.1", modelId: MODEL.modelId, outcome: { findings: [] } },
      { sopUid: "2.25.66.3.1", modelId: MODEL.modelId, outcome: { findings: [] } },
      { sopUid: "2.25.66.3.2", ...failure },
    ]);
    await store.postponements.add("2.25.66.1.1", MODEL.modelId, "timed_out: late");
    await store.database.query("UPDATE study SET state = 'failed' WHERE study_uid = $1", [STUDY_AGAIN]);
    const states = async () => (await store.studies.series(STUDY_AGAIN)).map(({ state }) => state);

    expect((await analyse("1.2.3")).statusCode).toBe(404);
    for (const role of ["viewer", "reader"] as const) expect((await analyse(STUDY_AGAIN, role)).statusCode).toBe(403);
    const one = await analyse(STUDY_AGAIN, "system", "?series=2.25.66.4");
    expect(service.wakePipeline).toHaveBeenCalledOnce();
    expect([one.statusCode, one.json()]).toEqual([
      202,
      { state: "queued", study_uid: STUDY_AGAIN, series: 1, study_url: `/studies/${STUDY_AGAIN}` },
    ]);
    expect(await states()).toEqual(["failed", "analysed", "analysed", "received", "not_attempted", "failed"]);
    expect((await analyse(STUDY_AGAIN)).json().series).toBe(2);
    // Not what is well, is our own, or has no files any more; the one of before waits already.
    expect(await states()).toEqual(["received", "analysed", "received", "received", "not_attempted", "failed"]);
    expect((await analyse(STUDY_AGAIN)).statusCode).toBe(409);
    expect((await store.studies.find(STUDY_AGAIN))?.state).toBe("receiving");
    expect(await store.database.query("SELECT 1 FROM postponement")).toEqual([]);
    const entries = await store.audit.list({ action: "study.analyse" });
    expect(entries.map(({ subject, details }) => [subject, details])).toEqual([
      [STUDY_AGAIN, { series: 2 }],
      [STUDY_AGAIN, { series: 1, only: "2.25.66.4" }],
    ]);
  });

  test("is not the pipeline's matter if it is an upload: nothing of it is sent anywhere", async () => {
    const { study_uid } = (await get(`/instances/${sopUid}`)).json();
    expect((await analyse(study_uid)).statusCode).toBe(403);
  });
});

describe("a report", () => {
  test("comes as JSON, and as a table that spreadsheets read", async () => {
    expect((await get(`/studies/${STUDY}/report`)).json().findings).toHaveLength(3);
    const csv = await get(`/studies/${STUDY}/report?format=csv`);
    expect(csv.headers["content-type"]).toContain("text/csv");
    expect(csv.body.charCodeAt(0)).toBe(0xfeff);
    // Two of three, in the model's words and, without a wish for a language, in the reader's Chinese.
    expect(csv.body.match(/,nodule,结节,/g)).toHaveLength(2);
    expect((await get(`/studies/${STUDY}/report?format=csv&lang=en`)).body.match(/,nodule,nodule,/g)).toHaveLength(2);
    // The second image was never shown to the model: its row says so, and has no size that would read as "looked at".
    const row = csv.body.split("\r\n").find((line) => line.startsWith(received(2).sopUid));
    expect(row).toBe(`${received(2).sopUid},,,,,,,,,,,,,,not analysed,,,,,未分析`);
  });

  test("says what was decided of each finding, and by whom to those who may know", async () => {
    const { store } = service;
    const [study, series] = ["2.25.79", "2.25.79.1"];
    const image = received(71, { studyUid: study, seriesUid: series, sopUid: `${series}.1` });
    await store.studies.accept([image]);
    const findings = THREE.map((finding) => ({ ...finding, frame: 0 }));
    const found = { sopUid: image.sopUid, modelId: MODEL.modelId, threshold: 0.3, outcome: { findings } };
    await store.analyses.record([found]);
    await store.studies.setSeriesState(series, { state: "analysed", modelId: MODEL.modelId });
    const [one, two, three] = await store.analyses.ofStudy(study);
    const reader = (await service.app.inject({ url: "/session", headers: bearer(service.keys.reader) })).json().name;
    await store.analyses.review(one.findingId, { review: "accepted", actor: reader });
    await store.analyses.review(two.findingId, { review: "rejected", actor: "key:another" });
    const at = async ({ findingId }: { findingId: string }) =>
      (await store.analyses.history(findingId)).at(-1)?.at.toISOString();
    const decided = async (role: "reader" | "admin") =>
      (await get(`/studies/${study}/report?format=csv`, role)).body
        .split("\r\n")
        .slice(0, -1)
        .map((line) => line.split(",").slice(15, -1));
    const head = ["review", "reviewed_by", "reviewed_at", "threshold"];
    const [accepted, rejected, open] = [await at(one), await at(two), await at(three)];
    expect(open).toBeUndefined();
    expect(await decided("admin")).toEqual([
      head,
      ["accepted", reader, accepted, "0.3"],
      ["rejected", "key:another", rejected, "0.3"],
      ["open", "", "", "0.3"],
    ]);
    // Whose the other decision is, is the audit log's to say.
    expect(await decided("reader")).toEqual([
      head,
      ["accepted", reader, accepted, "0.3"],
      ["rejected", "", rejected, "0.3"],
      ["open", "", "", "0.3"],
    ]);
    const page = (await get(`/studies/${study}/report?format=html`)).body;
    expect(page).toMatch(/Confidence threshold.*<dd>.*0\.3/);
  });

  test("says of no image that nothing was found in it unless it was looked at", async () => {
    const { store } = service;
    const [study, state] = ["2.25.77", "2.25.77.1"];
    const image = (n: number, series: string, seriesNumber: number) =>
      received(n, { studyUid: study, seriesUid: series, sopUid: `2.25.77.${n}`, seriesNumber });
    await store.studies.accept([
      image(11, state, 1),
      image(12, state, 1),
      image(13, "2.25.77.2", 2),
      image(14, "2.25.77.3", 3),
    ]);
    await store.analyses.record([
      { sopUid: "2.25.77.11", modelId: MODEL.modelId, rulesVersion: "7@0123456789ab", outcome: { findings: [] } },
      { sopUid: "2.25.77.12", modelId: MODEL.modelId, outcome: { failure: "invalid_dicom: cut short" } },
    ]);
    const partly = "1 of 2 images could not be analysed; the first: invalid_dicom: cut short";
    await store.studies.setSeriesState(state, { state: "analysed", reason: partly, modelId: MODEL.modelId });
    await store.studies.setSeriesState("2.25.77.2", { state: "not_attempted", reason: "no model for CT" });

    const en = (await get(`/studies/${study}/report?format=html&lang=en`)).body;
    expect(en).toContain(
      "Note: of 4 images, 3 were not analysed, could not be, or not whole; nothing is said of what was not read.",
    );
    expect(en).toContain("注意：共4幅图像，其中3幅未分析、分析失败或未能完整读取；对未读取的内容不作任何结论。");
    // Rules were in force, although they had nothing to judge.
    expect(en).toContain("7@0123456789ab");
    expect(en).not.toContain("no rule file");
    // The study's date is not the report's.
    expect(en).toMatch(/检查日期 study date 20261126 · 报告时间 report of \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(en.match(/No evident lesion detected/g)).toHaveLength(1);
    expect(en.match(/class="chip clear"/g)).toHaveLength(1);
    expect(en.match(/class="chip failed"/g)).toHaveLength(3);
    // The record keeps no spacing: the page does not claim that the file has none.
    expect(en).not.toContain("the file gives no pixel spacing");

    const csv = (await get(`/studies/${study}/report?format=csv`)).body.split("\r\n").slice(1, 5);
    expect(csv.map((line) => [line.split(",")[ERROR], line.split(",").at(-1)])).toEqual([
      ["", ""],
      [
        "could not be analysed: invalid_dicom: cut short",
        "分析失败：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（cut short）",
      ],
      ["not analysed: no model for CT", "未分析：没有适用于 CT 图像的模型；如需分析请管理员加载相应模型"],
      ["not analysed yet", "尚未分析"],
    ]);
    // The list gives the reason too: "analysed, 0 findings" would not be the whole truth.
    const { studies } = (await get("/studies")).json();
    expect(studies.find(({ study_uid }: { study_uid: string }) => study_uid === study)).toMatchObject({
      findings: 0,
      reason: partly,
      reason_shown:
        "共2幅图像中有1幅未能分析，第一幅的原因：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（cut short）",
    });
    const english = (await get("/studies?lang=en")).json().studies;
    expect(english.find(({ study_uid }: { study_uid: string }) => study_uid === study).reason_shown).toBe(
      "1 of 2 images could not be analysed; the first: the DICOM file is damaged or breaks the standard; send it again from where it comes from (cut short)",
    );
  });

  test("is not called incomplete because our own pictures of it came back from the PACS", async () => {
    const { store } = service;
    const image = (n: number, seriesNumber: number) =>
      received(n, {
        studyUid: "2.25.79",
        seriesUid: `2.25.79.${seriesNumber}`,
        sopUid: `2.25.79.0.${n}`,
        seriesNumber,
      });
    await store.studies.accept([image(31, 1), image(32, 9102)]);
    const reason = async () => (await get("/studies/2.25.79")).json().study.reason;
    await store.studies.setSeriesState("2.25.79.9102", { state: "not_attempted", reason: OWN_RESULT });
    await store.studies.setSeriesState("2.25.79.1", { state: "analysed", modelId: MODEL.modelId });
    await store.database.query("UPDATE study SET state = 'analysed' WHERE study_uid = '2.25.79'");
    expect(await reason()).toBeNull();
    // Nothing else is there: then it is the reason.
    await store.database.query("UPDATE study SET state = 'not_attempted' WHERE study_uid = '2.25.79'");
    expect(await reason()).toBe(OWN_RESULT);
  });

  test("tells of an image whose size could not be told, and why nobody looked at it", async () => {
    const { store } = service;
    const [study, series] = ["2.25.78", "2.25.78.1"];
    const unknown = { frames: 1, rows: 0, columns: 0 };
    const image = (n: number, changes = {}) =>
      received(n, { studyUid: study, seriesUid: series, sopUid: `${series}.${n}`, ...changes });
    const report = { ...unknown, sopClassUid: "1.2.840.10008.5.1.4.1.1.88.67" };
    await store.studies.accept([image(31), image(32, { ...unknown, sizeUnknown: true }), image(33, report)]);
    await store.analyses.record([
      { sopUid: `${series}.31`, modelId: MODEL.modelId, outcome: { findings: [] } },
      { sopUid: `${series}.32`, modelId: MODEL.modelId, outcome: { failure: "invalid_dicom: Rows" } },
    ]);
    await store.studies.setSeriesState(series, { state: "analysed", reason: "1 of 2", modelId: MODEL.modelId });

    const [{ instances }] = (await get(`/studies/${study}`)).json().series;
    const told = instances.map((one: Record<string, unknown>) => [one.sop_uid, one.size_unknown, one.failure]);
    expect(instances.map((one: Record<string, unknown>) => one.failure_shown)).toEqual([
      null,
      "DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（Rows）",
      null,
    ]);
    expect(told).toEqual([
      [`${series}.31`, false, null],
      [`${series}.32`, true, "invalid_dicom: Rows"],
      [`${series}.33`, false, null],
    ]);
    const html = (await get(`/studies/${study}/report?format=html&lang=en`)).body;
    expect(html).toContain("Note: of 2 images, 1 was not analysed");
    expect(html).toContain("分析失败：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（Rows）");
    expect(html).toContain(
      "could not be analysed: the DICOM file is damaged or breaks the standard; send it again from where it comes from (Rows)",
    );
    const csv = (await get(`/studies/${study}/report?format=csv`)).body.split("\r\n").slice(1, -1);
    expect(csv.map((line) => line.split(",")[ERROR])).toEqual(["", "could not be analysed: invalid_dicom: Rows"]);
    expect((await get(`/studies/${study}/report?format=png`)).statusCode).toBe(409);
  });

  test("says of what /detect keeps the threshold above which that is: the reporting one", async () => {
    const { study_uid } = (await get(`/instances/${sopUid}`)).json();
    const rows = (await get(`/studies/${study_uid}/report?format=csv`)).body.split("\r\n").slice(1, -1);
    // The model's is 0.25, `report_above` 0.5.
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map((row) => row.split(",").at(-2))).toEqual(rows.map(() => "0.5"));
  });

  test("comes as a page that runs nothing, with the picture in it", async () => {
    const { study_uid } = (await get(`/instances/${sopUid}`)).json();
    const page = await get(`/studies/${study_uid}/report?format=html&lang=zh`);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.body).toMatch(/src="data:image\/jpeg;base64,/);
    expect(page.body).toContain("共检测到2处病灶，包括：1个结节、1个肿块。");
    expect(page.body).not.toContain("<script");
  });

  test("comes as the picture of its most confident finding", async () => {
    const { study_uid } = (await get(`/instances/${sopUid}`)).json();
    const answer = await get(`/studies/${study_uid}/report?format=png`);
    expect(await decodeImage(answer.rawPayload, "png")).toMatchObject({ width: 512, height: 400, channels: 3 });
    // No pixels of this one are here.
    expect((await get(`/studies/${STUDY}/report?format=png`)).statusCode).not.toBe(200);
  });

  test("as DICOM SR is the object that was made for the PACS", async () => {
    expect((await get(`/studies/${STUDY}/report?format=sr`)).statusCode).toBe(404);
    const draft = await service.store.blobs.draft("objects");
    await new Promise((resolve) => draft.stream.write(Buffer.from("the report"), resolve));
    const { blob } = await draft.commit();
    const object = { objectSopUid: "1.2.9", sopClassUid: "1.2.840.10008.5.1.4.1.1.88.34", blob };
    await service.store.deliveries.plan([
      { studyUid: STUDY, seriesUid: SERIES, kind: "sr", destination: "pacs", ...object },
    ]);
    const answer = await get(`/studies/${STUDY}/report?format=sr`);
    expect([answer.headers["content-type"], answer.body]).toEqual(["application/dicom", "the report"]);
  });

  test("as DICOM SR is the newest of its series, and never one of several series, or of before a late image", async () => {
    const { store } = service;
    const study = "2.25.88";
    const make = async (seriesUid: string, n: number, text: string) => {
      const draft = await store.blobs.draft("objects");
      await new Promise((resolve) => draft.stream.write(Buffer.from(text), resolve));
      const { blob } = await draft.commit();
      const object = { objectSopUid: `2.25.88.9.${n}`, sopClassUid: "1.2.840.10008.5.1.4.1.1.88.34", blob };
      await store.deliveries.plan([{ studyUid: study, seriesUid, kind: "sr", destination: "pacs", ...object }]);
    };
    const report = (query = "") => get(`/studies/${study}/report?format=sr${query}`);
    const image = (n: number, seriesUid: string) => received(n, { studyUid: study, seriesUid, sopUid: `2.25.88.${n}` });
    await store.studies.accept([image(21, "2.25.88.1"), image(22, "2.25.88.2")]);
    await store.studies.setSeriesState("2.25.88.1", { state: "analysed", modelId: MODEL.modelId });
    await make("2.25.88.1", 2, "first");
    await make("2.25.88.1", 1, "with the late image");
    expect((await report()).body).toBe("with the late image");
    await make("2.25.88.2", 3, "the other series");
    expect((await report()).statusCode).toBe(409);
    expect((await report("&series=2.25.88.1")).body).toBe("with the late image");
    // Received, not analysed.
    expect((await report("&series=2.25.88.2")).statusCode).toBe(409);
  });

  test("is not for those who only look on", async () => {
    expect((await get(`/studies/${STUDY}/report`, "viewer")).statusCode).toBe(403);
  });
});

describe("an image", () => {
  test("says how it is to be shown", async () => {
    expect((await get(`/instances/${sopUid}`)).json()).toMatchObject({
      sop_uid: sopUid,
      rows: 400,
      columns: 512,
      frames: 1,
      photometric_interpretation: "MONOCHROME2",
      bits_allocated: 8,
      values: { rescale_slope: 1, rescale_intercept: 0, windows: [] },
      pixel_spacing: null,
    });
  });

  test("gives its values, and pictures without and with findings", async () => {
    const values = (await get(`/instances/${sopUid}/frames/0/pixels`)).rawPayload;
    expect(values).toHaveLength(512 * 400);
    expect([values[0], values[255], values[256], values[513]]).toEqual([0, 255, 0, 1]);
    const plain = await decodeImage((await get(`/instances/${sopUid}/frames/0`)).rawPayload, "plain");
    const drawn = await decodeImage((await get(`/instances/${sopUid}/annotated.png`)).rawPayload, "drawn");
    expect([plain.width, plain.height, drawn.width, drawn.height]).toEqual([512, 400, 512, 400]);
    // The left edge of the first box, x = 100, is coloured; far from all boxes nothing has changed.
    const at = (image: typeof plain, x: number, y: number) => [
      ...image.data.subarray(3 * (y * 512 + x), 3 * (y * 512 + x) + 3),
    ];
    expect(new Set(at(drawn, 100, 25)).size).toBeGreaterThan(1);
    expect(at(drawn, 20, 390)).toEqual(at(plain, 20, 390));
    expect((await get(`/instances/${sopUid}/frames/1/pixels`)).statusCode).toBe(404);
  });

  test("that is not here is not found", async () => {
    expect((await get("/instances/1.2.3")).statusCode).toBe(404);
    expect((await get("/instances/1.2.3/frames/0")).statusCode).toBe(404);
  });
});

describe("findings", () => {
  test("are listed by study, class, confidence and decision", async () => {
    const list = async (query: string) => (await get(`/findings?study=${STUDY}${query}`)).json();
    expect((await list("")).findings).toHaveLength(3);
    expect((await list("&class=mass")).findings).toMatchObject([
      { class: "mass", class_shown: "肿块", confidence: 0.62 },
    ]);
    expect((await list("&class=mass&lang=en")).findings[0].class_shown).toBe("mass");
    const asked = { url: `/findings?study=${STUDY}&class=mass`, headers: { "accept-language": "en" } };
    const inEnglish = await service.app.inject({
      ...asked,
      headers: { ...asked.headers, ...bearer(service.keys.reader) },
    });
    expect(inEnglish.json().findings[0].class_shown).toBe("mass");
    expect((await list("&min_confidence=0.5")).findings).toHaveLength(2);
    expect((await list("&review=accepted")).findings).toEqual([]);
    const page = await list("&limit=2");
    const rest = await list(`&limit=2&after=${encodeURIComponent(page.next)}`);
    expect(rest.next).toBeNull();
    const ids = [page, rest].flatMap(({ findings }) => findings.map(({ id }: { id: string }) => id));
    const found = await service.store.database.query(
      "SELECT finding_id FROM finding WHERE sop_uid = $1 ORDER BY found_at DESC, finding_id DESC",
      [received(1).sopUid],
    );
    expect(ids).toEqual(found.map(({ finding_id }) => finding_id));
  });

  test("are accepted or rejected, which stays, with who did it", async () => {
    const [{ id }] = (await get(`/findings?study=${STUDY}&class=mass`)).json().findings;
    const review = (payload: object, role: keyof TestService["keys"] = "reader") =>
      service.app.inject({
        method: "POST",
        url: `/findings/${id}/review`,
        payload,
        headers: bearer(service.keys[role]),
      });
    expect((await review({ review: "rejected", comment: "a vessel" })).json()).toMatchObject({
      id,
      class_shown: "肿块",
      review: "rejected",
    });
    expect((await get(`/findings?study=${STUDY}&review=rejected`)).json().findings).toMatchObject([{ id }]);
    expect((await review({ review: "perhaps" })).statusCode).toBe(400);
    expect((await review({ review: "accepted" }, "viewer")).statusCode).toBe(403);
    expect(await service.store.analyses.history(id)).toMatchObject([{ review: "rejected", comment: "a vessel" }]);
    const [entry] = await service.store.audit.list({ action: "finding.review", limit: 1 });
    expect(entry.subject).toBe(id);
  });
});

describe("models", () => {
  const post = (url: string, payload: object) =>
    service.app.inject({ method: "POST", url, payload, headers: bearer(service.keys.admin) });

  test("are listed, loaded from their folder, made the default, retired", async () => {
    expect((await get("/models")).json().models).toMatchObject([{ version: MODEL.modelId, default_for: ["*"] }]);
    const loaded = await post("/models/load", { file: "lung.onnx", modalities: ["CT"] });
    expect(loaded.json()).toMatchObject({ version: MODEL.modelId, default_for: ["CT"], state: "ready" });
    const made = await post("/models/default", { version: MODEL.modelId, modalities: ["*"] });
    expect(made.json()).toMatchObject({ default_for: ["*"] });
    expect((await post("/models/default", { version: "other@1", modalities: ["CT"] })).statusCode).toBe(404);
    expect((await post("/models/retire", { version: MODEL.modelId })).json()).toMatchObject({ state: "retired" });
    expect((await service.app.inject({ url: "/health/ready" })).statusCode).toBe(503);
    service.pool.retired.clear();
    const actions = (await service.store.audit.list({ subject: MODEL.modelId })).map(({ action }) => action);
    expect(actions).toEqual(["model.retire", "model.default", "model.load"]);
  });
});

describe("STOW-RS", () => {
  const stow = (
    body: string,
    url = "/dicom-web/studies",
    type = 'multipart/related; type="application/dicom"; boundary=b',
  ) =>
    service.app.inject({
      method: "POST",
      url,
      payload: body,
      headers: { "content-type": type, ...bearer(service.keys.system) },
    });
  const part = (content: string) => `--b\r\nContent-Type: application/dicom\r\n\r\n${content}\r\n`;

  test("hands each part to the reception, and answers what became of it (PS3.18 annex I)", async () => {
    service.reception.sizes.length = 0;
    service.reception.outcome = (bytes) =>
      bytes.toString() === "bad"
        ? { status: 0xc000 }
        : { status: 0, sopClassUid: "1.2", sopUid: "1.2.3", studyUid: "1.5" };
    const answer = await stow(`${part("one")}${part("bad")}${part("three")}--b--\r\n`);
    expect(answer.statusCode).toBe(202);
    expect(answer.headers["content-type"]).toContain("application/dicom+json");
    expect(service.reception.sizes).toEqual([3, 3, 5]);
    const reference = { "00081150": { vr: "UI", Value: ["1.2"] }, "00081155": { vr: "UI", Value: ["1.2.3"] } };
    // Of the part that is no DICOM there are no UIDs, which a failed object must have: it stands in Other Failures Sequence.
    expect(answer.json()).toEqual({
      "00081199": { vr: "SQ", Value: [reference, reference] },
      "0008119A": { vr: "SQ", Value: [{ "00081197": { vr: "US", Value: [0xc000] } }] },
    });
    expect((await stow(`${part("one")}--b--`)).statusCode).toBe(200);
    expect((await stow(`${part("bad")}--b--`)).statusCode).toBe(409);
  });

  test("tells what was stored of a request that breaks off", async () => {
    const cut = await stow(`${part("one")}--b\r\nContent-Type: application/dicom\r\n\r\nhal`);
    expect(cut.statusCode).toBe(202);
    expect(cut.json()["00081199"].Value).toHaveLength(1);
    expect(cut.json()["0008119A"].Value).toEqual([{ "00081197": { vr: "US", Value: [0xc000] } }]);
  });

  test("refuses an object of another study than the address names", async () => {
    const here = await stow(`${part("one")}--b--`, "/dicom-web/studies/1.5");
    expect(here.statusCode).toBe(200);
    expect((await stow(`${part("one")}--b--`, "/dicom-web/studies/1.6")).statusCode).toBe(409);
  });

  test("refuses what breaks off, has no part, or is of another kind", async () => {
    for (const body of ["", "--b", part("one"), "--c--"]) {
      expect((await stow(body)).statusCode).toBeGreaterThanOrEqual(400);
      expect((await stow(body)).statusCode).toBeLessThan(500);
    }
    expect((await stow(part("one"), undefined, "multipart/related")).statusCode).toBe(400);
    expect((await stow("x", undefined, "application/dicom")).statusCode).toBe(415);
  });
});

describe("the page", () => {
  test("is handed out with its assets, to everybody, and holds no data", async () => {
    const page = await service.app.inject({ url: "/" });
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toContain("text/html");
    const [, script] = /src="\.\/(assets\/[^"]+\.js)"/.exec(page.body) ?? [];
    const asset = await service.app.inject({ url: `/${script}` });
    expect(asset.statusCode).toBe(200);
    expect(asset.headers["cache-control"]).toContain("immutable");
    expect(asset.body).toBe(readFileSync(join(import.meta.dirname, "../../dist/page", script), "utf8"));
    expect([403, 404]).toContain((await service.app.inject({ url: "/assets/" })).statusCode);
  });
});

describe("what the service says of itself", () => {
  test("is an OpenAPI document with every route, its schemas and who may ask", async () => {
    const document = (await get("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(document.paths["/"]).toBeUndefined();
    for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(methods)) {
        expect(operation.summary).toBeTruthy();
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
        const given = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name);
        expect(given).toEqual(named);
      }
    }
    const analyze = document.paths["/analyze/image"].post;
    expect(analyze.requestBody.content["multipart/form-data"].schema.properties.file).toMatchObject({
      format: "binary",
    });
    expect(analyze.responses["200"].content["application/json"].schema.required).toContain("detection_count");
    expect(analyze.security).toEqual([{ bearer: [] }, { key: [] }]);
    expect(document.paths["/health/live"].get.security).toEqual([]);
  });

  test("are numbers for Prometheus, by pattern and not by address", async () => {
    const { body, headers } = await get("/metrics", "system");
    expect(headers["content-type"]).toContain("text/plain");
    expect(body).toMatch(/fovea_http_requests_total\{method="GET",route="\/studies\/:uid",status="200"\} \d/);
    expect(body).toMatch(/fovea_analyses_total\{outcome="done"\} 1/);
    expect(body).toContain("fovea_inference_waiting 0");
    expect(body).not.toContain(STUDY);
  });

  test("is whether it lives, and whether it is ready", async () => {
    expect((await service.app.inject({ url: "/health/live" })).json()).toEqual({ live: true });
    expect((await service.app.inject({ url: "/health/ready" })).json()).toEqual({
      ready: true,
      database: true,
      model: true,
    });
  });

  test("is the audit log, newest first, page by page", async () => {
    const first = (await get("/audit?limit=3", "admin")).json();
    expect(first.entries).toHaveLength(3);
    const [a, b] = first.entries.map(({ seq }: { seq: string }) => Number(seq));
    expect(a - b).toBe(1);
    const next = (await get(`/audit?limit=3&before=${first.next}`, "admin")).json();
    expect(Number(next.entries[0].seq)).toBe(Number(first.next) - 1);
  });
});

interface Operation {
  readonly summary?: string;
  readonly responses: object;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

// Runs last: all that the tests above asked is in it.
test("the log holds patterns and statuses, and nothing of patients, images or keys", () => {
  const log = service.log.join("");
  expect(log).toMatch(/"method":"GET","route":"\/studies\/:uid","status":200/);
  const never = [
    STUDY,
    SERIES,
    sopUid,
    "Curie",
    "P-4711",
    "Thorax",
    "a.png",
    "a vessel",
    ...Object.values(service.keys),
  ];
  for (const text of never) expect(log).not.toContain(text);
  expect(log).not.toMatch(/fovea_[A-Za-z0-9_-]{20}|\?|lang=/);
});
