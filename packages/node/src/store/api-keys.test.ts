import { expect, test } from "vitest";
import { onEachEngine } from "../../test/stores";

onEachEngine("the record of API keys", (engine) => {
  test("knows a key by itself alone, and does not keep it", async () => {
    const { apiKeys, database } = await engine.emptied();
    const { key, keyId } = await apiKeys.make({ name: "reading room", role: "reader" });
    // 32 bytes are 43 digits of base64url.
    expect(key).toMatch(/^fovea_[A-Za-z0-9_-]{43}$/);
    expect(await apiKeys.check(key)).toMatchObject({ keyId, name: "reading room", role: "reader" });
    for (const other of [key.slice(0, -1), `${key}A`, key.toUpperCase(), "", "fovea_"]) {
      expect(await apiKeys.check(other)).toBeUndefined();
    }
    const [{ text }] = await database.query("SELECT api_key::text AS text FROM api_key");
    expect(text).not.toContain(key.slice(6));
  });

  test("lets none in that has expired or was revoked", async () => {
    const { apiKeys } = await engine.emptied();
    const expiresAt = new Date("2026-12-01T00:00:00Z");
    const { key, keyId } = await apiKeys.make({ name: "a", role: "viewer", expiresAt });
    expect(await apiKeys.check(key, new Date("2026-11-30T23:59:59Z"))).toMatchObject({ expiresAt });
    expect(await apiKeys.check(key, expiresAt)).toBeUndefined();
    expect(await apiKeys.revoke(keyId)).toBe(true);
    expect(await apiKeys.revoke(keyId)).toBe(false);
    expect(await apiKeys.check(key, new Date("2026-11-30T00:00:00Z"))).toBeUndefined();
    expect(await apiKeys.list()).toHaveLength(1);
  });
});
