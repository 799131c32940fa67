/**
 * @file Objects on their way to a PACS: sent once, whatever breaks when.
 */
import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test, vi } from "vitest";
import { pauseAfter } from "../../src/jobs/pause";
import { type AttemptOutcome, Deliverer, type DelivererOptions } from "../../src/pipeline/deliver";
import type { Store } from "../../src/store/open-store";
import { received, SERIES, STUDY } from "../received-instances";
import { onEachEngine } from "../stores";
import { FakePacs, resultFile } from "./pipeline-fakes";
import { until } from "./waiting";

const SR = "1.2.840.10008.5.1.4.1.1.88.34";

/** A study with `count` objects that wait to be sent to "pacs". */
async function planned(store: Store, count = 1): Promise<string[]> {
  await store.studies.accept([received(1)]);
  const uids = Array.from({ length: count }, (_, i) => `2.25.500.${i}`);
  for (const objectSopUid of uids) {
    const draft = await store.blobs.draft("objects");
    draft.stream.write(resultFile(objectSopUid, STUDY));
    const { blob } = await draft.commit();
    const to = { studyUid: STUDY, seriesUid: SERIES, kind: "sr" as const, destination: "pacs", sopClassUid: SR };
    await store.deliveries.plan([{ ...to, objectSopUid, blob }]);
  }
  return uids;
}

function delivererOf(store: Store, peer: FakePacs, more: Partial<DelivererOptions> = {}): Deliverer {
  return new Deliverer({ ...store, peer, random: () => 0, ...more });
}

/** As if the time of the next attempt had come. */
async function later({ database }: Store): Promise<void> {
  await database.query("UPDATE delivery SET next_at = now() - interval '1 second'");
}

async function states(store: Store) {
  return (await store.deliveries.ofStudy(STUDY)).map(({ state }) => state);
}

describe("the pause between attempts", () => {
  test("doubles from one second to ten minutes, with up to half as much again", () => {
    const shortest = [1, 2, 3, 4, 10, 11, 50].map((attempts) => pauseAfter(attempts, () => 0) / 1000);
    expect(shortest).toEqual([1, 2, 4, 8, 512, 600, 600]);
    expect(pauseAfter(1, () => 0.5)).toBe(1250);
    expect(pauseAfter(50, () => 0.999)).toBeLessThan(900_000);
  });
});

onEachEngine("delivery", (engine) => {
  test("sends what is due, once, with an entry in the audit log for each object", async () => {
    const store = await engine.open();
    const uids = await planned(store, 3);
    const pacs = new FakePacs();
    const deliverer = delivererOf(store, pacs, { together: 2 });
    expect([await deliverer.deliver(), await deliverer.deliver(), await deliverer.deliver()]).toEqual([2, 1, 0]);
    expect([...pacs.arrived].sort()).toEqual(uids);
    expect(await states(store)).toEqual(["sent", "sent", "sent"]);
    expect(pacs.asked).toEqual([]);
    expect(await store.audit.list({ action: "object.send" })).toHaveLength(3);
  });

  test("is written down as being sent before the first byte leaves", async () => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    let during: string[] = [];
    const peer: DelivererOptions["peer"] = {
      name: "pacs",
      has: (object) => pacs.has(object),
      send: async (objects) => {
        during = await states(store);
        return pacs.send(objects);
      },
    };
    await new Deliverer({ ...store, peer }).deliver();
    expect(during).toEqual(["sending"]);
  });

  test("waits for a PACS that is away, longer each time, and never gives up", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    pacs.before = () => ({ state: "unreachable", reason: "connection refused" });
    const pauses: number[] = [];
    const record = store.deliveries;
    const deliveries: DelivererOptions["deliveries"] = {
      ...{ claim: record.claim.bind(record), renew: record.renew.bind(record) },
      ...{ sent: record.sent.bind(record), failed: record.failed.bind(record) },
      retry: (claim, why, pauseMs) => {
        pauses.push(pauseMs / 1000);
        return record.retry(claim, why, pauseMs);
      },
    };
    const deliverer = delivererOf(store, pacs, { deliveries });
    for (let attempt = 1; attempt <= 12; attempt++) {
      await deliverer.deliver();
      const [{ state, reason }] = await store.deliveries.ofStudy(STUDY);
      expect({ state, reason }).toEqual({ state: "pending", reason: expect.stringContaining("connection refused") });
      await later(store);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    pacs.before = () => undefined;
    await deliverer.deliver();
    expect(pacs.arrived).toEqual([uid]);
    expect(await states(store)).toEqual(["sent"]);
  });

  test("waits by the database's clock, whatever that of this process says", async () => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    pacs.before = () => ({ state: "unreachable", reason: "connection refused" });
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    try {
      const deliverer = delivererOf(store, pacs);
      expect([await deliverer.deliver(), await deliverer.deliver()]).toEqual([1, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("sends nothing unasked because its file could not be read for a moment", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    let reads = 0;
    const blobs: DelivererOptions["blobs"] = {
      read: (blob) =>
        reads++ === 0 ? Promise.reject(new FoveaError("files_unavailable", "EMFILE")) : store.blobs.read(blob),
    };
    const deliverer = delivererOf(store, pacs, { blobs });
    await deliverer.deliver();
    expect([pacs.asked, pacs.arrived]).toEqual([[], []]);
    expect(await store.deliveries.ofStudy(STUDY)).toMatchObject([
      { state: "pending", reason: "files_unavailable: EMFILE" },
    ]);
    await later(store);
    await deliverer.deliver();
    expect([pacs.asked, pacs.arrived]).toEqual([[uid], [uid]]);
  });

  test("does not send again what arrived before the process could write it down", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    // Sent, and never recorded: as if the process had been killed between the two.
    await pacs.send([{ sopUid: uid, sopClassUid: SR, transferSyntaxUid: "", bytes: new Uint8Array() }]);
    await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    await delivererOf(store, pacs).deliver();
    expect(pacs.asked).toEqual([uid]);
    expect(pacs.arrived).toEqual([uid]);
    expect(await states(store)).toEqual(["sent"]);
    const [entry] = await store.audit.list({ action: "object.send" });
    expect(entry.details).toMatchObject({ found: true, attempts: 2 });
  });

  test("sends what was claimed by a process that ended before it sent", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    await delivererOf(store, pacs).deliver();
    expect([pacs.asked, pacs.arrived]).toEqual([[uid], [uid]]);
  });

  test("asks first after a connection that broke once the object was there", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    pacs.after = () => ({ state: "unreachable", reason: "connection lost" });
    const deliverer = delivererOf(store, pacs);
    await deliverer.deliver();
    expect(await states(store)).toEqual(["pending"]);
    await later(store);
    await deliverer.deliver();
    expect(pacs.arrived).toEqual([uid]);
    expect(await states(store)).toEqual(["sent"]);
  });

  test("sends again, as the same object, where the PACS answers no queries", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    pacs.answers = false;
    await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    await delivererOf(store, pacs).deliver();
    expect(pacs.arrived).toEqual([uid]);
    expect(await states(store)).toEqual(["sent"]);
  });

  test("waits, and sends nothing, while a PACS that may have it cannot be asked", async () => {
    const store = await engine.open();
    await planned(store, 3);
    const pacs = new FakePacs();
    await store.deliveries.claim(2, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    pacs.before = () => ({ state: "unreachable", reason: "connection refused" });
    await delivererOf(store, pacs).deliver();
    expect(await states(store)).toEqual(["pending", "pending", "pending"]);
    expect([pacs.arrived, pacs.asked.length]).toEqual([[], 1]);
  });

  test("gives up what the PACS refuses, says why, and tries again when somebody wants it", async () => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    pacs.before = () => ({ state: "refused", reason: "status 0xA900" });
    const deliverer = delivererOf(store, pacs);
    await deliverer.deliver();
    const [failed] = await store.deliveries.ofStudy(STUDY);
    expect(failed).toMatchObject({ state: "failed", reason: "status 0xA900" });
    await later(store);
    expect(await deliverer.deliver()).toBe(0);
    pacs.before = () => undefined;
    expect(await store.deliveries.again(failed)).toHaveLength(1);
    await deliverer.deliver();
    expect(await states(store)).toEqual(["sent"]);
  });

  test("keeps what the PACS adds to its thanks", async () => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    // PS3.4 table B.2-1: coercion of data elements.
    pacs.after = () => ({ state: "stored", warning: "status 0xB000" });
    await delivererOf(store, pacs).deliver();
    expect(await store.deliveries.ofStudy(STUDY)).toMatchObject([{ state: "sent", reason: "status 0xB000" }]);
    const [entry] = await store.audit.list({ action: "object.send" });
    expect(entry.details).toMatchObject({ warning: "status 0xB000" });
  });

  test.each([
    ["write_failed", "pending"],
    ["database_unavailable", "pending"],
    ["file_not_found", "failed"],
    ["file_unreadable", "failed"],
  ] as const)("that cannot read its file (%s) is %s, and does not say that the PACS refused", async (code, state) => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    const outcomes: AttemptOutcome[] = [];
    const blobs = { read: () => Promise.reject(new FoveaError(code, "a file of the record")) };
    await delivererOf(store, pacs, { blobs, onAttempt: (_, outcome) => outcomes.push(outcome) }).deliver();
    expect(outcomes).toMatchObject([{ state: "unread", isFinal: state === "failed" }]);
    expect(await store.deliveries.ofStudy(STUDY)).toMatchObject([{ state, reason: `${code}: a file of the record` }]);
    expect(await store.audit.list({ action: "object.refused" })).toEqual([]);
    expect(await store.audit.list({ action: "object.unread" })).toHaveLength(state === "failed" ? 1 : 0);
    expect(pacs.arrived).toEqual([]);
  });

  test("writes down nothing that a message quotes of a file", async () => {
    const store = await engine.open();
    await planned(store);
    const message = 'PatientName: "Curie^Marie" is cut off';
    const blobs = { read: () => Promise.reject(new FoveaError("file_unreadable", message)) };
    await delivererOf(store, new FakePacs(), { blobs }).deliver();
    const [{ reason }] = await store.deliveries.ofStudy(STUDY);
    expect(reason).toBe('file_unreadable: PatientName: "…" is cut off');
  });

  test("stays with its worker for as long as sending takes, beyond the lease", async () => {
    const store = await engine.open();
    const [uid] = await planned(store);
    const pacs = new FakePacs();
    let renewals = 0;
    const record = store.deliveries;
    const deliveries: DelivererOptions["deliveries"] = {
      ...{ claim: record.claim.bind(record), sent: record.sent.bind(record) },
      ...{ retry: record.retry.bind(record), failed: record.failed.bind(record) },
      renew: async (claims, leaseMs) => {
        const held = await record.renew(claims, leaseMs);
        renewals++;
        return held;
      },
    };
    const peer: DelivererOptions["peer"] = {
      name: "pacs",
      has: (object) => pacs.has(object),
      // Longer than the lease: it is renewed each quarter of it.
      send: async (objects, signal) => {
        await until(() => renewals >= 6);
        expect(signal?.aborted).toBe(false);
        return pacs.send(objects);
      },
    };
    const other = new FakePacs();
    const sending = delivererOf(store, pacs, { peer, deliveries, leaseMs: 2000 }).deliver();
    await until(async () => {
      await delivererOf(store, other, { leaseMs: 2000 }).deliver();
      return renewals >= 6;
    });
    await sending;
    expect([pacs.arrived, other.arrived]).toEqual([[uid], []]);
    expect(await states(store)).toEqual(["sent"]);
  });

  test("ends where another worker has taken it up, and says nothing of what that one does", async () => {
    const store = await engine.open();
    await planned(store);
    const pacs = new FakePacs();
    const peer: DelivererOptions["peer"] = {
      name: "pacs",
      has: (object) => pacs.has(object),
      send: async (objects, signal) => {
        // As if this process had slept, and another begun.
        await later(store);
        await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
        await until(() => signal?.aborted === true);
        return objects.map(() => ({ state: "unreachable", reason: "cut off" }));
      },
    };
    await delivererOf(store, pacs, { peer, leaseMs: 400 }).deliver();
    expect(await store.deliveries.ofStudy(STUDY)).toMatchObject([{ state: "sending", attempts: 2, reason: undefined }]);
  });

  test("does not wait for a PACS that does not say whether it has it, once it is told to end", async () => {
    const store = await engine.open();
    await planned(store);
    await store.deliveries.claim(1, { destination: "pacs", leaseMs: 60_000 });
    await later(store);
    const end = new AbortController();
    const peer: DelivererOptions["peer"] = {
      name: "pacs",
      has: (_, signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new FoveaError("interrupted", "cancelled")));
          end.abort();
        }),
      send: async () => [],
    };
    await delivererOf(store, new FakePacs(), { peer }).deliver(end.signal);
    expect(await states(store)).toEqual(["pending"]);
  });

  test("sends each object once where several processes send", async () => {
    const store = await engine.open();
    const uids = await planned(store, 20);
    const pacs = new FakePacs();
    const work = async () => {
      const deliverer = delivererOf(store, pacs, { together: 3 });
      while ((await deliverer.deliver()) > 0);
    };
    await Promise.all([work(), work(), work()]);
    expect([...pacs.arrived].sort()).toEqual([...uids].sort());
  });
});
