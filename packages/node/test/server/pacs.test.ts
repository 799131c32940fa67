/**
 * @file Asking a PACS and fetching from it over HTTP, against a small PACS on loopback.
 */
import { openPeer } from "@fovea/node/pacs/open-peer";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DestinationConfig } from "../../src/config/service-config";
import type { RetrieveJob } from "../../src/pipeline/retrieval";
import { freePort } from "../dcmtk";
import { type MemoryPacs, startMemoryPacs } from "../pacs/memory-pacs";
import { ctFile } from "../pacs/memory-sink";
import { bearer, removeFolders, START_MS, startService, type TestService } from "./service";

const STUDY = "1.2.826.0.1.3680043.10.1";

let pacs: MemoryPacs;
let service: TestService;
const jobs: RetrieveJob[] = [];
beforeAll(async () => {
  pacs = await startMemoryPacs();
  const at = (name: string, port: number): DestinationConfig => ({
    ...{ name, send: [], dimse: { host: "127.0.0.1", port, aeTitle: "PACS", callingAe: "FOVEA" } },
  });
  const [main, gone] = [at("main", pacs.port), at("gone", await freePort())];
  const address = (port: number) => `{host: 127.0.0.1, port: ${port}, ae_title: PACS}`;
  const yaml = `destinations:\n  - {name: main, send: [sr], dimse: ${address(pacs.port)}}\n`;
  const peers = new Map([main, gone].map((one) => [one.name, openPeer(one)]));
  await peers.get("main")?.send(await Promise.all([5, 6, 7].map((study) => ctFile(1, { study }))));
  service = await startService({ yaml, peers });
  await service.queue.work(
    "retrieve",
    { concurrency: 1 },
    async (job) => void jobs.push(job as unknown as RetrieveJob),
  );
}, START_MS);
afterAll(async () => {
  await service.close();
  await pacs.close();
  removeFolders();
});

function ask(path: string, payload: object, role: "reader" | "admin" = "reader") {
  const headers = bearer(service.keys[role]);
  return service.app.inject({ method: "POST", url: `/pacs/${path}`, headers, payload });
}

test("names the PACS of the settings, and not where they are", async () => {
  const answer = await service.app.inject({ url: "/pacs", headers: bearer(service.keys.reader) });
  expect(answer.json()).toEqual({ pacs: [{ name: "main", protocol: "dimse", retrieve: "get", send: ["sr"] }] });
});

test("finds studies by what it is asked for, and leaves the patient out of log and audit", async () => {
  const all = await ask("main/find", { modality: "CT" });
  expect(all.json().studies.map((one: { study_uid: string }) => one.study_uid)).toEqual(
    [5, 6, 7].map((n) => `${STUDY}.${n}`),
  );
  expect(all.json()).toMatchObject({ more: false, studies: [{ instances: 1 }, {}, {}] });
  const two = (await ask("main/find", { modality: "CT", limit: 2 })).json();
  expect([two.studies.length, two.more]).toEqual([2, true]);
  expect((await ask("main/find", { patient_id: "SECRET-4711" })).json()).toEqual({ studies: [], more: false });
  const [entry] = await service.store.audit.list({ action: "pacs.find" });
  expect(entry.details).toEqual({ pacs: "main", keys: ["patient_id"], found: 0 });
  expect(service.log.join("")).not.toContain("SECRET-4711");
});

test.each([
  ["nothing", {}],
  ["a list of values", { patient_id: "A\\B" }],
  ["a date that is none", { study_date: "2026-11-26" }],
  ["an unknown key", { patient: "A" }],
  ["too many", { modality: "CT", limit: 501 }],
])("refuses to search for %s", async (_, query) => {
  const { statusCode, json } = await ask("main/find", query);
  expect([statusCode, json().status]).toEqual([400, 400]);
});

test("takes a retrieval as a job, once while it waits, with an entry of who asked", async () => {
  const answer = await ask("main/retrieve", { study_uid: `${STUDY}.5`, series_uid: `${STUDY}.5.1` });
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ state: "queued", study_uid: `${STUDY}.5`, study_url: `/studies/${STUDY}.5` });
  expect(jobs).toMatchObject([{ pacs: "main", studyUid: `${STUDY}.5`, seriesUid: `${STUDY}.5.1` }]);
  const [entry] = await service.store.audit.list({ action: "pacs.retrieve" });
  expect(entry).toMatchObject({ subject: `${STUDY}.5`, actor: jobs[0].actor, details: { pacs: "main" } });
  expect((await ask("main/retrieve", { study_uid: "../1.2" })).statusCode).toBe(400);
});

test("says whether a PACS answers, that one is not there, and that one is not known", async () => {
  expect((await ask("main/echo", {}, "admin")).json()).toMatchObject({ reachable: true });
  expect((await ask("gone/echo", {}, "admin")).json()).toMatchObject({ reachable: false });
  expect((await ask("gone/find", { modality: "CT" })).json()).toMatchObject({ status: 503, code: "peer_unreachable" });
  expect((await ask("nobody/find", { modality: "CT" })).statusCode).toBe(404);
  expect((await ask("main/echo", {})).statusCode).toBe(403);
});
