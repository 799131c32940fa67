/**
 * @file What became of each file of a run: a text that only grows, so that a run that was ended at any moment goes on where
 * it stood.
 *
 * The first line holds the settings; each other one the outcome of a file, with the size and time of change that the file
 * had. The last line of a file counts; one that a crash cut off does not.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { writeFailure } from "./atomic-write";

/** Changes whenever the same settings would make other pictures or other lines. */
const FORMAT = 2;

/** What tells a file from one that was changed. */
export interface FileState {
  readonly size: number;
  readonly mtimeMs: number;
}

export async function stateOf(path: string): Promise<FileState> {
  // A file that is gone by now is refused by its reader, in better words.
  const found = await stat(path).catch(() => undefined);
  return { size: found?.size ?? 0, mtimeMs: found?.mtimeMs ?? 0 };
}

/** What became of a file, which is known by its path. */
export interface Outcome {
  readonly source: string;
}

export type JournalLine<O extends Outcome> = O & FileState;

export interface JournalOptions {
  /** Called where a journal of other settings is there; what it throws leaves that one as it is. @default begun anew */
  onOtherSettings?(former: unknown): void;
}

/** Bytes of a line in the file. */
interface Span {
  readonly start: number;
  readonly length: number;
}

export class Journal<O extends Outcome> {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** Only where lines stand is kept in memory. */
  readonly #lines: Map<string, Span>;
  #end: number;

  private constructor(path: string, handle: FileHandle, lines: Map<string, Span>, end: number) {
    this.#path = path;
    this.#handle = handle;
    this.#lines = lines;
    this.#end = end;
  }

  /**
   * The journal at `path`, begun anew where there is none or one of other settings.
   *
   * @param settings plain data: what the outcomes depend on
   * @throws {FoveaError} `write_failed`
   */
  static async open<O extends Outcome>(
    path: string,
    settings: object,
    { onOtherSettings }: JournalOptions = {},
  ): Promise<Journal<O>> {
    const head = `${JSON.stringify({ format: FORMAT, settings })}\n`;
    try {
      const old = await readLines(path, head);
      if (old !== undefined && "former" in old) onOtherSettings?.(old.former);
      const goesOn = old !== undefined && "lines" in old;
      const handle = await open(path, goesOn ? "r+" : "w+");
      if (goesOn) {
        await handle.truncate(old.end);
        return new Journal<O>(path, handle, old.lines, old.end);
      }
      await handle.write(head, 0);
      return new Journal<O>(path, handle, new Map(), Buffer.byteLength(head));
    } catch (error) {
      throw writeFailure(path, error);
    }
  }

  /** The last line about `source`. */
  async line(source: string): Promise<JournalLine<O> | undefined> {
    const span = this.#lines.get(source);
    if (span === undefined) return undefined;
    const { buffer } = await this.#handle.read(Buffer.alloc(span.length), 0, span.length, span.start);
    return JSON.parse(buffer.toString("utf8"));
  }

  /** Adds a line. @throws {FoveaError} `write_failed` or `disk_full` */
  async add(line: JournalLine<O>): Promise<void> {
    // Two characters end a line for whoever reads it, which JSON leaves as they are.
    const text = JSON.stringify(line).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    const bytes = Buffer.from(`${text}\n`);
    // Claimed before the write, as several lines may be on their way.
    const start = this.#end;
    this.#end += bytes.length;
    try {
      await this.#handle.write(bytes, 0, bytes.length, start);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
    this.#lines.set(line.source, { start, length: bytes.length });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Where the lines stand behind `head`, or the settings of a journal that begins otherwise. */
type FormerJournal = { readonly lines: Map<string, Span>; readonly end: number } | { readonly former: unknown };

/** @returns `undefined` if there is no journal */
async function readLines(path: string, head: string): Promise<FormerJournal | undefined> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  const lines = new Map<string, Span>();
  let end = 0;
  let last: { readonly source: string; readonly start: number } | undefined;
  try {
    for await (const text of createInterface({ input: handle.createReadStream({ autoClose: false }) })) {
      const length = Buffer.byteLength(text) + 1;
      if (end === 0 && `${text}\n` !== head) return formerSettings(text);
      if (end > 0) {
        const source = sourceOf(text);
        if (source === undefined) break;
        lines.set(source, { start: end, length });
        last = { source, start: end };
      }
      end += length;
    }
    if (end === 0) return undefined;
    // Without its break a line was cut off, though it may look whole.
    if (end > (await handle.stat()).size && last !== undefined) {
      lines.delete(last.source);
      end = last.start;
    }
    return { lines, end };
  } finally {
    await handle.close();
  }
}

/** Settings that a first line tells; what begins otherwise is no journal. */
function formerSettings(text: string): { readonly former: unknown } | undefined {
  try {
    const { format, settings } = JSON.parse(text);
    return typeof format === "number" ? { former: settings } : undefined;
  } catch {
    return undefined;
  }
}

function sourceOf(text: string): string | undefined {
  try {
    const { source } = JSON.parse(text);
    return typeof source === "string" ? source : undefined;
  } catch {
    return undefined;
  }
}
