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
    const claimed = (await Promise.all([1, 2, 3, 4, 5].map(() => deliveries.claim(10)))).flat();
    expect(claimed).toHaveLength(30);
    expect(new Set(claimed.map(({ deliveryId }) => deliveryId)).size).toBe(30);
    expect(claimed.every(({ state, attempts }) => state === "sending" && attempts === 1)).toBe(true);
    expect(await deliveries.claim(10)).toEqual([]);
  });

  test("gives those of a dead worker to another when its time is over", async () => {
    const deliveries = await planned(1);
    await deliveries.claim(1, { leaseMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await deliveries.claim(1)).toMatchObject([{ attempts: 2 }]);
  });

  test("tries again when it is time, and never what was sent or refused", async () => {
    const deliveries = await planned(3);
    const [sent, later, refused] = await deliveries.claim(3);
    await deliveries.sent(sent.deliveryId);
    await deliveries.retry(later.deliveryId, "peer_unreachable", new Date(Date.now() - 1));
    await deliveries.failed(refused.deliveryId, "refused: 0xA900");
    // A worker that was thought dead says so late: it stays sent.
    await deliveries.retry(sent.deliveryId, "timed out", new Date(0));
    await deliveries.failed(sent.deliveryId, "timed out");
    expect((await deliveries.claim(10)).map(({ deliveryId }) => deliveryId)).toEqual([later.deliveryId]);
    expect(await deliveries.counts()).toEqual({ sent: 1, sending: 1, failed: 1 });
    expect(await deliveries.again(refused.deliveryId)).toBe(true);
    expect(await deliveries.again(sent.deliveryId)).toBe(false);
    expect((await deliveries.claim(10, { destination: "archive" })).length).toBe(0);
    expect((await deliveries.claim(10, { destination: "pacs" })).map(({ deliveryId }) => deliveryId)).toEqual([
      refused.deliveryId,
    ]);
  });
});
