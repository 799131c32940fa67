/**
 * @file What was given up on its way to a PACS, and sending it again, over HTTP.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { received, SERIES, STUDY } from "../received-instances";
import { bearer, removeFolders, START_MS, startService, type TestService } from "./service";

let service: TestService;
beforeAll(async () => {
  const address = (port: number) => `dimse: {host: 127.0.0.1, port: ${port}, ae_title: PACS}`;
  service = await startService({ yaml: `destinations: [{name: main, ${address(1)}}, {name: other, ${address(2)}}]` });
  const { store } = service;
  await store.studies.accept([received(1)]);
  const object = { studyUid: STUDY, seriesUid: SERIES, kind: "sr" as const, sopClassUid: "1.2", blob: "objects/x" };
  const to = (destination: string, n: number) => ({ ...object, destination, objectSopUid: `2.25.8.${n}` });
  await store.deliveries.plan([to("main", 1), to("main", 2), to("other", 3), to("gone", 4)]);
  for (const one of await store.deliveries.claim(10, { leaseMs: 60_000 })) {
    if (one.objectSopUid === "2.25.8.2") await store.deliveries.sent(one.deliveryId);
    else await store.deliveries.failed(one, "status 0xA900");
  }
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});

type Role = keyof TestService["keys"];

async function list(query = "", role: Role = "reader") {
  const answer = await service.app.inject({ url: `/deliveries${query}`, headers: bearer(service.keys[role]) });
  return answer.json().deliveries as { id: string; destination: string; state: string; next_at: string | null }[];
}

function again(path: string, role: Role = "reader") {
  return service.app.inject({ method: "POST", url: `/${path}/again`, headers: bearer(service.keys[role]) });
}

test("lists what was given up, with the reason, by destination", async () => {
  expect(await list()).toHaveLength(4);
  expect(await list("?state=failed&destination=main")).toMatchObject([
    { study_uid: STUDY, kind: "sr", destination: "main", state: "failed", reason: "status 0xA900", attempts: 1 },
  ]);
  const told = "PACS 认为该对象与其类别不符，未接收（状态码 0xA900）；请告知管理员";
  expect(await list("?state=failed&destination=main")).toMatchObject([{ reason_shown: told }]);
  expect(await list("?state=failed&destination=main&lang=en")).toMatchObject([{ reason_shown: "status 0xA900" }]);
  const refused = await service.app.inject({ url: "/deliveries", headers: bearer(service.keys.viewer) });
  expect(refused.statusCode).toBe(403);
});

test("lists all that was not sent, and when the next attempt of one is due", async () => {
  expect((await list("?state=not_sent")).map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
  const [other] = await service.store.deliveries.again({ destination: "other" });
  const [claim] = await service.store.deliveries.claim(1, { leaseMs: 60_000 });
  await service.store.deliveries.retry(claim, "no answer", 60_000);
  const [due] = await list("?state=not_sent&destination=other");
  expect(due).toMatchObject({ id: other.deliveryId, state: "pending", attempts: 2, reason: "no answer" });
  const inMs = Date.parse(due.next_at ?? "") - Date.now();
  expect(Math.abs(inMs - 60_000)).toBeLessThan(10_000);
  // As it was before.
  await service.store.database.query("UPDATE delivery SET next_at = now()");
  const [again] = await service.store.deliveries.claim(1, { leaseMs: 60_000 });
  await service.store.deliveries.failed(again, "status 0xA900");
  expect(await list("?destination=other")).toMatchObject([{ state: "failed", next_at: null }]);
});

test("sends one again, once, in the name of who wanted it", async () => {
  const [{ id }] = await list("?state=failed&destination=main");
  const answer = await again(`deliveries/${id}`);
  expect(service.wakePipeline).toHaveBeenCalledOnce();
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { id, state: "pending", reason: null }]);
  expect((await again(`deliveries/${id}`)).statusCode).toBe(409);
  const entries = await service.store.audit.list({ action: "delivery.again" });
  expect(entries).toMatchObject([
    { actor: expect.stringMatching(/^key:/), subject: "2.25.8.1", details: { destination: "main", kind: "sr" } },
  ]);
  expect((await service.store.deliveries.claim(10, { leaseMs: 60_000 })).map(({ deliveryId }) => deliveryId)).toEqual([
    id,
  ]);
});

test("sends none again that was sent, that is not there, or that nobody would take", async () => {
  const [sent] = await list("?state=sent");
  expect((await again(`deliveries/${sent.id}`)).statusCode).toBe(409);
  expect((await again("deliveries/00000000-0000-4000-8000-000000000000")).statusCode).toBe(404);
  const [gone] = await list("?destination=gone");
  const answer = await again(`deliveries/${gone.id}`);
  expect([answer.statusCode, answer.json().detail]).toEqual([
    409,
    expect.stringContaining("no destination of this name"),
  ]);
  expect(answer.json().detail_shown).toBe("设置中没有该名称的发送目标；请管理员在设置中补上，服务随后会发送");
  expect(await list("?destination=gone")).toMatchObject([{ state: "failed" }]);
});

test("sends all of a PACS again, for those who manage", async () => {
  expect((await again("pacs/other")).statusCode).toBe(403);
  expect((await again("pacs/gone", "admin")).statusCode).toBe(404);
  expect((await again("pacs/other", "admin")).json()).toEqual({ again: 1 });
  expect((await again("pacs/other", "admin")).json()).toEqual({ again: 0 });
  expect(await list("?destination=other")).toMatchObject([{ state: "pending" }]);
});
