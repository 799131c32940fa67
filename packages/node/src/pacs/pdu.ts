/**
 * @file Protocol data units but for those that open an association (PS3.8 9.3). All integers are big-endian.
 */
import { ABORT_REASON, ProtocolFault } from "./protocol-fault";

export const PDU = {
  associateRequest: 1,
  associateAccept: 2,
  associateReject: 3,
  data: 4,
  releaseRequest: 5,
  releaseResponse: 6,
  abort: 7,
} as const;

/** Type, a reserved byte, length. */
export const PDU_HEADER = 6;
/** Length, context, control byte: what stands before the bytes of a fragment. */
export const PDV_HEADER = 6;

/** Variable field of P-DATA-TF that we say we take, and the most that we send (PS3.8 D.1). */
export const MAX_PDU = 131_072;
/** 128 contexts with some sixty transfer syntaxes each come to 250 KB. */
const MAX_ASSOCIATE_PDU = 512 * 1024;

/** PS3.8 table 9-21: result, source, reason. */
export interface Rejection {
  readonly result: 1 | 2;
  readonly source: 1 | 2 | 3;
  readonly reason: number;
}

export interface PduHeader {
  readonly type: number;
  /** Bytes behind the header. */
  readonly length: number;
}

/**
 * @param maxData limit of P-DATA-TF
 * @throws {ProtocolFault} on a type that PS3.8 does not have, or a length that it does not allow
 */
export function readPduHeader(bytes: Uint8Array, maxData = MAX_PDU): PduHeader {
  const type = bytes[0];
  const length = ((bytes[2] << 24) | (bytes[3] << 16) | (bytes[4] << 8) | bytes[5]) >>> 0;
  if (type < PDU.associateRequest || type > PDU.abort) {
    throw new ProtocolFault(`no PDU has type ${type}`, ABORT_REASON.unrecognizedPdu);
  }
  const fixed = type === PDU.associateReject || type > PDU.data;
  if (fixed ? length !== 4 : length > (type === PDU.data ? maxData : MAX_ASSOCIATE_PDU)) {
    throw new ProtocolFault(`a PDU of type ${type} with ${length} bytes`);
  }
  return { type, length };
}

function small(type: number, ...body: readonly [number, number, number, number]): Buffer {
  return Buffer.from([type, 0, 0, 0, 0, 4, ...body]);
}

/** PS3.8 9.3.4 */
export function associateReject({ result, source, reason }: Rejection): Buffer {
  return small(PDU.associateReject, 0, result, source, reason);
}

/** PS3.8 9.3.6 */
export function releaseRequest(): Buffer {
  return small(PDU.releaseRequest, 0, 0, 0, 0);
}

/** PS3.8 9.3.7 */
export function releaseResponse(): Buffer {
  return small(PDU.releaseResponse, 0, 0, 0, 0);
}

/** PS3.8 9.3.8; source 0 is the service user, 2 the provider. */
export function abort(source: 0 | 2, reason: number): Buffer {
  return small(PDU.abort, 0, 0, source, reason);
}

/** Headers of a P-DATA-TF PDU with one fragment of `length` bytes, which follow (PS3.8 9.3.5, annex E.2). */
export function dataHeader(context: number, isCommand: boolean, isLast: boolean, length: number): Buffer {
  const header = Buffer.alloc(PDU_HEADER + PDV_HEADER);
  header[0] = PDU.data;
  header.writeUInt32BE(length + PDV_HEADER, 2);
  header.writeUInt32BE(length + 2, 6);
  header[10] = context;
  header[11] = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return header;
}
