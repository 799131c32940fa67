/**
 * @file What follows from the secret key: UIDs, pseudonyms, shifts of dates (HMAC-SHA256, RFC 2104; UUID version 8, RFC 9562).
 *
 * The key is read and used here, and shown nowhere.
 */
import { createHmac, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { writeFailure } from "../data/atomic-write";
import { readBytes } from "../read-file";

/** Shorter keys could be tried out. */
const MIN_KEY_BYTES = 16;
/** Dates move into the past by up to ten years. */
const MAX_SHIFT_DAYS = 3652;
const MAX_UID_LENGTH = 64;

/** Letters and digits without 0, 1, 8, 9: base32 of RFC 4648. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export class SecretKey {
  readonly #key: Uint8Array;

  /** @throws {ArgumentError} if it is shorter than 16 bytes */
  constructor(key: Uint8Array) {
    if (key.length < MIN_KEY_BYTES) {
      throw new ArgumentError(`a key of ${key.length} bytes, wanted at least ${MIN_KEY_BYTES}; --new-key makes one`);
    }
    this.#key = key;
  }

  /** `2.25.` and a UUID; or `root.` and as many digits of it as fit into 64 characters. */
  uid(uid: string, root = "2.25"): string {
    const bytes = this.#digest("uid", uid).subarray(0, 16);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const number = BigInt(`0x${bytes.toString("hex")}`);
    const room = MAX_UID_LENGTH - root.length - 1;
    return `${root}.${root === "2.25" ? number : number % 10n ** BigInt(Math.min(room, 39))}`;
  }

  /** `P` and twelve letters or digits. */
  pseudonym(patient: string): string {
    return `P${this.code("patient", patient)}`;
  }

  /** Days by which a patient's dates move: 1 to 3652 into the past. */
  shiftDays(patient: string): number {
    return -1 - (this.#digest("shift", patient).readUInt32BE(0) % MAX_SHIFT_DAYS);
  }

  /** Twelve letters or digits for a text; `purpose` keeps apart what must not be compared. */
  code(purpose: string, text: string): string {
    return Array.from(this.#digest(purpose, text).subarray(0, 12), (byte) => BASE32[byte & 31]).join("");
  }

  #digest(purpose: string, text: string): Buffer {
    return createHmac("sha256", this.#key).update(`fovea ${purpose}\0${text}`, "utf8").digest();
  }
}

/**
 * The key of a file: its bytes as they are.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_argument` if it is too short
 */
export async function readKey(path: string): Promise<SecretKey> {
  try {
    return new SecretKey(await readBytes(path, "key file"));
  } catch (error) {
    if (!(error instanceof FoveaError) || error.code !== "invalid_argument") throw error;
    throw new ArgumentError(error.message, { file: path, cause: error });
  }
}

/**
 * A new key in a file that only its owner may read.
 *
 * @throws {FoveaError} `write_failed`, also if the file is there already: another key cannot be had back
 */
export async function makeKey(path: string): Promise<void> {
  await writeFile(path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}
