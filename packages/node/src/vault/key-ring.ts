/**
 * @file The keys of encryption at rest: one or several of 32 bytes. The last one seals, all of them open.
 *
 * Kept as text, a key a line in base64, the newest last; in `FOVEA_KEY` with commas between them.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { writeAtomically, writeFailure } from "../data/atomic-write";

const KEY_BYTES = 32;
/** Bytes of a key's name in what it sealed. */
export const KEY_ID_BYTES = 8;

export interface VaultKey {
  /** First 8 bytes of SHA-256 over `fovea key id` and the key, hexadecimal. */
  readonly id: string;
  readonly secret: Uint8Array;
}

/** Where a ring comes from, for messages and for adding to it. */
export interface KeyRing {
  /** Oldest first; never empty. */
  readonly keys: readonly VaultKey[];
  /** File that holds it; absent: from the environment. */
  readonly file?: string;
}

export interface KeySource {
  readonly dataDir: string;
  readonly keyFile?: string;
  /** @default process.env.FOVEA_KEY */
  readonly environment?: string;
}

export function vaultKey(secret: Uint8Array): VaultKey {
  const digest = createHash("sha256").update("fovea key id\0").update(secret).digest("hex");
  return { id: digest.slice(0, 2 * KEY_ID_BYTES), secret };
}

/**
 * Keys of a text.
 *
 * @throws {FoveaError} `wrong_key` if it holds none, or one that is not 32 bytes in base64
 */
export function parseKeys(text: string, place: string): VaultKey[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) {
    throw new FoveaError("wrong_key", "holds no key; wanted 32 bytes in base64 (openssl rand -base64 32)", {
      file: place,
    });
  }
  return words.map((word, i) => {
    const secret = Buffer.from(word, "base64");
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(word) || secret.length !== KEY_BYTES) {
      throw new FoveaError("wrong_key", "is not 32 bytes in base64; make one with: openssl rand -base64 32", {
        file: place,
        at: `key ${i + 1}`,
      });
    }
    return vaultKey(secret);
  });
}

/**
 * The ring of `keyFile`, else of `FOVEA_KEY`, else of `dataDir/keys/vault`, which is made if it is not there.
 *
 * @param mayMake false: a key that is missing is an error, because something was sealed with it already
 * @throws {FoveaError} `file_not_found`, `file_unreadable`, `wrong_key`, `write_failed`
 */
export async function openKeyRing(
  { dataDir, keyFile, environment = process.env.FOVEA_KEY }: KeySource,
  { mayMake = true }: { readonly mayMake?: boolean } = {},
): Promise<KeyRing> {
  if (keyFile !== undefined) return { keys: await readKeys(keyFile), file: keyFile };
  if (environment !== undefined && environment !== "") return { keys: parseKeys(environment, "FOVEA_KEY") };
  const file = join(dataDir, "keys", "vault");
  const there = await stat(file).catch(() => undefined);
  if (there === undefined) {
    if (!mayMake) {
      throw new FoveaError("wrong_key", "the key is not there, and a new one would open nothing; bring it back", {
        file,
      });
    }
    await makeKeyFile(file);
  }
  return { keys: await readKeys(file), file };
}

/** A ring with a new key at its end, kept in its file before anything is sealed with it. */
export async function withNewKey(ring: KeyRing): Promise<KeyRing> {
  if (ring.file === undefined) {
    throw new FoveaError(
      "wrong_key",
      "FOVEA_KEY comes from the environment; put the new key after the old one there: FOVEA_KEY=old,new",
    );
  }
  const keys = [...ring.keys, vaultKey(randomBytes(KEY_BYTES))];
  await keepKeys(ring.file, keys);
  return { keys, file: ring.file };
}

/** Keeps only the newest key. What an older one sealed cannot be opened any more. */
export async function withoutOldKeys(ring: KeyRing): Promise<KeyRing> {
  const keys = ring.keys.slice(-1);
  if (ring.file !== undefined) await keepKeys(ring.file, keys);
  return { keys, file: ring.file };
}

async function keepKeys(file: string, keys: readonly VaultKey[]): Promise<void> {
  await writeAtomically(file, keys.map(({ secret }) => `${Buffer.from(secret).toString("base64")}\n`).join(""), {
    mode: 0o600,
  });
}

async function readKeys(file: string): Promise<VaultKey[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      const message = "no such key file; bring it back, or for a new record make one: openssl rand -base64 32 > FILE";
      throw new FoveaError("file_not_found", message, { file, cause: error });
    }
    throw new FoveaError("file_unreadable", `key file: ${error.code ?? error.message}`, { file, cause: error });
  });
  return parseKeys(text, file);
}

async function makeKeyFile(file: string): Promise<void> {
  try {
    await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
    await chmod(join(file, ".."), 0o700);
    await writeFile(file, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    // Another process was faster: its key counts.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw writeFailure(file, error);
  }
}
