/**
 * @file What a client writes in one association, as bytes: honest ones, and damaged ones made from a seed.
 */
import { connect } from "node:net";
import { encodeRequest } from "@fovea/node/pacs/associate-pdu";
import { COMMAND, type CommandSet, encodeCommand } from "@fovea/node/pacs/command-set";
import { dataHeader, releaseRequest } from "@fovea/node/pacs/pdu";
import { type Mutation, mutated } from "../../../core/test/damage";
import { CT_CLASS } from "./memory-sink";

const VERIFICATION = "1.2.840.10008.1.1";
const EXPLICIT = "1.2.840.10008.1.2.1";
export const ECHO_CONTEXT = 1;
export const CT_CONTEXT = 3;

export function associateRequest(callingAe = "TESTER", contexts = 2): Buffer {
  const wanted = [
    { id: ECHO_CONTEXT, abstractSyntax: VERIFICATION, transferSyntaxes: [EXPLICIT, "1.2.840.10008.1.2"] },
    { id: CT_CONTEXT, abstractSyntax: CT_CLASS, transferSyntaxes: [EXPLICIT] },
  ];
  return encodeRequest({
    ...{ calledAe: "FOVEA", callingAe, maxPdu: 16384, implementationClass: "1.2.3", implementationVersion: "TEST" },
    roles: [],
    contexts: wanted.slice(0, contexts),
  });
}

/** A message in fragments of `size` bytes, each in a PDU of its own. */
export function message(context: number, command: CommandSet, data?: Uint8Array, size = 16_000): Buffer {
  const set = encodeCommand(command, data !== undefined);
  const parts: Uint8Array[] = [dataHeader(context, true, true, set.length), set];
  for (let at = 0; data && at < data.length; at += size) {
    const piece = data.subarray(at, at + size);
    parts.push(dataHeader(context, false, at + size >= data.length, piece.length), piece);
  }
  return Buffer.concat(parts);
}

export function echoMessage(id = 1): Buffer {
  return message(ECHO_CONTEXT, { AffectedSOPClassUID: VERIFICATION, CommandField: COMMAND.echoRequest, MessageID: id });
}

export function storeMessage(sopUid: string, data: Uint8Array, id = 2, size?: number): Buffer {
  const command = {
    AffectedSOPClassUID: CT_CLASS,
    CommandField: COMMAND.storeRequest,
    MessageID: id,
    Priority: 0,
    AffectedSOPInstanceUID: sopUid,
  };
  return message(CT_CONTEXT, command, data, size);
}

/** An echo, two images, a release. */
export function conversation(bytes = 3000): Buffer {
  const data = Buffer.alloc(bytes, 7);
  return Buffer.concat([
    associateRequest(),
    echoMessage(1),
    storeMessage("1.2.3.4", data, 2, 1000),
    storeMessage("1.2.3.5", data.subarray(0, 500), 3),
    releaseRequest(),
  ]);
}

/** The conversation, damaged; mutation `index` of a seed is always the same. */
export function damagedConversation(seed: number, index: number): { bytes: Uint8Array; what: Mutation | "lengths" } {
  const honest = conversation();
  if (index % 4 !== 0) return mutated(honest, seed, index);
  // Lengths are what a parser trusts: one in four damages a length of some PDU or item.
  const bytes = Buffer.from(honest);
  const places = lengthPlaces(bytes);
  const at = places[(Math.imul(index + seed, 0x9e3779b1) >>> 0) % places.length];
  const values = [0xffffffff, 0x7fffffff, 0, 1, 0x00100000, 5, 0x80000000, 65_535];
  bytes.writeUInt32BE(values[(index >> 2) % values.length], at);
  return { bytes, what: "lengths" };
}

/** Offsets of the lengths of PDUs and of their first fragments. */
function lengthPlaces(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at + 6 <= bytes.length; at += 6 + bytes.readUInt32BE(at + 2)) {
    places.push(at + 2);
    if (bytes[at] === 4) places.push(at + 6);
  }
  return places;
}

/**
 * Writes bytes to a port and waits for the end.
 *
 * @returns all that was answered, or undefined if the connection was still open after `timeoutMs`
 */
export function spoken(port: number, bytes: Uint8Array, timeoutMs = 10_000, end = false): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const answers: Buffer[] = [];
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(undefined);
    }, timeoutMs);
    socket.on("data", (chunk) => answers.push(chunk));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(answers));
    });
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}
