import { hkdfSync, randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeScratch } from "../../test/scratch";
import { openKeyRing, parseKeys, vaultKey, withNewKey, withoutOldKeys } from "./key-ring";
import { sealedBy, Vault } from "./vault";

const scratch = makeScratch();
afterEach(() => scratch.clear());

const [A, B] = [vaultKey(randomBytes(32)), vaultKey(randomBytes(32))];

describe("a vault", () => {
  const vault = new Vault({ keys: [A] });

  test("opens what it sealed, for the row it was sealed for", () => {
    const sealed = vault.sealJson({ PatientName: "王^小明" }, "study.patient/2.25.1");
    expect(vault.openJson(sealed, "study.patient/2.25.1")).toEqual({ PatientName: "王^小明" });
    expect(() => vault.open(sealed, "study.patient/2.25.2")).toThrow(expect.objectContaining({ code: "wrong_key" }));
    expect(() => vault.open(sealed, "series.description/2.25.1")).toThrow("belongs to another row");
  });

  test("seals the same value differently each time", () => {
    const [one, two] = [1, 2].map(() => Buffer.from(vault.seal(Buffer.from("P-1"), "x")).toString("hex"));
    expect(one).not.toBe(two);
  });

  test("opens nothing that was changed, in any byte", () => {
    const sealed = vault.seal(Buffer.from("secret"), "x");
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] ^= 1;
      expect(() => vault.open(changed, "x")).toThrow(expect.objectContaining({ code: "wrong_key" }));
    }
    expect(() => vault.open(sealed.subarray(0, 20), "x")).toThrow("no sealed value");
  });

  test("says which key is missing, and no word of the row", () => {
    const sealed = new Vault({ keys: [B] }).seal(Buffer.from("x"), "identity_map.original/patient_id/P-4711");
    expect(() => vault.open(sealed, "identity_map.original/patient_id/P-4711")).toThrow(B.id);
    expect(() => vault.open(sealed, "identity_map.original/patient_id/P-4711")).not.toThrow("4711");
  });

  test("seals with the newest key and opens with all", () => {
    const both = new Vault({ keys: [A, B] });
    const old = vault.seal(Buffer.from("old"), "x");
    expect(Buffer.from(both.open(old, "x")).toString()).toBe("old");
    expect(sealedBy(both.seal(Buffer.from("new"), "x"))).toBe(B.id);
    expect(both.lookups("P-1", "patient")).toEqual([vault.lookup("P-1", "patient"), both.lookup("P-1", "patient")]);
  });

  test("finds values by a hash that the key alone makes, apart for each purpose", () => {
    expect(vault.lookup("P-1", "patient")).toBe(new Vault({ keys: [A] }).lookup("P-1", "patient"));
    expect(vault.lookup("P-1", "patient")).not.toBe(new Vault({ keys: [B] }).lookup("P-1", "patient"));
    expect(vault.lookup("P-1", "patient")).not.toBe(vault.lookup("P-1", "accession"));
  });

  test("knows its own mark", () => {
    const mark = vault.mark("head 7");
    expect(vault.checkMark("head 7", mark)).toBe(true);
    expect(vault.checkMark("head 8", mark)).toBe(false);
    expect(vault.checkMark("head 7", mark.slice(0, -2))).toBe(false);
    expect(() => new Vault({ keys: [B] }).checkMark("head 7", mark)).toThrow(
      expect.objectContaining({ code: "wrong_key" }),
    );
  });

  test("derives the keys of files as RFC 5869 does", () => {
    const salt = randomBytes(16);
    const wanted = Buffer.from(hkdfSync("sha256", A.secret, salt, "fovea file abc", 32));
    expect(Buffer.from(vault.fileKey(salt, "abc")).equals(wanted)).toBe(true);
  });
});

describe("a key ring", () => {
  const base64 = (key: { readonly secret: Uint8Array }) => Buffer.from(key.secret).toString("base64");

  test("is made where there is none, for its owner alone, and is the same afterwards", async () => {
    const dataDir = scratch.folder();
    const { keys, file } = await openKeyRing({ dataDir, environment: "" });
    expect(file).toBe(join(dataDir, "keys", "vault"));
    expect(statSync(join(dataDir, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, "keys", "vault")).mode & 0o777).toBe(0o600);
    expect((await openKeyRing({ dataDir, environment: "" })).keys).toEqual(keys);
  });

  test("is not made anew where something was sealed already", async () => {
    await expect(openKeyRing({ dataDir: scratch.folder(), environment: "" }, { mayMake: false })).rejects.toMatchObject(
      {
        code: "wrong_key",
      },
    );
  });

  test("comes from a file before the environment, and from it before the folder", async () => {
    const dataDir = scratch.folder();
    const keyFile = join(dataDir, "key");
    writeFileSync(keyFile, `${base64(A)}\n${base64(B)}\n`);
    expect((await openKeyRing({ dataDir, keyFile, environment: base64(B) })).keys.map(({ id }) => id)).toEqual([
      A.id,
      B.id,
    ]);
    expect((await openKeyRing({ dataDir, environment: `${base64(B)},${base64(A)}` })).keys.map(({ id }) => id)).toEqual(
      [B.id, A.id],
    );
    await expect(openKeyRing({ dataDir, keyFile: join(dataDir, "none") })).rejects.toMatchObject({
      code: "file_not_found",
      message: expect.stringContaining("openssl rand -base64 32"),
    });
  });

  test.each([
    ["", "holds no key"],
    ["abc", "not 32 bytes"],
    [randomBytes(31).toString("base64"), "not 32 bytes"],
    [`${"A".repeat(43)}=!`, "not 32 bytes"],
  ])("is refused as %j, without showing it", (text, message) => {
    expect(() => parseKeys(text, "FOVEA_KEY")).toThrow(message);
    if (text !== "") expect(() => parseKeys(text, "FOVEA_KEY")).not.toThrow(text);
  });

  test("takes a new key at its end and lets the old ones go, in its file", async () => {
    const dataDir = scratch.folder();
    const ring = await openKeyRing({ dataDir, environment: "" });
    const longer = await withNewKey(ring);
    expect(longer.keys[0]).toEqual(ring.keys[0]);
    expect((await openKeyRing({ dataDir, environment: "" })).keys).toEqual(longer.keys);
    const { keys } = await withoutOldKeys(longer);
    expect(keys).toEqual([longer.keys[1]]);
    expect(readFileSync(join(dataDir, "keys", "vault"), "utf8")).toBe(`${base64(keys[0])}\n`);
    expect(statSync(join(dataDir, "keys", "vault")).mode & 0o777).toBe(0o600);
    await expect(withNewKey({ keys: [A] })).rejects.toMatchObject({ code: "wrong_key" });
  });
});
