/**
 * @file Which files the record has already, asked of the database once for each series that comes in instead of once for each image.
 *
 * Only "not here" is told from memory, and never for long: what somebody else files meanwhile the importer finds. What seems to
 * be here is asked for each time, because retention may have deleted it.
 */
import type { Studies } from "../store/studies";

export interface KnownFilesOptions {
  readonly studies: Pick<Studies, "findInstance" | "sopUids">;
  /** How long the list of a series is believed, ms. @default 10000 */
  readonly believedMs?: number;
  /** Series with more images are not remembered. @default 5000 */
  readonly maxImages?: number;
  /** @default 64 */
  readonly maxSeries?: number;
}

interface SeriesList {
  readonly until: number;
  readonly sopUids: Promise<Set<string> | undefined>;
}

export class KnownFiles {
  readonly #options: Required<KnownFilesOptions>;
  readonly #series = new Map<string, SeriesList>();

  constructor(options: KnownFilesOptions) {
    this.#options = { believedMs: 10_000, maxImages: 5000, maxSeries: 64, ...options };
  }

  /** SHA-256 of the file that the record keeps under a UID. @throws {FoveaError} `database_unavailable` */
  async find(sopUid: string, seriesUid: string): Promise<string | undefined> {
    const listed = await this.#list(seriesUid);
    if (listed !== undefined && !listed.has(sopUid)) return undefined;
    const known = await this.#options.studies.findInstance(sopUid);
    return known?.blob === undefined ? undefined : known.sha256;
  }

  /** It is in the record from now on. */
  async add(sopUid: string, seriesUid: string): Promise<void> {
    const listed = await this.#series.get(seriesUid)?.sopUids.catch(() => undefined);
    listed?.add(sopUid);
  }

  #list(seriesUid: string): Promise<Set<string> | undefined> {
    const { believedMs, maxSeries } = this.#options;
    const now = performance.now();
    const listed = this.#series.get(seriesUid);
    if (listed !== undefined && listed.until > now) return listed.sopUids;
    this.#series.delete(seriesUid);
    for (const oldest of this.#series.keys()) {
      if (this.#series.size < maxSeries) break;
      this.#series.delete(oldest);
    }
    const sopUids = this.#load(seriesUid);
    this.#series.set(seriesUid, { until: now + believedMs, sopUids });
    sopUids.catch(() => this.#series.delete(seriesUid));
    return sopUids;
  }

  async #load(seriesUid: string): Promise<Set<string> | undefined> {
    const { studies, maxImages } = this.#options;
    const sopUids = await studies.sopUids(seriesUid, maxImages + 1);
    return sopUids.length > maxImages ? undefined : new Set(sopUids);
  }
}
