/**
 * @file An object that was acknowledged and is not in the record yet: a file of `incoming`, and the note that lies with it.
 */
import type { Origin, ReceivedInstance } from "../store/record";
import type { InstanceHead } from "./instance-head";

/** Kept with the file, encrypted: all that a restart must know. */
export interface ReceiptNote {
  readonly instance: InstanceHead;
  readonly origin: Origin;
  readonly callingAe?: string;
  /** As the audit names who brought it. */
  readonly actor: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  /** Made by this software: kept, never analysed. */
  readonly ownResult?: true;
}

export interface Receipt {
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly note: ReceiptNote;
}

/** The instance of a receipt, once its file has the key `blob`. */
export function receivedInstance({ note, bytes, sha256 }: Receipt, blob: string): ReceivedInstance {
  const { instance, origin, callingAe } = note;
  return { ...instance, origin, ...(callingAe !== undefined && { callingAe }), bytes, sha256, blob };
}
