/**
 * @file What a STOW-RS request brings, part by part into whatever stores it; what is answered (PS3.18 10.5).
 */
import type { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import { boundaryOf, type MultipartLimits, parts } from "./multipart";
import { STATUS } from "./status";

export interface StoreLimits extends MultipartLimits {
  /** Of one instance. */
  readonly maxInstanceBytes: number;
}

/** What became of a part. */
export interface PartOutcome {
  /** Both where the part could be read so far. */
  readonly sopClassUid?: string;
  readonly sopUid?: string;
  /** As C-STORE has it (PS3.4 table B.2-1); 0: durable. */
  readonly status: number;
}

/** DICOM JSON (PS3.18 annex F). */
export type DicomJson = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

export interface StoreAnswer {
  /** 200 all stored, 202 some, 409 none (PS3.18 table 10.5.3-1). */
  readonly httpStatus: 200 | 202 | 409;
  /** Store Instances Response Module (PS3.18 annex I). */
  readonly json: DicomJson;
  readonly stored: number;
  readonly failed: number;
  /** What ended it before its last part. */
  readonly fault?: unknown;
}

/**
 * Gives each part to `store`, in order. One that fails is told in the answer; the others are stored. Once something is stored the
 * client hears of it, whatever becomes of the rest of the request.
 *
 * @param contentType of the request
 * @param store reads a part's bytes as they come; throws what they throw, and only where nothing of the part is kept
 * @throws {FoveaError} `invalid_argument` if the content type is another; `invalid_dicom` if the body breaks off or breaks the rules
 * before anything was stored
 */
export async function storeParts(
  stream: Readable,
  contentType: string,
  store: (part: AsyncIterable<Uint8Array>) => Promise<PartOutcome>,
  { maxInstanceBytes, ...limits }: StoreLimits,
): Promise<StoreAnswer> {
  const outcomes: PartOutcome[] = [];
  let part: BoundedPart | undefined;
  try {
    // Not destroyed where its reading ends early: with an HTTP request the line for the answer would go.
    const source = stream.iterator({ destroyOnReturn: false });
    for await (const { body } of parts(source, boundaryOf(contentType), limits)) {
      part = new BoundedPart(body, maxInstanceBytes);
      outcomes.push(await stored(part, store));
    }
  } catch (fault) {
    if (!outcomes.some(({ status }) => status === STATUS.success)) throw fault;
    // A part that broke off may have been told as one that cannot be understood.
    if (part?.broken !== true || outcomes.at(-1)?.status === STATUS.success) {
      const isBroken = fault instanceof FoveaError && fault.code === "invalid_dicom";
      outcomes.push({ status: isBroken ? STATUS.cannotUnderstand : STATUS.processingFailure });
    }
    return { ...answer(outcomes), fault };
  }
  if (outcomes.length === 0) throw new FoveaError("invalid_dicom", "multipart body: there is no part in it");
  return answer(outcomes);
}

async function stored(
  part: BoundedPart,
  store: (part: AsyncIterable<Uint8Array>) => Promise<PartOutcome>,
): Promise<PartOutcome> {
  try {
    return await store(part);
  } catch (error) {
    if (error instanceof PartTooLarge) return { status: STATUS.outOfResources };
    throw error;
  }
}

class PartTooLarge extends Error {
  override readonly name = "PartTooLarge";
}

/** At most so many bytes of a part. A reader that leaves early does not end it: who reads the parts skips the rest. */
class BoundedPart implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #left: number;
  /** Whether the request ended within it. */
  broken = false;

  constructor(body: AsyncIterable<Uint8Array>, most: number) {
    this.#source = body[Symbol.asyncIterator]();
    this.#left = most;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#source.next().catch((error: unknown) => {
      this.broken = true;
      throw error;
    });
    this.#left -= result.done ? 0 : result.value.length;
    if (this.#left < 0) throw new PartTooLarge();
    return result;
  }
}

const uid = (value: string) => ({ vr: "UI", Value: [value] });
const number = (value: number) => ({ vr: "US", Value: [value] });
const sequence = (items: readonly unknown[]) => ({ vr: "SQ", Value: items });

function answer(outcomes: readonly PartOutcome[]): StoreAnswer {
  const stored: object[] = [];
  const failed: object[] = [];
  // Of which nobody knows what they are: Other Failures Sequence. In the others both UIDs are of type 1.
  const unknown: object[] = [];
  for (const { sopClassUid, sopUid, status } of outcomes) {
    const reason = { "00081197": number(status) };
    const reference = sopClassUid && sopUid ? { "00081150": uid(sopClassUid), "00081155": uid(sopUid) } : undefined;
    if (reference === undefined) unknown.push(reason);
    else if (status === STATUS.success) stored.push(reference);
    else failed.push({ ...reference, ...reason });
  }
  const json: DicomJson = {
    ...(stored.length > 0 && { "00081199": sequence(stored) }),
    ...(failed.length > 0 && { "00081198": sequence(failed) }),
    ...(unknown.length > 0 && { "0008119A": sequence(unknown) }),
  };
  const failures = failed.length + unknown.length;
  const httpStatus = failures === 0 ? 200 : stored.length > 0 ? 202 : 409;
  return { httpStatus, json, stored: stored.length, failed: failures };
}
