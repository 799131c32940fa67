/**
 * @file The job "get this study from that PACS": its images come in as those do that a modality sends.
 */
import { FoveaError } from "@fovea/core/errors";
import type { DimsePeer } from "../pacs/dimse-peer";
import type { PacsPeer } from "../pacs/peer";
import type { AuditLog } from "../store/audit-log";
import { type Reception, STORE_STATUS } from "./reception";

/** Kind of these jobs in the queue. */
export const RETRIEVE = "retrieve";

export interface RetrieveJob {
  readonly pacs: string;
  readonly studyUid: string;
  readonly seriesUid?: string;
  /** Who asked. */
  readonly actor: string;
}

/** One job at a time waits for the same images. */
export function retrieveKey({ pacs, studyUid, seriesUid = "" }: RetrieveJob): string {
  return `${pacs}/${studyUid}/${seriesUid}`;
}

/** Content of a job of ours. */
export function retrieveJob(content: Readonly<Record<string, unknown>>): RetrieveJob {
  const { pacs, studyUid, seriesUid, actor } = content;
  if (typeof pacs !== "string" || typeof studyUid !== "string") throw new Error("unreachable: no job of ours");
  return { pacs, studyUid, actor: String(actor), ...(typeof seriesUid === "string" && { seriesUid }) };
}

/** Whether a peer can be asked to send to somebody. */
export function canMove(peer: PacsPeer): peer is DimsePeer {
  return "move" in peer;
}

export interface RetrievalOptions {
  readonly peers: ReadonlyMap<string, PacsPeer>;
  readonly reception: Pick<Reception, "receive">;
  readonly audit: Pick<AuditLog, "append">;
  /** By name: the AE title that a PACS is asked to send to, in place of being asked for the images. */
  readonly moveTo: ReadonlyMap<string, string>;
}

export class Retrieval {
  readonly #options: RetrievalOptions;

  constructor(options: RetrievalOptions) {
    this.#options = options;
  }

  /** What came already does no harm when it comes again. @throws what makes the job come again */
  async run(job: RetrieveJob, signal: AbortSignal): Promise<void> {
    const { peers, moveTo } = this.#options;
    const peer = peers.get(job.pacs);
    // Taken out of the settings meanwhile.
    if (peer === undefined) return this.#note(job, "pacs.fail", { reason: "no such destination any more" });
    const to = moveTo.get(job.pacs);
    const counts = to === undefined ? await this.#get(peer, job, signal) : await move(peer, job, to, signal);
    await this.#note(job, "pacs.retrieved", counts);
  }

  /** A job whose attempts are used up. */
  giveUp(job: RetrieveJob): Promise<void> {
    return this.#note(job, "pacs.fail", { reason: "tried many times, and not everything came" });
  }

  async #get(peer: PacsPeer, { studyUid, seriesUid, actor }: RetrieveJob, signal: AbortSignal) {
    const counts = { stored: 0, refused: 0 };
    for await (const file of peer.retrieve({ studyUid, seriesUid }, signal)) {
      signal.throwIfAborted();
      const { status } = await this.#options.reception.receive(file, { origin: "retrieve", actor });
      // No room at the moment: what the PACS has is not lost.
      if (status === STORE_STATUS.outOfResources) throw new FoveaError("busy", "no room for retrieved images");
      counts[status === STORE_STATUS.success ? "stored" : "refused"]++;
    }
    return counts;
  }

  #note({ pacs, studyUid, seriesUid, actor }: RetrieveJob, action: string, more: Readonly<Record<string, unknown>>) {
    const details = { pacs, ...(seriesUid !== undefined && { series: seriesUid }), ...more };
    return this.#options.audit.append({ actor, action, subject: studyUid, details });
  }
}

/** Images come to our own receiver. @throws {FoveaError} `peer_refused` if not all were sent */
async function move(peer: PacsPeer, { studyUid, seriesUid }: RetrieveJob, to: string, signal: AbortSignal) {
  if (!canMove(peer)) throw new Error("unreachable: the settings were checked");
  const { completed, failed, warning } = await peer.move({ studyUid, seriesUid }, to, signal);
  if (failed > 0)
    throw new FoveaError("peer_refused", `C-MOVE: ${failed} of ${completed + failed + warning} did not come`);
  return { stored: completed + warning, refused: 0 };
}
