/**
 * @file Where files lie while they are written: `writing/`, in a folder of this process. What a process that ended left there goes.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BlobFileSystem } from "./blob-file-system";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity";

/** What nobody has written to for so long, in the folder of a process that cannot be asked, is left over. */
const LEFT_OVER_MS = 24 * 3_600_000;

export class HalfWritten {
  /** Of this process. */
  readonly folder: string;
  readonly #root: string;
  readonly #files: BlobFileSystem;

  /** @param folder of the record's files */
  constructor(folder: string, files: BlobFileSystem) {
    this.#root = join(folder, "writing");
    this.folder = join(this.#root, encodeIdentity(thisProcess()));
    this.#files = files;
  }

  /** Of a file that is not there yet. */
  newPath(): string {
    return join(this.folder, randomBytes(16).toString("hex"));
  }

  /** Removes what is left over. @param alone no other process writes here: that is all there is */
  async sweep(alone: boolean): Promise<void> {
    for (const name of await this.#files.list(this.#root)) {
      const owner = decodeIdentity(name);
      const isLeft = alone || owner === undefined || isAlive(owner) === false;
      const folder = join(this.#root, name);
      await (isLeft ? this.#files.remove(folder) : this.#sweepOld(folder));
    }
  }

  /** The folder stays: its process, on another machine perhaps, may come back to it. */
  async #sweepOld(folder: string): Promise<void> {
    for (const name of await this.#files.list(folder)) {
      const touched = await this.#files.touchedMs(join(folder, name));
      if (touched !== undefined && Date.now() - touched > LEFT_OVER_MS) await this.#files.remove(join(folder, name));
    }
  }
}

/** Of 64 characters of a host's name the folder's name has 244; 255 are allowed. */
function encodeIdentity(identity: ProcessIdentity): string {
  return Buffer.from(JSON.stringify(identity), "utf8").toString("base64url");
}

function decodeIdentity(name: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(Buffer.from(name, "base64url").toString("utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
