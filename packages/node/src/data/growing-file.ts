/**
 * @file A text that grows under a neighbouring name and takes its own when it is whole.
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { writeFailure } from "./atomic-write";

/** All that is written throws `write_failed` or `disk_full`. */
export class GrowingFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Collected up to a size worth a write. */
  #pending = "";

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<GrowingFile> {
    try {
      return new GrowingFile(path, await open(neighbour(path), "w"));
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= 2 ** 16) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(neighbour(this.#path), this.#path);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(neighbour(this.#path), { force: true }).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    try {
      await this.#handle.appendFile(this.#pending);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
    this.#pending = "";
  }
}

const neighbour = (path: string) => `${path}.${process.pid}.tmp`;
