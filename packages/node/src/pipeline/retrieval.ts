/**
 * @file The job "get this study from that PACS": its images come in as those do that a modality sends.
 */
import { FoveaError } from "@fovea/core/errors";
import { type Told, tell } from "@fovea/core/reasons/tell";
import type { DimsePeer } from "../pacs/dimse-peer";
import type { PacsPeer } from "../pacs/peer";
import type { Wanted } from "../pacs/query-client";
import type { AuditLog } from "../store/audit-log";
import type { Database } from "../store/database";
import type { RetrievalEnd, RetrievalRecord, Retrievals } from "../store/retrievals";
import type { Studies } from "../store/studies";
import { type Brought, fetchLeft, seriesLeft } from "./lacking-images";
import { reasonOf } from "./patience";
import { type Reception, STORE_STATUS } from "./reception";

/** Kind of these jobs in the queue. */
export const RETRIEVE = "retrieve";

/** Attempts after the first: with pauses of ten minutes a PACS may be away for a day. */
export const RETRIEVE_RETRIES = 150;

/** Content of such a job: which of the record's retrievals. */
export interface RetrieveJob {
  readonly retrievalId: string;
}

/** Content of a job of ours. */
export function retrieveJob({ retrievalId }: Readonly<Record<string, unknown>>): RetrieveJob {
  return { retrievalId: String(retrievalId) };
}

/** Whether a peer can be asked to send to somebody. */
function canMove(peer: PacsPeer): peer is DimsePeer {
  return "move" in peer;
}

export interface RetrievalOptions {
  readonly database: Database;
  readonly retrievals: Pick<Retrievals, "find" | "begin" | "wait" | "end">;
  readonly peers: ReadonlyMap<string, PacsPeer>;
  readonly reception: Pick<Reception, "receive">;
  readonly audit: Pick<AuditLog, "appendIn">;
  readonly studies: Pick<Studies, "filedSince">;
  /** By name: the AE title that a PACS is asked to send to, in place of being asked for the images. */
  readonly moveTo: ReadonlyMap<string, string>;
}

export class Retrieval {
  readonly #options: RetrievalOptions;

  constructor(options: RetrievalOptions) {
    this.#options = options;
  }

  /** What came already does no harm when it comes again (`lacking-images.ts`). @throws what makes the job come again */
  async run({ retrievalId }: RetrieveJob, signal: AbortSignal): Promise<void> {
    const { retrievals, peers, moveTo } = this.#options;
    const asked = await retrievals.begin(retrievalId);
    // Another job of the same retrieval was faster.
    if (asked === undefined) return;
    const peer = peers.get(asked.pacs);
    if (peer === undefined) return this.#end(asked, failure(tell("retrievalHasNoDestination")));
    const to = moveTo.get(asked.pacs);
    let counts: Brought;
    try {
      counts = await this.#fetch(peer, asked, signal, (wanted) =>
        to === undefined ? this.#get(peer, { ...wanted, actor: asked.actor }, signal) : move(peer, wanted, to, signal),
      );
      if (counts.failure !== undefined) throw counts.failure;
    } catch (error) {
      await retrievals.wait(retrievalId, reasonOf(error));
      throw error;
    }
    const { stored, refused } = counts;
    const reason = tell("objectsRefused", { refused, all: stored + refused });
    return this.#end(
      asked,
      refused === 0 ? { state: "complete", stored, refused } : { state: "partial", stored, refused, reason },
    );
  }

  /** A job whose attempts are used up. */
  async giveUp({ retrievalId }: RetrieveJob): Promise<void> {
    const asked = await this.#options.retrievals.find(retrievalId);
    if (asked === undefined) return;
    const { attempts, reason: last } = asked;
    const reason =
      last === undefined ? tell("retrievalGivenUp", { attempts }) : tell("retrievalGivenUpAtLast", { attempts, last });
    await this.#end(asked, failure(reason));
  }

  /** All of it at first; when it is tried again, what was not filed since it was asked for. */
  async #fetch(
    peer: PacsPeer,
    { studyUid, seriesUid, attempts, askedAt }: RetrievalRecord,
    signal: AbortSignal,
    bring: (wanted: Wanted) => Promise<Brought>,
  ): Promise<Brought> {
    if (attempts === 1) return bring({ studyUid, seriesUid });
    const filed = (series: string, sopUids: readonly string[]) =>
      this.#options.studies.filedSince(askedAt, { seriesUid: series, sopUids });
    const left = await seriesLeft(peer, { studyUid, seriesUid }, filed, signal);
    return left === undefined ? bring({ studyUid, seriesUid }) : fetchLeft(left, bring);
  }

  async #get(
    peer: PacsPeer,
    { actor, ...wanted }: Wanted & { readonly actor: string },
    signal: AbortSignal,
  ): Promise<Brought> {
    const counts = { stored: 0, refused: 0, lost: 0 };
    let failure: unknown;
    try {
      for await (const file of peer.retrieve(wanted, signal)) {
        signal.throwIfAborted();
        const { status } = await this.#options.reception.receive(file, { origin: "retrieve", actor });
        // No room at the moment: what the PACS has is not lost.
        if (status === STORE_STATUS.outOfResources) throw new FoveaError("busy", tell("noRoomForRetrieved"));
        if (status === STORE_STATUS.success) counts.stored++;
        else if (status === STORE_STATUS.processingFailure) counts.lost++;
        else counts.refused++;
      }
    } catch (error) {
      if (!(error instanceof FoveaError && error.code === "peer_refused")) throw error;
      failure = error;
    }
    // That we could not write an object says nothing of it; the others are here by then.
    if (counts.lost > 0) throw new FoveaError("write_failed", tell("retrievedNotKept", { lost: counts.lost }));
    return { stored: counts.stored, refused: counts.refused, ...(failure !== undefined && { failure }) };
  }

  async #end({ retrievalId, pacs, studyUid, seriesUid, actor }: RetrievalRecord, end: RetrievalEnd): Promise<void> {
    const { database, retrievals, audit } = this.#options;
    const { state, ...came } = end;
    const details = { pacs, ...(seriesUid !== undefined && { series: seriesUid }), ...came };
    const action = state === "failed" ? "pacs.fail" : "pacs.retrieved";
    await database.transaction(async (sql) => {
      if (!(await retrievals.end(retrievalId, end, sql))) return;
      await audit.appendIn(sql, [{ actor, action, subject: studyUid, details }]);
    });
  }
}

function failure(reason: Told): RetrievalEnd {
  return { state: "failed", stored: 0, refused: 0, reason };
}

/** Images come to our own receiver. */
async function move(peer: PacsPeer, wanted: Wanted, to: string, signal: AbortSignal): Promise<Brought> {
  if (!canMove(peer)) throw new Error("unreachable: the settings were checked");
  try {
    const { completed, failed, warning } = await peer.move(wanted, to, signal);
    const message = tell("notMoved", { failed, all: completed + failed + warning });
    const stored = completed + warning;
    return { stored, refused: 0, ...(failed > 0 && { failure: new FoveaError("peer_refused", message) }) };
  } catch (failure) {
    if (!(failure instanceof FoveaError && failure.code === "peer_refused")) throw failure;
    return { stored: 0, refused: 0, failure };
  }
}
