import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { onEachEngine } from "../../test/stores";
import { entryHash, GENESIS } from "./audit-chain";
import type { Store } from "./open-store";
import { verifyAudit } from "./verify-audit";

const entry = (n: number) => ({
  actor: "key:anna",
  action: "study.view",
  subject: `2.25.${n}`,
  details: { n, more: ["x", null] },
});

onEachEngine("the audit log", (engine) => {
  async function withEntries(count: number): Promise<Store> {
    const store = await engine.emptied();
    await Promise.all(Array.from({ length: count }, (_, n) => store.audit.append(entry(n + 1))));
    return store;
  }
  const verify = ({ database, vault }: Store, contains?: string) => verifyAudit(database, vault, { contains });

  test("holds, empty and with entries of every kind", async () => {
    const store = await engine.emptied();
    expect(await verify(store)).toEqual({ entries: 0, head: GENESIS });
    await store.audit.append({ actor: "ae:CT1", action: "instance.receive", inputSha256: "a".repeat(64) });
    // What SQL cannot hold as it is, a half character and a NUL, and numbers at the edges.
    const details = {
      text: "\u0000 \uD800 中文 😀",
      tiny: 5e-324,
      huge: 1e300,
      minus: -0,
      none: undefined,
      nan: Number.NaN,
      "\u0000": 1,
    };
    await store.audit.append({
      actor: "a\u0000b",
      action: "x",
      details,
      modelSha256: "b".repeat(64),
      rulesSha256: "c".repeat(64),
    });
    expect(await verify(store)).toEqual({ entries: 2, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const [last] = await store.audit.list({ limit: 1 });
    expect(last).toMatchObject({
      actor: "a\uFFFDb",
      details: { text: "\uFFFD \uFFFD 中文 😀", tiny: 5e-324, huge: 1e300 },
    });
  });

  test("chains entries that many append at one time, in transactions and out of them", async () => {
    const store = await engine.emptied();
    const plain = Array.from({ length: 200 }, (_, n) => store.audit.append(entry(n)));
    const inside = Array.from({ length: 20 }, (_, n) =>
      store.database.transaction((sql) => store.audit.appendIn(sql, [entry(n), entry(n)])),
    );
    const undone = store.database.transaction(async (sql) => {
      await store.audit.appendIn(sql, [entry(0)]);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await Promise.all([...plain, ...inside]);
    expect(await verify(store)).toEqual({ entries: 240, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("takes an entry that is appended within a transaction, without waiting for it", async () => {
    const store = await engine.emptied();
    let appended: Promise<void> | undefined;
    await store.database.transaction(async (sql) => {
      appended = store.audit.append(entry(1));
      await new Promise((resolve) => setTimeout(resolve, 30));
      await sql.query("SELECT 1");
    });
    await appended;
    expect(await verify(store)).toEqual({ entries: 1, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test.each([
    ["a changed detail", `UPDATE audit SET details = '{"n": 9}' WHERE seq = 5`, 5, "content was changed"],
    ["another actor", "UPDATE audit SET actor = 'key:ben' WHERE seq = 1", 1, "content was changed"],
    ["another time", "UPDATE audit SET at = at + interval '1 second' WHERE seq = 8", 8, "content was changed"],
    ["a removed entry", "DELETE FROM audit WHERE seq = 5", 5, "entry 5 is missing"],
    ["a removed first entry", "DELETE FROM audit WHERE seq = 1", 1, "entry 1 is missing"],
    ["a removed last entry", "DELETE FROM audit WHERE seq = 10", 10, "missing at the end"],
    ["a log without entries", "DELETE FROM audit", 1, "entries 1 to 10 are missing"],
    [
      "two that changed places",
      "UPDATE audit SET seq = CASE seq WHEN 4 THEN -5 ELSE -4 END WHERE seq IN (4, 5); UPDATE audit SET seq = -seq WHERE seq < 0",
      4,
      "does not continue",
    ],
    [
      "a shortened log with its head moved",
      "DELETE FROM audit WHERE seq > 8; UPDATE audit_head SET seq = 8, hash = (SELECT hash FROM audit WHERE seq = 8)",
      9,
      "not written by this service",
    ],
    ["a head that was taken away", "DELETE FROM audit_head", 1, "the head of the chain is missing"],
    ["a log that was emptied", "DELETE FROM audit; DELETE FROM audit_head", 1, "the head of the chain is missing"],
    [
      "a log that was emptied, with a head as if it began",
      `DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = '${GENESIS}'`,
      1,
      "not written by this service",
    ],
  ])("finds %s", async (_name, change, seq, reason) => {
    const store = await withEntries(10);
    expect(await verify(store)).toEqual({ entries: 10, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await store.database.exec(change);
    const { broken } = await verify(store);
    expect(broken?.reason).toContain(reason);
    expect(broken?.seq).toBe(seq);
  });

  test.each([
    ["all of it", "DELETE FROM audit; DELETE FROM audit_head", 1],
    ["its head", "DELETE FROM audit_head", 11],
  ])("goes on where somebody took away %s, and is broken there for good", async (_name, change, seq) => {
    const place = await engine.place();
    const store = await engine.open(place);
    await store.apiKeys.make({ name: "kept", role: "viewer" });
    for (let n = 1; n <= 10; n++) await store.audit.append(entry(n));
    await store.database.exec(change);
    await store.audit.append(entry(11));
    await store.audit.append(entry(12));
    const broken = { seq, reason: expect.stringContaining("the end of the chain was taken away") };
    expect((await verify(store)).broken).toEqual(broken);
    // A start makes no new beginning either, though it be made to look like the first.
    await store.database.exec("DELETE FROM audit; DELETE FROM audit_head; DELETE FROM key_check");
    await store.close();
    const again = await engine.open(place);
    expect((await verify(again)).broken?.reason).toBe("the head of the chain is missing");
  });

  test("finds an entry that was made anew with all after it, by the head", async () => {
    const store = await withEntries(3);
    const [last] = await store.audit.list({ limit: 1 });
    const forged = { ...last, actor: "key:ben" };
    await store.database.query("UPDATE audit SET actor = 'key:ben', hash = $1 WHERE seq = 3", [entryHash(forged)]);
    await store.database.query("UPDATE audit_head SET hash = $1", [entryHash(forged)]);
    expect((await verify(store)).broken).toEqual({
      seq: 4,
      reason: "the head of the chain was not written by this service",
    });
  });

  test("proves by a head that was kept elsewhere that the record was not put back", async () => {
    const store = await withEntries(5);
    const { head } = await verify(store);
    await store.audit.append(entry(6));
    expect(await verify(store, head)).toEqual({ entries: 6, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await verify(store, "e".repeat(64))).broken?.reason).toContain("not in the chain");
  });
});

test("an entry's hash is SHA-256 over its JSON with sorted keys", () => {
  const at = new Date("2026-11-26T22:00:00.123Z");
  const json = `{"action":"object.send","actor":"system","at":"2026-11-26T22:00:00.123Z","details":{"a":[1,{"y":2,"z":null}],"b":"é"},"previousHash":"${GENESIS}","seq":1,"subject":"2.25.1"}`;
  const details = { b: "é", a: [1, { z: null, y: 2 }] };
  const hash = entryHash({
    seq: 1,
    at,
    actor: "system",
    action: "object.send",
    subject: "2.25.1",
    details,
    previousHash: GENESIS,
  });
  expect(hash).toBe(createHash("sha256").update(json, "utf8").digest("hex"));
});
