import { expect, test } from "vitest";
import { received, SERIES, STUDY } from "../../test/received-instances";
import { onEachEngine } from "../../test/stores";
import type { NewDelivery } from "./record";

function delivery(n: number, destination = "pacs"): NewDelivery {
  return {
    studyUid: STUDY,
    seriesUid: SERIES,
    kind: "sr",
    destination,
    objectSopUid: `2.25.8.${n}`,
    sopClassUid: "1.2.840.10008.5.1.4.1.1.88.34",
    blob: `objects/00/${"0".repeat(32)}`,
  };
}

onEachEngine("the record of deliveries", (engine) => {
  async function planned(count: number) {
    const store = await engine.emptied();
    await store.studies.accept([received(1)]);
    await store.deliveries.plan(Array.from({ length: count }, (_, n) => delivery(n)));
    return store.deliveries;
  }

  test("plans an object for a destination once", async () => {
    const deliveries = await planned(1);
    expect(await deliveries.plan([delivery(0), delivery(1), delivery(0, "archive")])).toEqual([
      delivery(1),
      delivery(0, "archive"),
    ]);
    expect(await deliveries.ofStudy(STUDY)).toHaveLength(3);
  });

  test("gives each to one worker", async () => {
    const deliveries = await planned(30);
    const claimed = (await Promise.all([1, 2, 3, 4, 5].map(() => deliveries.claim(10, { leaseMs: 60_000 })))).flat();
    expect(claimed).toHaveLength(30);
    expect(new Set(claimed.map(({ deliveryId }) => deliveryId)).size).toBe(30);
    expect(claimed.every(({ state, attempts }) => state === "sending" && attempts === 1)).toBe(true);
    expect(await deliveries.claim(10, { leaseMs: 60_000 })).toEqual([]);
  });

  test("says how long nothing is due for a destination", async () => {
    const deliveries = await planned(1);
    expect(await deliveries.untilDue("archive")).toBeUndefined();
    expect(await deliveries.untilDue("pacs")).toBeLessThanOrEqual(0);
    const [claimed] = await deliveries.claim(1, { leaseMs: 60_000 });
    const untilLease = await deliveries.untilDue("pacs");
    expect(untilLease).toBeGreaterThan(50_000);
    expect(untilLease).toBeLessThanOrEqual(60_000);
    await deliveries.sent(claimed.deliveryId);
    expect(await deliveries.untilDue("pacs")).toBeUndefined();
  });

  test("gives those of a dead worker to another when its time is over", async () => {
    const deliveries = await planned(1);
    await deliveries.claim(1, { leaseMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await deliveries.claim(1, { leaseMs: 60_000 })).toMatchObject([{ attempts: 2 }]);
  });

  test("tries again when it is time, and never what was sent or refused", async () => {
    const deliveries = await planned(3);
    const [sent, later, refused] = await deliveries.claim(3, { leaseMs: 60_000 });
    await deliveries.sent(sent.deliveryId);
    await deliveries.retry(later, "peer_unreachable", -1);
    await deliveries.failed(refused, "refused: 0xA900");
    // It stays sent, whoever says something else.
    expect(await deliveries.retry(sent, "timed out", 0)).toBe(false);
    expect(await deliveries.failed(sent, "timed out")).toBe(false);
    expect((await deliveries.claim(10, { leaseMs: 60_000 })).map(({ deliveryId }) => deliveryId)).toEqual([
      later.deliveryId,
    ]);
    expect(await deliveries.counts()).toEqual({ sent: 1, sending: 1, failed: 1 });
    expect(await deliveries.again(refused)).toMatchObject([{ deliveryId: refused.deliveryId, state: "pending" }]);
    expect(await deliveries.again(sent)).toEqual([]);
    expect((await deliveries.claim(10, { destination: "archive", leaseMs: 60_000 })).length).toBe(0);
    expect(
      (await deliveries.claim(10, { destination: "pacs", leaseMs: 60_000 })).map(({ deliveryId }) => deliveryId),
    ).toEqual([refused.deliveryId]);
  });

  test("is not held by a worker whose lease ran out and whose work another has begun, but for what it knows to be there", async () => {
    const deliveries = await planned(2);
    const slow = await deliveries.claim(2, { leaseMs: -1 });
    const other = await deliveries.claim(2, { leaseMs: 60_000 });
    expect(await deliveries.renew(slow, 60_000)).toEqual(new Set());
    expect(await deliveries.renew(other, 60_000)).toEqual(new Set(other.map(({ deliveryId }) => deliveryId)));
    expect(await deliveries.retry(slow[0], "timed out", 0)).toBe(false);
    expect(await deliveries.failed(slow[0], "refused")).toBe(false);
    expect(await deliveries.claim(2, { leaseMs: 60_000 })).toEqual([]);
    expect(await deliveries.sent(slow[0].deliveryId)).toBe(true);
    expect(await deliveries.counts()).toEqual({ sending: 1, sent: 1 });
    expect(await deliveries.counts({ sent: false })).toEqual({ sending: 1 });
  });

  test("is held as long as its worker renews the lease", async () => {
    const deliveries = await planned(1);
    const claims = await deliveries.claim(1, { leaseMs: 60_000 });
    await deliveries.renew(claims, -1);
    expect(await deliveries.claim(1, { leaseMs: 60_000 })).toHaveLength(1);
  });

  test("is given up where the settings have no such destination, and goes on once they have it", async () => {
    const store = await engine.emptied();
    await store.studies.accept([received(1)]);
    const { deliveries } = store;
    await deliveries.plan([delivery(0, "old"), delivery(1, "old"), delivery(2, "old"), delivery(3, "pacs")]);
    const [refused, underWay] = await deliveries.claim(2, { destination: "old", leaseMs: 60_000 });
    await deliveries.failed(refused, "refused: 0xA900");
    expect([...(await deliveries.reconcile(["pacs"]))]).toEqual([["old", 1]]);
    // What another process is sending is left to it.
    expect((await deliveries.find(underWay.deliveryId))?.state).toBe("sending");
    const gone = await deliveries.page({ state: "failed", destination: "old" }, { limit: 10 });
    expect(gone.deliveries.map(({ reason }) => reason).sort()).toEqual([
      "refused: 0xA900",
      "the settings have no destination of this name",
    ]);
    expect(await deliveries.reconcile(["pacs", "old"])).toEqual(new Map());
    expect(await deliveries.counts()).toEqual({ pending: 2, sending: 1, failed: 1 });
  });

  test("gives what was given up again, all of a destination at once", async () => {
    const deliveries = await planned(3);
    const claimed = await deliveries.claim(3, { leaseMs: 60_000 });
    for (const one of claimed.slice(1)) await deliveries.failed(one, "refused: 0xA900");
    expect(await deliveries.again({ destination: "archive" })).toEqual([]);
    expect(await deliveries.again({ destination: "pacs" })).toHaveLength(2);
    expect((await deliveries.claim(3, { leaseMs: 60_000 })).map(({ attempts }) => attempts)).toEqual([2, 2]);
  });

  test("is listed page by page, the latest planned first", async () => {
    const deliveries = await planned(5);
    const uids: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await deliveries.page({}, { after, limit: 2 });
      uids.push(...page.deliveries.map(({ objectSopUid }) => objectSopUid));
      if (page.next === null) break;
      after = page.next;
    }
    expect(uids.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `2.25.8.${n}`));
    await expect(deliveries.page({}, { after: "nonsense", limit: 2 })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });
});
