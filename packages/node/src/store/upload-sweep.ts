/**
 * @file Files of batches that broke off with their process: no job names them, and nobody will ask for them.
 */
import type { BlobFiles } from "./blob-files";
import type { Database } from "./database";

/** Names of one question. */
const PAGE = 500;

export class UploadSweep {
  readonly #database: Database;
  readonly #blobs: Pick<BlobFiles, "list" | "remove">;
  /** Of no job when they were looked at last. */
  #before = new Set<string>();

  constructor(database: Database, blobs: Pick<BlobFiles, "list" | "remove">) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /**
   * Removes uploads that no job names. A request writes its files before its job is there, so they must have been of no job at
   * the last look too: look more seldom than a request may take.
   *
   * @param atOnce nobody uploads at the moment: what is of no job now is enough
   * @returns how many
   */
  async apply({ atOnce = false }: { readonly atOnce?: boolean } = {}): Promise<number> {
    const unnamed = new Set<string>();
    for await (const page of this.#pages()) for (const blob of await this.#unnamed(page)) unnamed.add(blob);
    const doomed = [...unnamed].filter((blob) => atOnce || this.#before.has(blob));
    for (const blob of doomed) await this.#blobs.remove(blob);
    this.#before = unnamed;
    return doomed.length;
  }

  async *#pages(): AsyncGenerator<string[]> {
    let page: string[] = [];
    for await (const blob of this.#blobs.list("uploads")) {
      page.push(blob);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  async #unnamed(blobs: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ blob: string }>(
      "SELECT blob FROM unnest($1::text[]) AS given (blob) EXCEPT SELECT blob FROM batch_file WHERE blob = ANY($1::text[])",
      [blobs],
    );
    return rows.map(({ blob }) => blob);
  }
}
