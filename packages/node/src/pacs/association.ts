/**
 * @file An open association: whole messages in, whole messages out (PS3.7 section 6, PS3.8 annex E).
 *
 * A data set is handed over fragment by fragment as it comes, and is never whole in memory here.
 */
import { type CommandSet, decodeCommand, encodeCommand, hasDataSet } from "./command-set";
import type { Connection } from "./connection";
import {
  abort,
  dataHeader,
  MAX_PDU,
  PDU,
  PDU_HEADER,
  PDV_HEADER,
  readPduHeader,
  releaseRequest,
  releaseResponse,
} from "./pdu";
import { ABORT_REASON, type AbortReason, ConnectionLost, ProtocolFault } from "./protocol-fault";

/** A presentation context that both sides have agreed on. */
export interface AgreedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

export interface Parties {
  readonly callingAe: string;
  readonly calledAe: string;
  /** Largest variable field of P-DATA-TF that the other side takes; 0: any. */
  readonly maxPdu: number;
  readonly contexts: readonly AgreedContext[];
}

/** A message's command; where `hasData`, its data set is to be read before the next message. */
export interface Message {
  readonly context: AgreedContext;
  readonly command: CommandSet;
  readonly hasData: boolean;
}

export interface AssociationTimes {
  /** From one message to the next. */
  readonly idleMs: number;
  /** Waiting for the bytes of one PDU, from its first on. */
  readonly pduMs: number;
}

/** Longest command set: theirs have some hundred bytes. */
const MAX_COMMAND = 16 * 1024;
/** Bytes of one fragment at least; a peer that takes less wants us to send headers. */
const MIN_FRAGMENT = 256;

/** What is copied rather than written in two pieces. */
const SMALL = 2048;

interface Fragment {
  readonly context: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  left: number;
}

const NOTHING: Fragment = { context: 0, isCommand: true, isLast: true, left: 0 };

export class Association {
  readonly callingAe: string;
  readonly calledAe: string;
  readonly contexts: ReadonlyMap<number, AgreedContext>;
  readonly #connection: Connection;
  readonly #times: AssociationTimes;
  readonly #maxFragment: number;
  /** Bytes of the PDU under way that no fragment has claimed. */
  #pduLeft = 0;
  #fragment: Fragment = NOTHING;
  #dataOf?: AgreedContext;
  #nextMessageId = 1;

  /** @throws {ProtocolFault} if the other side takes only tiny PDUs */
  constructor(connection: Connection, { callingAe, calledAe, maxPdu, contexts }: Parties, times: AssociationTimes) {
    this.#connection = connection;
    this.#times = times;
    this.callingAe = callingAe;
    this.calledAe = calledAe;
    this.contexts = new Map(contexts.map((context) => [context.id, context]));
    this.#maxFragment = Math.min(maxPdu === 0 ? MAX_PDU : maxPdu, MAX_PDU) - PDV_HEADER;
    if (this.#maxFragment < MIN_FRAGMENT) throw new ProtocolFault(`a maximum length of ${maxPdu} bytes`);
  }

  /** A number for the next request, 1 to 65535. */
  messageId(): number {
    const id = this.#nextMessageId;
    this.#nextMessageId = id === 0xffff ? 1 : id + 1;
    return id;
  }

  /** Until the first byte of the next message, or of a release, is here. @throws {ConnectionLost} @throws {PeerTooSlow} */
  async waiting(): Promise<void> {
    if (this.#pduLeft > 0) return;
    this.#connection.allow(this.#times.idleMs);
    await this.#connection.readable();
  }

  /**
   * The next message's command, or that the peer wants to end the association.
   *
   * @throws {ProtocolFault}
   * @throws {ConnectionLost} also where the peer aborts
   * @throws {PeerTooSlow}
   */
  async next(): Promise<Message | "release"> {
    if (this.#dataOf) throw new Error("unreachable: the data set of the last message was not read");
    await this.waiting();
    let fragment = await this.#nextFragment();
    if (fragment === "release") return "release";
    const context = this.contexts.get(fragment.context);
    if (!context || !fragment.isCommand) {
      throw new ProtocolFault("a message in no agreed context, or without command", ABORT_REASON.unexpectedPdu);
    }
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      size += fragment.left;
      if (size > MAX_COMMAND) throw new ProtocolFault(`a command set of more than ${MAX_COMMAND} bytes`);
      parts.push(await this.#connection.exactly(fragment.left));
      fragment.left = 0;
      if (fragment.isLast) break;
      fragment = await this.#following(context, true);
    }
    const command = decodeCommand(Buffer.concat(parts));
    const hasData = hasDataSet(command);
    if (hasData) this.#dataOf = context;
    return { context, command, hasData };
  }

  /** The next piece of the data set, a view; undefined behind the last. @throws as `next` */
  async data(): Promise<Buffer | undefined> {
    for (;;) {
      const context = this.#dataOf;
      if (!context) return undefined;
      if (this.#fragment.left > 0) {
        const piece = await this.#connection.some(this.#fragment.left);
        this.#fragment.left -= piece.length;
        return piece;
      }
      if (!this.#fragment.isCommand && this.#fragment.isLast) {
        this.#fragment = NOTHING;
        this.#dataOf = undefined;
        return undefined;
      }
      await this.#following(context, false);
    }
  }

  /** A data set that is small, whole. @throws {ProtocolFault} if it has more than `limit` bytes */
  async wholeData(limit: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    for (let piece = await this.data(); piece; piece = await this.data()) {
      size += piece.length;
      if (size > limit) throw new ProtocolFault(`a data set of more than ${limit} bytes`);
      parts.push(piece);
    }
    return Buffer.concat(parts, size);
  }

  /** Reads what is left of the data set and forgets it. */
  async skipData(): Promise<void> {
    while (await this.data());
  }

  /** Writes a message. @throws {ConnectionLost} @throws {PeerTooSlow} */
  async send(context: AgreedContext, command: CommandSet, data?: Uint8Array): Promise<void> {
    await this.#write(context.id, true, encodeCommand(command, data !== undefined));
    if (data) await this.#write(context.id, false, data);
  }

  /** Answers a release. */
  async released(): Promise<void> {
    await this.#connection.write([releaseResponse()]);
    this.#connection.close();
  }

  /** Ends the association in good order; waits some seconds for the answer. */
  async release(): Promise<void> {
    try {
      await this.#connection.write([releaseRequest()]);
      this.#connection.allow(5000);
      for (;;) {
        const { type, length } = readPduHeader(await this.#connection.exactly(PDU_HEADER));
        await this.#connection.exactly(length);
        if (type === PDU.releaseRequest) await this.#connection.write([releaseResponse()]);
        if (type === PDU.releaseResponse || type === PDU.abort) break;
      }
    } catch {
      // Everything was answered before: how the peer leaves does not matter.
    } finally {
      this.#connection.close();
    }
  }

  /** A-ABORT by us as the user of the service, or, with a reason, as its provider (PS3.8 9.3.8). */
  abort(reason?: AbortReason): void {
    const pdu = reason === undefined ? abort(0, 0) : abort(2, reason);
    this.#connection.write([pdu], 2000).catch(() => {});
    this.#connection.close();
  }

  async #write(context: number, isCommand: boolean, bytes: Uint8Array): Promise<void> {
    let at = 0;
    do {
      const end = Math.min(at + this.#maxFragment, bytes.length);
      const header = dataHeader(context, isCommand, end === bytes.length, end - at);
      const part = bytes.subarray(at, end);
      // A response is one small piece: one packet, and one call of the system.
      await this.#connection.write(part.length < SMALL ? [Buffer.concat([header, part])] : [header, part]);
      at = end;
    } while (at < bytes.length);
  }

  /** The next fragment of a message that has begun. */
  async #following(context: AgreedContext, isCommand: boolean): Promise<Fragment> {
    const fragment = await this.#nextFragment();
    if (fragment === "release" || fragment.context !== context.id || fragment.isCommand !== isCommand) {
      throw new ProtocolFault("something else within a message", ABORT_REASON.unexpectedPdu);
    }
    return fragment;
  }

  async #nextFragment(): Promise<Fragment | "release"> {
    const connection = this.#connection;
    while (this.#pduLeft === 0) {
      connection.allow(this.#times.pduMs);
      const { type, length } = readPduHeader(await connection.exactly(PDU_HEADER));
      if (type === PDU.data) this.#pduLeft = length;
      else {
        const body = await connection.exactly(type >= PDU.releaseRequest ? length : 0);
        if (type === PDU.releaseRequest) return "release";
        if (type === PDU.abort) throw new ConnectionLost(`the peer aborted (source ${body[2]}, reason ${body[3]})`);
        throw new ProtocolFault(`a PDU of type ${type} on an open association`, ABORT_REASON.unexpectedPdu);
      }
    }
    if (this.#pduLeft < PDV_HEADER) throw new ProtocolFault("a fragment that is cut short");
    const head = await connection.exactly(PDV_HEADER);
    const length = head.readUInt32BE(0);
    this.#pduLeft -= length + 4;
    if (length < 2 || this.#pduLeft < 0) throw new ProtocolFault("a fragment longer than its PDU");
    this.#fragment = {
      context: head[4],
      isCommand: (head[5] & 1) === 1,
      isLast: (head[5] & 2) === 2,
      left: length - 2,
    };
    return this.#fragment;
  }
}
