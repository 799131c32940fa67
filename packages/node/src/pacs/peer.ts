/**
 * @file Another DICOM application, as `pacs/` talks to it: DIMSE or DICOMweb behind one interface.
 */
import type { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";

/** An object to send: a whole DICOM file (PS3.10), its bytes kept as they are. */
export interface OutgoingObject {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly transferSyntaxUid: string;
  readonly bytes: Uint8Array;
}

/** What became of one object. `refused`: because of what it is, so that it would be refused again. */
export type SendOutcome =
  | { readonly state: "stored"; readonly warning?: string }
  | { readonly state: "refused"; readonly reason: string }
  | { readonly state: "unreachable"; readonly reason: string };

export interface PacsPeer {
  readonly name: string;
  /** C-ECHO, or a request that answers. @throws {FoveaError} `peer_unreachable` */
  echo(signal?: AbortSignal): Promise<void>;
  send(objects: readonly OutgoingObject[], signal?: AbortSignal): Promise<SendOutcome[]>;
  /** Whether the peer has it; undefined where it cannot be asked. */
  has(
    object: {
      readonly studyUid: string;
      readonly seriesUid: string;
      readonly sopUid: string;
    },
    signal?: AbortSignal,
  ): Promise<boolean | undefined>;
  /** Instances of a study, as it counts them; undefined where it does not say. */
  count(studyUid: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Values by keyword of what matches, as they come; who stops early cancels the query. */
  find(
    level: "STUDY" | "SERIES" | "IMAGE",
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): AsyncIterable<Record<string, string>>;
  /**
   * C-GET or WADO-RS: each object as a file, its bytes as they came. A stream is over when the next one is asked for.
   * Throws at the end if not all of it came.
   */
  retrieve(
    what: {
      readonly studyUid: string;
      readonly seriesUid?: string;
      readonly sopUid?: string;
    },
    signal?: AbortSignal,
  ): AsyncIterable<Readable>;
}

/** Who takes what comes in by C-STORE. */
export interface InstanceSink {
  /**
   * Opens a place for one object. Bytes are those of the data set as they came, in their transfer syntax, without
   * preamble and file meta information.
   */
  open(incoming: IncomingObject): Promise<IncomingDraft>;
}

export interface IncomingObject {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly transferSyntaxUid: string;
  readonly callingAe: string;
}

export interface IncomingDraft {
  write(chunk: Uint8Array): Promise<void>;
  /** Durable from now on. Status is that of the C-STORE response (PS3.4 B.2.3): 0x0000, or why not. */
  commit(): Promise<{ readonly status: number }>;
  abandon(): Promise<void>;
}

/** What a peer that does not answer queries says: undefined. */
export async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof FoveaError && error.code === "peer_refused") return undefined;
    throw error;
  }
}
