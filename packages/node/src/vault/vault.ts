/**
 * @file Encryption at rest: AES-256-GCM (NIST SP 800-38D) under keys that follow from a ring by HKDF (RFC 5869).
 *
 * A sealed value is `1 | key id (8 bytes) | nonce (12) | ciphertext | tag (16)`. Its context, table.column and the row's key,
 * is authenticated with it, so that a value moved to another row does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import { KEY_ID_BYTES, type KeyRing, type KeySource, openKeyRing, type VaultKey } from "./key-ring";

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

/** Keys that follow from one key of the ring, one for each purpose. */
interface Derived {
  readonly key: VaultKey;
  readonly seal: Uint8Array;
  readonly lookup: Uint8Array;
  readonly mark: Uint8Array;
}

function derive({ secret }: VaultKey, purpose: string, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, `fovea ${purpose}`, 32));
}

export class Vault {
  readonly ring: KeyRing;
  readonly #derived: readonly Derived[];

  constructor(ring: KeyRing) {
    this.ring = ring;
    this.#derived = ring.keys.map((key) => ({
      key,
      seal: derive(key, "seal"),
      lookup: derive(key, "lookup"),
      mark: derive(key, "mark"),
    }));
  }

  /** @throws {FoveaError} as `openKeyRing` */
  static async open(source: KeySource, options?: { readonly mayMake?: boolean }): Promise<Vault> {
    return new Vault(await openKeyRing(source, options));
  }

  /** Id of the key that seals. */
  get newestKey(): string {
    return this.#newest.key.id;
  }

  seal(plain: Uint8Array, context: string): Uint8Array {
    const { key, seal } = this.#newest;
    const nonce = randomBytes(NONCE_BYTES);
    const head = Buffer.concat([Uint8Array.of(FORMAT), Buffer.from(key.id, "hex"), nonce]);
    const cipher = createCipheriv("aes-256-gcm", seal, nonce).setAAD(aad(head, context));
    return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws {FoveaError} `wrong_key` if no key of the ring sealed it, or if it was changed or belongs elsewhere */
  open(sealed: Uint8Array, context: string): Uint8Array {
    const id = sealedBy(sealed);
    const derived = this.#derived.find(({ key }) => key.id === id);
    if (derived === undefined) throw unknownKey(context, id);
    const head = sealed.subarray(0, HEAD_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", derived.seal, head.subarray(1 + KEY_ID_BYTES));
    decipher.setAAD(aad(head, context)).setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new FoveaError("wrong_key", `${place(context)}: a sealed value was changed, or belongs to another row`, {
        cause,
      });
    }
  }

  sealJson(value: unknown, context: string): Uint8Array {
    return this.seal(Buffer.from(JSON.stringify(value), "utf8"), context);
  }

  /** @throws {FoveaError} as `open` */
  openJson(sealed: Uint8Array, context: string): unknown {
    return JSON.parse(Buffer.from(this.open(sealed, context)).toString("utf8"));
  }

  /** Keyed hash by which a sealed value is found again; `purpose` keeps apart what must not be compared. */
  lookup(value: string, purpose: string): string {
    return lookupHash(this.#newest, value, purpose);
  }

  /** The same under every key of the ring, for rows that are not re-sealed yet. */
  lookups(value: string, purpose: string): string[] {
    return this.#derived.map((derived) => lookupHash(derived, value, purpose));
  }

  /** Proof that this service wrote `text`: key id and HMAC-SHA-256. */
  mark(text: string): string {
    const { key, mark } = this.#newest;
    return `${key.id}:${createHmac("sha256", mark).update(text).digest("hex")}`;
  }

  /** Whether `mark` is of `text`. @throws {FoveaError} `wrong_key` if no key of the ring made it */
  checkMark(text: string, mark: string): boolean {
    const [id, digest = ""] = mark.split(":");
    const derived = this.#derived.find(({ key }) => key.id === id);
    if (derived === undefined) throw unknownKey("mark", id);
    const wanted = createHmac("sha256", derived.mark).update(text).digest();
    const given = Buffer.from(digest, "hex");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  /**
   * Key of one file, which no other file has: nonces inside may be counted.
   *
   * @param keyId absent: the newest
   * @throws {FoveaError} `wrong_key`
   */
  fileKey(salt: Uint8Array, name: string, keyId: string = this.newestKey): Uint8Array {
    const derived = this.#derived.find(({ key }) => key.id === keyId);
    if (derived === undefined) throw unknownKey("file", keyId);
    return derive(derived.key, `file ${name}`, salt);
  }

  get #newest(): Derived {
    const newest = this.#derived.at(-1);
    if (newest === undefined) throw new Error("unreachable: a ring without keys");
    return newest;
  }
}

/** Id of the key that a sealed value needs. @throws {FoveaError} `wrong_key` if it is no sealed value */
export function sealedBy(sealed: Uint8Array): string {
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== FORMAT) {
    throw new FoveaError("wrong_key", `${sealed.length} bytes are no sealed value of this version`);
  }
  return Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString("hex");
}

function lookupHash({ lookup }: Derived, value: string, purpose: string): string {
  return createHmac("sha256", lookup).update(`${purpose}\0${value}`, "utf8").digest("hex");
}

function aad(head: Uint8Array, context: string): Uint8Array {
  return Buffer.concat([head, Buffer.from(context, "utf8")]);
}

/** Table and column, without the row. */
function place(context: string): string {
  return context.split("/", 1)[0];
}

function unknownKey(context: string, id: string): FoveaError {
  return new FoveaError(
    "wrong_key",
    `${place(context)}: sealed with key ${id}, which is not here; give the key file or FOVEA_KEY that the record was made with`,
  );
}
