/**
 * @file What the page asks of the service.
 *
 * Addresses are relative: the page may stand below a path of a reverse proxy. Nothing of a patient is ever put into one: names are
 * searched in the page.
 */
import type { InstanceImage } from "@fovea/core/contract/image";
import type { Session } from "@fovea/core/contract/session";
import type {
  FindingRecord,
  ModelRecord,
  ReviewAction,
  ReviewState,
  StudyDetail,
  StudyList,
  StudyState,
} from "@fovea/core/contract/study";
import type { Language } from "../language/language";
import { errorOf, RequestError } from "./request-error";

export interface StudyQuery {
  readonly state?: StudyState;
  readonly modality?: string;
  /** `next` of the page before. */
  readonly after?: string;
  /** Studies of a page, 200 at most. */
  readonly limit?: number;
}

export interface Client {
  session(signal?: AbortSignal): Promise<Session>;
  studies(query: StudyQuery, signal?: AbortSignal): Promise<StudyList>;
  study(studyUid: string, signal?: AbortSignal): Promise<StudyDetail>;
  models(signal?: AbortSignal): Promise<readonly ModelRecord[]>;
  /** How an instance is to be shown. */
  image(sopUid: string, signal?: AbortSignal): Promise<InstanceImage>;
  /** Values of one frame, counted from 0, as core/contract/image tells. */
  pixels(sopUid: string, frame: number, signal?: AbortSignal): Promise<ArrayBuffer>;
  /** What the service has kept of a decision. */
  review(findingId: string, review: ReviewState): Promise<ReviewState>;
}

export interface ClientOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly key: () => string | undefined;
  /** In which the service is to answer. */
  readonly language: () => Language;
  /** Called at each 401, with the key that was sent: another may have been typed since. */
  readonly onUnauthorised: (key: string | undefined) => void;
  /** @default the browser's */
  readonly fetch?: typeof globalThis.fetch;
  /** How long an answer may take, ms. @default 60000 */
  readonly timeoutMs?: number;
}

/** `key=value&...` of what is set. */
export function queryOf(query: StudyQuery): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
}

/** @throws {RequestError} from every method, if there is no answer or it is no success */
export function createClient({
  key,
  language,
  onUnauthorised,
  fetch = globalThis.fetch,
  timeoutMs = 60_000,
}: ClientOptions): Client {
  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const given = key();
    const headers = {
      ...(init.headers as Record<string, string>),
      "Accept-Language": language(),
      ...(given && { Authorization: `Bearer ${given}` }),
    };
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, signal, cache: "no-store" });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new RequestError("unreachable", undefined, { cause });
    }
    if (response.status === 401) onUnauthorised(given);
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  async function json<T>(path: string, signal?: AbortSignal): Promise<T> {
    const response = await ask(path, { headers: { Accept: "application/json" }, signal });
    try {
      return (await response.json()) as T;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new RequestError("broken", undefined, { cause });
    }
  }
  const part = encodeURIComponent;
  return {
    session: (signal) => json("session", signal),
    studies: (query, signal) => json(`studies?${queryOf(query)}`, signal),
    study: (studyUid, signal) => json(`studies/${part(studyUid)}`, signal),
    models: async (signal) => (await json<{ models: ModelRecord[] }>("models", signal)).models,
    image: (sopUid, signal) => json(`instances/${part(sopUid)}`, signal),
    pixels: async (sopUid, frame, signal) => {
      const response = await ask(`instances/${part(sopUid)}/frames/${frame}/pixels`, { signal });
      try {
        return await response.arrayBuffer();
      } catch (cause) {
        if (signal?.aborted) throw cause;
        throw new RequestError("unreachable", undefined, { cause });
      }
    },
    review: async (findingId, review) => {
      const response = await ask(`findings/${part(findingId)}/review`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ review } satisfies ReviewAction),
      });
      const kept = (await response.json().catch(() => undefined)) as Partial<FindingRecord> | undefined;
      return kept?.review ?? review;
    },
  };
}
