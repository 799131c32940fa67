/**
 * @file What the record says of objects that come in, asked of the database once for each series instead of once for each image.
 *
 * Only "not here" is told from memory, and never for long: what somebody else files meanwhile the importer finds. What seems to
 * be here is asked for each time, because retention may have deleted it.
 */
import type { Studies } from "../store/studies";

/** What stands in the record already of an object that comes in; empty where nothing does, or it cannot be told in time. */
export interface FiledBefore {
  /** SHA-256 of the file under its SOP instance UID. */
  readonly sha256?: string;
  /** The study in which its series stands. */
  readonly studyUid?: string;
}

export interface KnownFilesOptions {
  readonly studies: Pick<Studies, "findInstance" | "findSeries" | "sopUids">;
  /** How long the list of a series is believed, ms. @default 10000 */
  readonly believedMs?: number;
  /** So long after it was asked for, nobody waits for a list any more, ms. @default 200 */
  readonly patienceMs?: number;
  /** Series with more images are not remembered. @default 5000 */
  readonly maxImages?: number;
  /** @default 64 */
  readonly maxSeries?: number;
}

interface SeriesList {
  readonly askedAt: number;
  readonly content: Promise<SeriesContent>;
  isHere: boolean;
}

interface SeriesContent {
  /** Undefined before its first image is filed. */
  studyUid: string | undefined;
  /** Undefined if there are too many. */
  readonly sopUids: Set<string> | undefined;
}

export class KnownFiles {
  readonly #options: Required<KnownFilesOptions>;
  readonly #series = new Map<string, SeriesList>();

  constructor(options: KnownFilesOptions) {
    this.#options = { believedMs: 10_000, patienceMs: 200, maxImages: 5000, maxSeries: 64, ...options };
  }

  /** @throws {FoveaError} `database_unavailable` */
  async find(sopUid: string, seriesUid: string): Promise<FiledBefore> {
    const list = this.#list(seriesUid);
    // A database that is away or very busy makes the first image of a series wait, not each of them.
    if (!list.isHere && performance.now() - list.askedAt > this.#options.patienceMs) return {};
    const { studyUid, sopUids } = await list.content;
    const series = studyUid === undefined ? {} : { studyUid };
    if (sopUids !== undefined && !sopUids.has(sopUid)) return series;
    const known = await this.#options.studies.findInstance(sopUid);
    return known === undefined ? series : { ...series, sha256: known.sha256 };
  }

  /** It is in the record from now on. */
  async add(sopUid: string, seriesUid: string, studyUid: string): Promise<void> {
    const content = await this.#series.get(seriesUid)?.content.catch(() => undefined);
    if (content === undefined) return;
    content.studyUid = studyUid;
    content.sopUids?.add(sopUid);
  }

  #list(seriesUid: string): SeriesList {
    const { believedMs, maxSeries } = this.#options;
    const askedAt = performance.now();
    const listed = this.#series.get(seriesUid);
    if (listed !== undefined && askedAt - listed.askedAt < believedMs) return listed;
    this.#series.delete(seriesUid);
    for (const oldest of this.#series.keys()) {
      if (this.#series.size < maxSeries) break;
      this.#series.delete(oldest);
    }
    const content = this.#load(seriesUid);
    const list: SeriesList = { askedAt, content, isHere: false };
    this.#series.set(seriesUid, list);
    content.then(
      () => {
        list.isHere = true;
      },
      () => {
        if (this.#series.get(seriesUid) === list) this.#series.delete(seriesUid);
      },
    );
    return list;
  }

  async #load(seriesUid: string): Promise<SeriesContent> {
    const { studies, maxImages } = this.#options;
    const [series, sopUids] = await Promise.all([
      studies.findSeries(seriesUid),
      studies.sopUids(seriesUid, maxImages + 1),
    ]);
    return { studyUid: series?.studyUid, sopUids: sopUids.length > maxImages ? undefined : new Set(sopUids) };
  }
}
