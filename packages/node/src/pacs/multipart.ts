/**
 * @file multipart/related, read part by part as it comes (RFC 2046 5.1, RFC 2387), for STOW-RS and WADO-RS.
 */
import { FoveaError } from "@fovea/core/errors";

export interface MultipartLimits {
  /** Parts of one body. @default 10000 */
  readonly maxParts?: number;
  /** Header of one part, and text before the first. @default 16384 */
  readonly maxHeaderBytes?: number;
}

/** A part. Its body is over when the next part is asked for. */
export interface Part {
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Buffer>;
}

const CRLF = Buffer.from("\r\n");

function broken(message: string): FoveaError {
  return new FoveaError("invalid_dicom", `multipart body: ${message}`);
}

/**
 * Boundary of a `Content-Type`.
 *
 * @throws {FoveaError} `invalid_argument` if it is not multipart/related, or has no boundary
 */
export function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType.slice(0, 1000));
  const boundary = found?.[1] ?? found?.[2];
  if (!/^multipart\/related\b/i.test(contentType) || boundary === undefined) {
    const message = 'wanted Content-Type: multipart/related; type="application/dicom"; boundary=...';
    throw new FoveaError("invalid_argument", message);
  }
  return boundary;
}

/** Bytes of a source, with as many ahead as are asked for. */
class Window {
  readonly #source: AsyncIterator<Uint8Array>;
  bytes: Buffer = CRLF;
  ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** One more chunk; false at the end. */
  async more(): Promise<boolean> {
    if (this.ended) return false;
    const { value, done } = await this.#source.next();
    if (done) {
      this.ended = true;
      return false;
    }
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    return true;
  }

  drop(count: number): Buffer {
    const dropped = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return dropped;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/**
 * Parts in order. What is not read of a part is skipped.
 *
 * @throws {FoveaError} `invalid_dicom` if the body does not follow RFC 2046 or exceeds a limit
 */
export async function* parts(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
  { maxParts = 10_000, maxHeaderBytes = 16_384 }: MultipartLimits = {},
): AsyncGenerator<Part> {
  const window = new Window(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  try {
    await skipPreamble(window, delimiter, maxHeaderBytes);
    for (let count = 0; await beginsPart(window, maxHeaderBytes); count++) {
      if (count === maxParts) throw broken(`more than ${maxParts} parts`);
      const headers = await readHeaders(window, maxHeaderBytes);
      const body = new Body(window, delimiter);
      yield { headers, body: body.pieces() };
      while (await body.piece());
    }
  } finally {
    await window.close();
  }
}

async function skipPreamble(window: Window, delimiter: Buffer, limit: number): Promise<void> {
  for (;;) {
    const at = window.bytes.indexOf(delimiter);
    if (at > limit || (at < 0 && window.bytes.length > limit + delimiter.length))
      throw broken("no boundary at its beginning");
    if (at >= 0) {
      window.drop(at + delimiter.length);
      return;
    }
    if (!(await window.more())) throw broken("no boundary in it; does Content-Type name another?");
  }
}

/** Behind a delimiter: `--` ends the body, a line's end begins a part. */
async function beginsPart(window: Window, limit: number): Promise<boolean> {
  while (window.bytes.length < 2) if (!(await window.more())) throw broken("cut short");
  if (window.bytes.toString("latin1", 0, 2) === "--") return false;
  const padding = await readLine(window, limit);
  if (/[^ \t]/.test(padding)) throw broken("a boundary with something behind it");
  return true;
}

async function readLine(window: Window, limit: number): Promise<string> {
  for (;;) {
    const at = window.bytes.indexOf(CRLF);
    if (at > limit || (at < 0 && window.bytes.length > limit)) throw broken(`a header of more than ${limit} bytes`);
    if (at >= 0) return window.drop(at + 2).toString("latin1", 0, at);
    if (!(await window.more())) throw broken("cut short");
  }
}

async function readHeaders(window: Window, limit: number): Promise<ReadonlyMap<string, string>> {
  const headers = new Map<string, string>();
  for (let left = limit; ; ) {
    const line = await readLine(window, left);
    if (line === "") return headers;
    left -= line.length + 2;
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

/** Up to the next delimiter, which is dropped. */
class Body {
  readonly #window: Window;
  readonly #delimiter: Buffer;
  #over = false;
  /** Who reads a part and who skips it may be two; they take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(window: Window, delimiter: Buffer) {
    this.#window = window;
    this.#delimiter = delimiter;
  }

  /** The next piece; undefined behind the last. */
  piece(): Promise<Buffer | undefined> {
    const next = this.#turn.then(() => this.#read());
    this.#turn = next.catch(() => {});
    return next;
  }

  async *pieces(): AsyncGenerator<Buffer, void> {
    for (let piece = await this.piece(); piece; piece = await this.piece()) yield piece;
  }

  async #read(): Promise<Buffer | undefined> {
    const window = this.#window;
    while (!this.#over) {
      const at = window.bytes.indexOf(this.#delimiter);
      if (at >= 0) {
        const last = window.drop(at);
        window.drop(this.#delimiter.length);
        this.#over = true;
        return last.length > 0 ? last : undefined;
      }
      const safe = window.bytes.length - this.#delimiter.length + 1;
      if (safe > 0) return window.drop(safe);
      if (!(await window.more())) throw broken("cut short within a part");
    }
    return undefined;
  }
}
