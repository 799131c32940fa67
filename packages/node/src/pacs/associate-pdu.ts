/**
 * @file A-ASSOCIATE-RQ and A-ASSOCIATE-AC (PS3.8 9.3.2 and 9.3.3, user information in PS3.8 annex D and PS3.7 annex D).
 */
import { PDU, PDU_HEADER } from "./pdu";
import { ABORT_REASON, ProtocolFault } from "./protocol-fault";

export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";

/** One service on offer: what it is about, and how data may be encoded. */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** PS3.8 table 9-18. */
export const CONTEXT_RESULT = { acceptance: 0, userRejection: 1, noReason: 2, abstractSyntax: 3, transferSyntaxes: 4 };

export interface ContextAnswer {
  readonly id: number;
  /** PS3.8 table 9-18; 0 is acceptance. */
  readonly result: number;
  readonly transferSyntax: string;
}

/** Who plays which part for a SOP class (PS3.7 D.3.3.4), seen from the requestor. */
export interface Role {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

interface Associate {
  readonly calledAe: string;
  readonly callingAe: string;
  readonly applicationContext: string;
  /** Largest variable field of P-DATA-TF that the sender takes; 0: any. */
  readonly maxPdu: number;
  readonly implementationClass: string;
  readonly implementationVersion: string;
  readonly roles: readonly Role[];
}

export interface AssociateRequest extends Associate {
  readonly protocolVersion: number;
  readonly contexts: readonly ProposedContext[];
}

export interface AssociateAccept extends Associate {
  readonly contexts: readonly ContextAnswer[];
}

/** Called title, calling title and reserved bytes before the items. */
const FIXED = 68;

function item(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

const text = (value: string) => Buffer.from(value, "latin1");

function title(ae: string): Buffer {
  return text(ae.slice(0, 16).padEnd(16, " "));
}

function role({ sopClass, scu, scp }: Role): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(sopClass.length);
  return item(0x54, length, text(sopClass), Buffer.from([scu ? 1 : 0, scp ? 1 : 0]));
}

function pdu(type: number, associate: Associate, contexts: readonly Buffer[]): Buffer {
  const maxPdu = Buffer.alloc(4);
  maxPdu.writeUInt32BE(associate.maxPdu);
  const user = item(
    0x50,
    item(0x51, maxPdu),
    item(0x52, text(associate.implementationClass)),
    ...associate.roles.map(role),
    item(0x55, text(associate.implementationVersion)),
  );
  const head = Buffer.alloc(PDU_HEADER + 4);
  head[0] = type;
  head[7] = 1;
  const titles = [title(associate.calledAe), title(associate.callingAe), Buffer.alloc(32)];
  const all = Buffer.concat([head, ...titles, item(0x10, text(associate.applicationContext)), ...contexts, user]);
  all.writeUInt32BE(all.length - PDU_HEADER, 2);
  return all;
}

/** The whole PDU, header included. */
export function encodeRequest(request: Omit<AssociateRequest, "protocolVersion" | "applicationContext">): Buffer {
  const contexts = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(
      0x20,
      Buffer.from([id, 0, 0, 0]),
      item(0x30, text(abstractSyntax)),
      ...transferSyntaxes.map((syntax) => item(0x40, text(syntax))),
    ),
  );
  return pdu(PDU.associateRequest, { ...request, applicationContext: APPLICATION_CONTEXT }, contexts);
}

/** The whole PDU, header included. */
export function encodeAccept(accept: Omit<AssociateAccept, "applicationContext">): Buffer {
  const contexts = accept.contexts.map(({ id, result, transferSyntax }) =>
    item(0x21, Buffer.from([id, 0, result, 0]), item(0x40, text(transferSyntax))),
  );
  return pdu(PDU.associateAccept, { ...accept, applicationContext: APPLICATION_CONTEXT }, contexts);
}

interface Item {
  readonly type: number;
  readonly body: Buffer;
}

/** @throws {ProtocolFault} if an item is longer than what holds it */
function items(bytes: Buffer): Item[] {
  const found: Item[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt16BE(at + 2) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new ProtocolFault("an item of the association is longer than what holds it");
    found.push({ type: bytes[at], body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return found;
}

/** A UID, with the padding that some put behind it although PS3.8 annex F has none. */
function uid(body: Buffer): string {
  const value = body.toString("latin1").replace(/[\0 ]+$/, "");
  if (value.length > 64 || !/^[0-9.]*$/.test(value)) throw new ProtocolFault("an item that is no UID");
  return value;
}

function ae(bytes: Buffer): string {
  // Printable characters alone: the title goes into logs.
  return bytes
    .toString("latin1")
    .replace(/[^ -~]/g, "?")
    .trim();
}

function userInformation(body: Buffer): Omit<Associate, "calledAe" | "callingAe" | "applicationContext"> {
  let maxPdu = 0;
  let implementationClass = "";
  let implementationVersion = "";
  const roles: Role[] = [];
  for (const { type, body: value } of items(body)) {
    if (type === 0x51) {
      if (value.length !== 4) throw new ProtocolFault("a maximum length that is not of four bytes");
      maxPdu = value.readUInt32BE(0);
    } else if (type === 0x52) implementationClass = uid(value);
    else if (type === 0x55) implementationVersion = ae(value);
    else if (type === 0x54) roles.push(readRole(value));
  }
  return { maxPdu, implementationClass, implementationVersion, roles };
}

function readRole(value: Buffer): Role {
  const length = value.length >= 4 ? value.readUInt16BE(0) : Number.POSITIVE_INFINITY;
  if (length + 4 > value.length) throw new ProtocolFault("a role selection that is cut short");
  const sopClass = uid(value.subarray(2, 2 + length));
  return { sopClass, scu: value[2 + length] === 1, scp: value[3 + length] === 1 };
}

function associate(body: Buffer): { common: Associate; contexts: Item[] } {
  if (body.length < FIXED) throw new ProtocolFault("an association PDU that is cut short");
  const found = items(body.subarray(FIXED));
  const application = found.find(({ type }) => type === 0x10);
  const user = found.find(({ type }) => type === 0x50);
  if (!application || !user) {
    throw new ProtocolFault("an association without application context or user information");
  }
  return {
    common: {
      calledAe: ae(body.subarray(4, 20)),
      callingAe: ae(body.subarray(20, 36)),
      applicationContext: uid(application.body),
      ...userInformation(user.body),
    },
    contexts: found.filter(({ type }) => type === 0x20 || type === 0x21),
  };
}

function contextId(body: Buffer, seen: Set<number>): number {
  if (body.length < 4) throw new ProtocolFault("a presentation context that is cut short");
  const id = body[0];
  if (id % 2 === 0 || seen.has(id)) throw new ProtocolFault(`presentation context ${id}: even, or there twice`);
  seen.add(id);
  return id;
}

/**
 * @param body bytes behind the header
 * @throws {ProtocolFault}
 */
export function decodeRequest(body: Buffer): AssociateRequest {
  const { common, contexts } = associate(body);
  const seen = new Set<number>();
  return {
    ...common,
    protocolVersion: body.readUInt16BE(0),
    contexts: contexts.map(({ type, body: context }) => {
      if (type !== 0x20) throw new ProtocolFault("an answer in a request", ABORT_REASON.unexpectedParameter);
      const id = contextId(context, seen);
      const parts = items(context.subarray(4));
      const abstract = parts.filter((part) => part.type === 0x30);
      if (abstract.length !== 1) throw new ProtocolFault(`presentation context ${id} has no single abstract syntax`);
      const transferSyntaxes = parts.filter((part) => part.type === 0x40).map((part) => uid(part.body));
      return { id, abstractSyntax: uid(abstract[0].body), transferSyntaxes };
    }),
  };
}

/**
 * @param body bytes behind the header
 * @throws {ProtocolFault}
 */
export function decodeAccept(body: Buffer): AssociateAccept {
  const { common, contexts } = associate(body);
  const seen = new Set<number>();
  return {
    ...common,
    contexts: contexts.map(({ type, body: context }) => {
      if (type !== 0x21) throw new ProtocolFault("a request in an answer", ABORT_REASON.unexpectedParameter);
      const id = contextId(context, seen);
      const syntax = items(context.subarray(4)).find((part) => part.type === 0x40);
      return { id, result: context[2], transferSyntax: syntax ? uid(syntax.body) : "" };
    }),
  };
}
