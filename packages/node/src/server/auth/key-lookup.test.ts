import { describe, expect, test } from "vitest";
import { KeyLookup } from "./key-lookup";

const KEY = `fovea_${"k".repeat(43)}`;
const other = (i: number) => `fovea_${String(i).padStart(43, "0")}`;

describe("KeyLookup", () => {
  test("asks the record once in a while, not at every request", async () => {
    let [now, asked] = [0, 0];
    const find = async () => {
      asked++;
      return { keyId: "a", role: "reader" as const };
    };
    const keys = new KeyLookup(find, { now: () => now, rememberMs: 1000 });
    for (let i = 0; i < 5; i++) expect(await keys.callerOf(KEY)).toEqual({ actor: "key:a", role: "reader" });
    expect(asked).toBe(1);
    now = 1000;
    await keys.callerOf(KEY);
    expect(asked).toBe(2);
  });

  test("does not ask for what cannot be a key", async () => {
    const keys = new KeyLookup(() => Promise.reject(new Error("asked")));
    for (const token of ["", "fovea_", `${KEY}x`, KEY.replace("k", "!"), "x".repeat(49)]) {
      expect(await keys.callerOf(token)).toBeUndefined();
    }
  });

  test("forgets a key that has gone, also one that was being looked up meanwhile", async () => {
    let good = true;
    let answer = () => {};
    const keys = new KeyLookup(async () => {
      const found = good ? { keyId: "a", role: "admin" as const } : undefined;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return found;
    });
    const pending = keys.callerOf(KEY);
    good = false;
    keys.forget();
    answer();
    await pending;
    const again = keys.callerOf(KEY);
    answer();
    expect(await again).toBeUndefined();
    expect(keys.remembers(KEY)).toBe(false);
  });

  test("lets a key expire that it remembers", async () => {
    let now = 0;
    const keys = new KeyLookup(async () => ({ keyId: "a", role: "reader", expiresAt: new Date(500) }), {
      now: () => now,
    });
    expect(await keys.callerOf(KEY)).toBeDefined();
    now = 500;
    expect(await keys.callerOf(KEY)).toBeUndefined();
  });

  test("remembers so many and no more, and none that is not good", async () => {
    const keys = new KeyLookup(async (key) => (key === KEY ? undefined : { keyId: key, role: "viewer" }), { most: 3 });
    for (let i = 0; i < 5; i++) await keys.callerOf(other(i));
    expect([0, 1, 2, 3, 4].map((i) => keys.remembers(other(i)))).toEqual([false, false, true, true, true]);
    await keys.callerOf(KEY);
    expect(keys.remembers(KEY)).toBe(false);
  });
});
