/**
 * @file What could not be filed, over HTTP: who may see it, have its file, file it after all, or discard it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileHeader } from "../../src/pacs/part10";
import { Importer } from "../../src/pipeline/importer";
import { Reception } from "../../src/pipeline/reception";
import { sentInstance, seriesUid, sopUid, studyUid } from "../service/sent-instance";
import { until } from "../service/waiting";
import { bearer, removeFolders, START_MS, startService, type TestService } from "./service";

let service: TestService;
let send: (n: number, grey: number) => Promise<void>;
beforeAll(async () => {
  service = await startService();
  const { store } = service;
  const importer = new Importer({ ...store, windowMs: 1 });
  await importer.start();
  const reception = new Reception({ blobs: store.blobs, receipts: importer, known: async () => ({}) });
  send = async (n, grey) => {
    const { incoming, dataSet } = sentInstance(n, { grey });
    const draft = await reception.open(incoming);
    await draft.write(dataSet);
    expect(await draft.commit()).toMatchObject({ status: 0 });
    await until(() => importer.backlog === 0);
  };
  await send(1, 10);
  await send(1, 20);
  await send(2, 10);
  await send(2, 20);
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});

type Role = keyof TestService["keys"];

function ask(method: "GET" | "POST" | "DELETE", url: string, role: Role = "admin") {
  return service.app.inject({ method, url, headers: bearer(service.keys[role]) });
}

async function listed(query = "") {
  return (await ask("GET", `/held${query}`, "reader")).json() as { held: { id: string }[]; next: string | null };
}

test("lists each with its reason, size, time and sender, and without the patient, page by page", async () => {
  const answer = await ask("GET", "/held?limit=1", "reader");
  const file = Buffer.concat([fileHeader(sentInstance(2).incoming), sentInstance(2).dataSet]);
  const { held, next } = answer.json();
  expect(held).toEqual([
    {
      ...{
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        study_uid: studyUid(),
        series_uid: seriesUid(),
        sop_uid: sopUid(2),
      },
      ...{
        reason: "conflict",
        in_the_way: studyUid(),
        bytes: file.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      ...{ held_at: expect.any(String), origin: "dimse", sent_by: "ae:CT1", rows: 8, columns: 8, frames: 1 },
    },
  ]);
  expect(Math.abs(Date.now() - Date.parse(held[0].held_at))).toBeLessThan(60_000);
  expect(answer.body).not.toContain("Curie");
  expect((await listed(`?after=${encodeURIComponent(next)}`)).held).toMatchObject([{ sop_uid: sopUid(1) }]);
  expect((await ask("GET", "/held?after=rubbish", "reader")).statusCode).toBe(400);
});

test("is for those who read; its files and its end for those who manage", async () => {
  const [{ id }] = (await listed()).held;
  expect((await ask("GET", "/held", "viewer")).statusCode).toBe(403);
  for (const [method, path] of [
    ["GET", `/held/${id}/file`],
    ["POST", `/held/${id}/again`],
    ["DELETE", `/held/${id}`],
  ] as const) {
    expect((await ask(method, path, "reader")).statusCode).toBe(403);
    expect((await ask(method, `/held/${"0".repeat(32)}${path.slice(38)}`)).statusCode).toBe(404);
  }
  expect((await listed()).held).toHaveLength(2);
});

test("hands out the object as it came, and tells the audit log", async () => {
  const [{ id }] = (await listed()).held;
  const answer = await ask("GET", `/held/${id}/file`);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/dicom"]);
  const { incoming, dataSet } = sentInstance(2, { grey: 20 });
  expect(answer.rawPayload).toEqual(Buffer.concat([fileHeader(incoming), dataSet]));
  expect(await service.store.audit.list({ action: "held.download" })).toMatchObject([
    { actor: expect.stringMatching(/^key:/), subject: sopUid(2), inputSha256: expect.any(String) },
  ]);
});

test("files one once nothing stands in its way, and not before", async () => {
  const [{ id }] = (await listed()).held;
  const refused = await ask("POST", `/held/${id}/again`);
  expect([refused.statusCode, refused.json().detail]).toEqual([409, expect.stringContaining("under its UID still")]);
  expect(service.wakePipeline).not.toHaveBeenCalled();
  await service.store.database.query("DELETE FROM study");
  const filed = await ask("POST", `/held/${id}/again`);
  expect([filed.statusCode, filed.json()]).toEqual([
    200,
    { outcome: "new", study_uid: studyUid(), study_url: `/studies/${studyUid()}` },
  ]);
  expect(service.wakePipeline).toHaveBeenCalledOnce();
  expect((await ask("POST", `/held/${id}/again`)).statusCode).toBe(404);
  expect((await ask("GET", `/studies/${studyUid()}`)).json().series[0].instances).toMatchObject([
    { sop_uid: sopUid(2) },
  ]);
});

test("discards one, in the name of who wanted it", async () => {
  const [{ id }] = (await listed()).held;
  const answer = await ask("DELETE", `/held/${id}`);
  expect([answer.statusCode, answer.json()]).toEqual([200, { id }]);
  expect(await listed()).toEqual({ held: [], next: null });
  expect(await service.store.audit.list({ action: "held.delete" })).toMatchObject([
    { actor: expect.stringMatching(/^key:/), subject: sopUid(1), details: { reason: "discarded" } },
  ]);
});

test("tells the page what each role may do with it", async () => {
  const may = async (role: Role) => {
    const { may_transfer, may_settle_held } = (await ask("GET", "/session", role)).json();
    return [may_transfer, may_settle_held];
  };
  expect([await may("viewer"), await may("reader"), await may("admin")]).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
});
