/**
 * @file STOW-RS as client (PS3.18 10.5): files as they are, and of each what became of it.
 */
import { randomUUID } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import { valuesOf } from "./dicom-json";
import { type DicomWeb, json, request, statusError, type WebTimes, webError } from "./dicom-web-request";
import type { OutgoingObject, SendOutcome } from "./peer";
import { refusesObject, STATUS, statusNumber, statusText } from "./status";

/**
 * Statuses by which a server speaks of what it was given (PS3.18 table 10.5.3-1; 413, 415, 422: RFC 9110): it would be refused
 * again. All others speak of the address, the permission or the server, which somebody mends: 401, 403, 404 ...
 */
const OF_THE_OBJECT: ReadonlySet<number> = new Set([400, 409, 413, 415, 422]);

/** Of one request. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_OBJECTS = 100;

function batches(objects: readonly OutgoingObject[]): OutgoingObject[][] {
  const all: OutgoingObject[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const object of objects) {
    if (size + object.bytes.length > MAX_BYTES || all[all.length - 1].length === MAX_OBJECTS) {
      all.push([]);
      size = 0;
    }
    all[all.length - 1].push(object);
    size += object.bytes.length;
  }
  return all;
}

/** The body begins with the boundary itself: with a line's end before it, some servers answer 200 and store nothing. */
function body(objects: readonly OutgoingObject[], boundary: string): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const [i, { bytes }] of objects.entries()) {
    parts.push(Buffer.from(`${i === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`));
    parts.push(bytes as Uint8Array<ArrayBuffer>);
  }
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return parts;
}

/** Sends files; tells of each what became of it, in the order given, and never throws for what the peer does. */
export async function stow(
  web: DicomWeb,
  objects: readonly OutgoingObject[],
  times: WebTimes,
  signal?: AbortSignal,
): Promise<SendOutcome[]> {
  const outcomes = new Map<OutgoingObject, SendOutcome>();
  const queue = batches(objects);
  for (let batch = queue.shift(); batch; batch = queue.shift()) {
    try {
      const answer = await post(web, batch, times, signal);
      for (const object of batch) outcomes.set(object, outcomeOf(answer, object.sopUid));
    } catch (error) {
      const { code, message } = webError(error, signal);
      // Some refuse a whole request because of one object in it.
      if (code === "peer_refused" && batch.length > 1) queue.unshift(...batch.map((object) => [object]));
      const state = code === "peer_refused" ? "refused" : "unreachable";
      for (const object of batch) outcomes.set(object, { state, reason: message });
    }
  }
  return objects.map((object) => outcomes.get(object) ?? { state: "unreachable", reason: tell("notSent") });
}

async function post(
  web: DicomWeb,
  batch: readonly OutgoingObject[],
  times: WebTimes,
  signal?: AbortSignal,
): Promise<unknown> {
  const boundary = `fovea-${randomUUID()}`;
  const response = await request(
    web,
    "/studies",
    {
      method: "POST",
      accept: "application/dicom+json",
      contentType: `multipart/related; type="application/dicom"; boundary=${boundary}`,
      body: body(batch, boundary),
      signal,
    },
    times,
  );
  // 409: nothing of it was stored, and the answer says why.
  const isAnswer = response.status === 200 || response.status === 202 || response.status === 409;
  const answer = await json(response, times, signal).catch((error: unknown) => {
    // A page of a proxy in place of an answer says nothing of the objects.
    if (isAnswer && !(error instanceof FoveaError && error.code === "peer_refused")) throw error;
  });
  if (isAnswer && answer !== undefined) return answer;
  if (response.ok) throw new FoveaError("peer_unreachable", tell("nothingConfirmed"));
  throw statusError(response.status, "STOW-RS", OF_THE_OBJECT.has(response.status));
}

/** What the Store Instances Response says of one instance (PS3.18 table 10.5.3-2). */
function outcomeOf(answer: unknown, sopUid: string): SendOutcome {
  const itemOf = (tag: string) => valuesOf(answer, tag).find((item) => valuesOf(item, "00081155")[0] === sopUid);
  const stored = itemOf("00081199");
  if (stored !== undefined) {
    const [warning] = valuesOf(stored, "00081196");
    return typeof warning === "number" ? { state: "stored", warning: statusText(warning) } : { state: "stored" };
  }
  const failed = itemOf("00081198");
  if (failed === undefined) return { state: "unreachable", reason: tell("notConfirmed") };
  const [reason] = valuesOf(failed, "00081197");
  const status = typeof reason === "number" ? reason : STATUS.processingFailure;
  if (status === STATUS.duplicateInstance)
    return { state: "stored", warning: tell("alreadyThere", { status: statusNumber(status) }) };
  return {
    state: refusesObject(status) ? "refused" : "unreachable",
    reason: tell("stowStatus", { status: statusText(status) }),
  };
}
