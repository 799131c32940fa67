/**
 * @file One object on its way into the sink: what the sink throws becomes a status, and the sender can be heard out.
 */
import { FoveaError } from "@fovea/core/errors";
import type { IncomingDraft, IncomingObject, InstanceSink } from "./peer";
import { STATUS } from "./status";

/** What became of an object. */
export interface Taken {
  /** Of the C-STORE response (PS3.4 B.2.3); 0 is success. */
  readonly status: number;
  /** Of its data set. */
  readonly bytes: number;
  /** What the sink threw. */
  readonly failure?: unknown;
}

/** Takes the data set of one object. After a failure of the sink, or beyond the limit, what is written is counted and dropped. */
export class Taking {
  readonly #maxBytes: number;
  #draft?: IncomingDraft;
  #bytes = 0;
  #failed?: { readonly status: number; readonly failure?: unknown };

  private constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  static async begin(sink: InstanceSink, incoming: IncomingObject, maxBytes: number): Promise<Taking> {
    const taking = new Taking(maxBytes);
    try {
      taking.#draft = await sink.open(incoming);
    } catch (error) {
      taking.#failed = { status: statusOfFailure(error), failure: error };
    }
    return taking;
  }

  /** Bytes so far, dropped ones included. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.length;
    if (this.#failed) return;
    if (this.#bytes > this.#maxBytes) return this.#fail(STATUS.outOfResources);
    try {
      await this.#draft?.write(piece);
    } catch (error) {
      await this.#fail(statusOfFailure(error), error);
    }
  }

  /** All bytes are here. */
  async commit(): Promise<Taken> {
    if (!this.#failed) {
      try {
        const status = (await this.#draft?.commit())?.status ?? STATUS.processingFailure;
        return { status, bytes: this.#bytes };
      } catch (error) {
        await this.#fail(statusOfFailure(error), error);
      }
    }
    return { status: STATUS.processingFailure, ...this.#failed, bytes: this.#bytes };
  }

  /** The sender is gone, or broke the rules. */
  async abandon(): Promise<void> {
    if (!this.#failed) await this.#fail(STATUS.processingFailure);
  }

  async #fail(status: number, failure?: unknown): Promise<void> {
    this.#failed = { status, failure };
    await this.#draft?.abandon().catch(() => {});
  }
}

function statusOfFailure(error: unknown): number {
  const code = error instanceof FoveaError ? error.code : (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "invalid_dicom") return STATUS.cannotUnderstand;
  return code === "disk_full" || code === "ENOSPC" || code === "busy"
    ? STATUS.outOfResources
    : STATUS.processingFailure;
}
