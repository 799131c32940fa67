/**
 * @file The acceptor's side of opening an association (PS3.8 7.1 and 9.2).
 */
import { IMPLEMENTATION_CLASS, IMPLEMENTATION_VERSION } from "../dicom/implementation";
import {
  APPLICATION_CONTEXT,
  type AssociateRequest,
  CONTEXT_RESULT,
  type ContextAnswer,
  decodeRequest,
  encodeAccept,
  type Role,
} from "./associate-pdu";
import { type AgreedContext, Association, type AssociationTimes } from "./association";
import type { Connection } from "./connection";
import { associateReject, MAX_PDU, PDU, PDU_HEADER, type Rejection, readPduHeader } from "./pdu";
import { ABORT_REASON, ProtocolFault } from "./protocol-fault";

/** What an acceptor offers. */
export interface AcceptPolicy {
  /** Whether this caller may come in now; a rejection if not. */
  admit(request: AssociateRequest): Rejection | undefined;
  /** Whether the service is offered at all. */
  offers(abstractSyntax: string): boolean;
  /** Of what is offered for it, what is taken. */
  choose(transferSyntaxes: readonly string[], abstractSyntax: string): string | undefined;
  /** Roles that the requestor asks for and may have. @default none but the usual */
  readonly roles?: (asked: readonly Role[]) => Role[];
}

/** PS3.8 table 9-21. */
export const REJECTION = {
  applicationContext: { result: 1, source: 1, reason: 2 },
  callingAe: { result: 1, source: 1, reason: 3 },
  calledAe: { result: 1, source: 1, reason: 7 },
  protocolVersion: { result: 1, source: 2, reason: 2 },
  /** Transient: local limit exceeded. */
  limit: { result: 2, source: 3, reason: 2 },
  /** Transient: temporary congestion. */
  congestion: { result: 2, source: 3, reason: 1 },
} as const satisfies Readonly<Record<string, Rejection>>;

function answers(request: AssociateRequest, policy: AcceptPolicy): ContextAnswer[] {
  return request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    // The syntax of a context that is not accepted says nothing, but has to be there (PS3.8 9.3.3.2).
    const refused = transferSyntaxes[0] ?? "";
    if (!policy.offers(abstractSyntax)) {
      return { id, result: CONTEXT_RESULT.abstractSyntax, transferSyntax: refused };
    }
    const chosen = policy.choose(transferSyntaxes, abstractSyntax);
    return chosen === undefined
      ? { id, result: CONTEXT_RESULT.transferSyntaxes, transferSyntax: refused }
      : { id, result: CONTEXT_RESULT.acceptance, transferSyntax: chosen };
  });
}

function rejectionOf(request: AssociateRequest, policy: AcceptPolicy): Rejection | undefined {
  if ((request.protocolVersion & 1) === 0) return REJECTION.protocolVersion;
  if (request.applicationContext !== APPLICATION_CONTEXT) return REJECTION.applicationContext;
  return policy.admit(request);
}

/**
 * Reads a request within `artimMs` and answers it.
 *
 * @returns the association, or why it was rejected
 * @throws {ProtocolFault}
 * @throws {ConnectionLost}
 * @throws {PeerTooSlow}
 */
export async function acceptAssociation(
  connection: Connection,
  policy: AcceptPolicy,
  { artimMs, ...times }: AssociationTimes & { readonly artimMs: number },
): Promise<Association | { readonly rejected: Rejection; readonly callingAe: string }> {
  connection.allow(artimMs);
  const { type, length } = readPduHeader(await connection.exactly(PDU_HEADER));
  if (type !== PDU.associateRequest) {
    throw new ProtocolFault(`a PDU of type ${type} before an association`, ABORT_REASON.unexpectedPdu);
  }
  const request = decodeRequest(await connection.exactly(length));
  const rejected = rejectionOf(request, policy);
  if (rejected) {
    await connection.write([associateReject(rejected)]);
    return { rejected, callingAe: request.callingAe };
  }
  const contexts = answers(request, policy);
  const agreed = contexts.flatMap(({ id, result, transferSyntax }): AgreedContext[] => {
    const abstractSyntax = request.contexts.find((context) => context.id === id)?.abstractSyntax ?? "";
    return result === CONTEXT_RESULT.acceptance ? [{ id, abstractSyntax, transferSyntax }] : [];
  });
  const association = new Association(connection, { ...request, contexts: agreed }, times);
  const accept = encodeAccept({
    calledAe: request.calledAe,
    callingAe: request.callingAe,
    maxPdu: MAX_PDU,
    implementationClass: IMPLEMENTATION_CLASS,
    implementationVersion: IMPLEMENTATION_VERSION,
    roles: policy.roles?.(request.roles) ?? [],
    contexts,
  });
  await connection.write([accept]);
  return association;
}
