/**
 * @file Requests of a DICOMweb client (PS3.18): time limits, authorization, and errors that do not tell whose images they were about.
 */
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";

export interface DicomWeb {
  /** `https://pacs/dicom-web` */
  readonly url: string;
  /** Value of the header. */
  readonly authorization?: string;
}

export interface WebTimes {
  /** From the request's last byte to the answer's first. @default 120000 */
  readonly responseMs?: number;
  /** Between two pieces of a body that is sent, or of an answer. @default 60000 */
  readonly idleMs?: number;
}

/** Bytes of a body that are handed over at a time: with each, the time limit begins anew. */
const PIECE = 64 * 1024;

/**
 * A body that tells how much of it is left. A Blob, so that its length is announced (there are servers that take no chunked
 * bodies), whose stream is read as the connection takes it.
 */
class WatchedBody extends Blob {
  readonly #parts: readonly Uint8Array<ArrayBuffer>[];
  readonly #tell: (left: number) => void;

  constructor(parts: readonly Uint8Array<ArrayBuffer>[], tell: (left: number) => void) {
    super([...parts]);
    this.#parts = parts;
    this.#tell = tell;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pieces = this.#pieces();
    return new ReadableStream(
      {
        pull: (controller) => {
          const { value } = pieces.next();
          if (value === undefined) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  }

  *#pieces(): Generator<Uint8Array<ArrayBuffer>, undefined> {
    let left = this.size;
    for (const part of this.#parts) {
      for (let at = 0; at < part.length; at += PIECE) {
        const piece = part.subarray(at, at + PIECE);
        left -= piece.length;
        this.#tell(left);
        yield piece;
      }
    }
  }
}

export interface WebRequest {
  readonly method?: "GET" | "POST";
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: readonly Uint8Array<ArrayBuffer>[];
  readonly signal?: AbortSignal;
}

/**
 * A body may take as long as it needs while the server takes it; only standing still is limited.
 *
 * @param path behind the root, with a leading slash
 * @throws {FoveaError} `peer_unreachable`, `interrupted`; statuses are the caller's matter
 */
export async function request(
  { url, authorization }: DicomWeb,
  path: string,
  { method = "GET", accept, contentType, body, signal }: WebRequest,
  { responseMs = 120_000, idleMs = 60_000 }: WebTimes = {},
): Promise<Response> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const within = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(), ms);
  };
  within(responseMs);
  try {
    return await fetch(url.replace(/\/+$/, "") + path, {
      method,
      headers: {
        accept,
        ...(contentType === undefined ? {} : { "content-type": contentType }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      ...(body && { body: new WatchedBody(body, (left) => within(left > 0 ? idleMs : responseMs)) }),
      // A redirect would carry the authorization elsewhere.
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    });
  } catch (error) {
    throw webError(error, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** What `fetch` threw, without the address: UIDs stand in it. */
export function webError(error: unknown, signal?: AbortSignal): FoveaError {
  if (error instanceof FoveaError) return error;
  if (signal?.aborted) return new FoveaError("interrupted", tell("cancelled"));
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  const name = cause instanceof Error ? cause.name : "error";
  const why = name === "AbortError" ? "it does not answer in time" : String(code ?? name);
  return new FoveaError("peer_unreachable", tell("webNoAnswer", { why }));
}

/** Whether a question that is answered so would be refused again. */
function isRefusal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 429;
}

/**
 * The error that an HTTP status is.
 *
 * @param refused whether the same request would be refused again
 */
export function statusError(status: number, what: string, refused = isRefusal(status)): FoveaError {
  const sentence = status === 401 || status === 403 ? "webUnauthorised" : "webStatus";
  return new FoveaError(refused ? "peer_refused" : "peer_unreachable", tell(sentence, { service: what, status }));
}

/**
 * Pieces of an answer, each within the time limit; who stops early ends the request.
 *
 * @throws {FoveaError} `peer_unreachable`, `interrupted`
 */
export async function* pieces(
  response: Response,
  { idleMs = 60_000 }: WebTimes,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new FoveaError("peer_unreachable", tell("stoppedAnswering"))), idleMs);
      });
      const { value, done } = await Promise.race([reader.read(), late]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw webError(error, signal);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Small answers are read whole, up to this. */
const MAX_JSON = 64 * 2 ** 20;

/** @throws {FoveaError} `peer_refused` if it is no JSON or too long; `peer_unreachable`, `interrupted` */
export async function json(response: Response, times: WebTimes, signal?: AbortSignal): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(response, times, signal)) {
    size += piece.length;
    if (size > MAX_JSON) throw new FoveaError("peer_refused", "the PACS answers with more than 64 MiB of JSON");
    parts.push(piece);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new FoveaError("peer_refused", "the PACS answers with something that is no JSON");
  }
}
