/**
 * @file What ends an association before its time. Inside `pacs` only; a caller sees a `FoveaError`.
 */

/** The peer sent what PS3.8 or PS3.7 does not allow; answered with A-ABORT. */
export class ProtocolFault extends Error {
  override readonly name = "ProtocolFault";
  /** Reason of the A-ABORT PDU (PS3.8 table 9-26). */
  readonly reason: AbortReason;

  constructor(message: string, reason: AbortReason = ABORT_REASON.invalidParameter) {
    super(message);
    this.reason = reason;
  }
}

/** The connection is gone: closed, broken, or aborted by the peer. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** The peer was silent or too slow. */
export class PeerTooSlow extends Error {
  override readonly name = "PeerTooSlow";
}

/** PS3.8 table 9-26, for an abort by the service provider. */
export const ABORT_REASON = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;
export type AbortReason = (typeof ABORT_REASON)[keyof typeof ABORT_REASON];
