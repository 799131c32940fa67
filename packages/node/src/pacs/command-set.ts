/**
 * @file Command sets of DIMSE messages: group 0000, Implicit VR Little Endian (PS3.7 section 9.3 and annex E).
 */
import { ProtocolFault } from "./protocol-fault";

/** Element number in group 0000 and kind of value (PS3.7 table E.1-1), by keyword. */
const ELEMENTS = {
  AffectedSOPClassUID: [0x0002, "UI"],
  RequestedSOPClassUID: [0x0003, "UI"],
  CommandField: [0x0100, "US"],
  MessageID: [0x0110, "US"],
  MessageIDBeingRespondedTo: [0x0120, "US"],
  MoveDestination: [0x0600, "AE"],
  Priority: [0x0700, "US"],
  CommandDataSetType: [0x0800, "US"],
  Status: [0x0900, "US"],
  ErrorComment: [0x0902, "LO"],
  AffectedSOPInstanceUID: [0x1000, "UI"],
  RequestedSOPInstanceUID: [0x1001, "UI"],
  NumberOfRemainingSuboperations: [0x1020, "US"],
  NumberOfCompletedSuboperations: [0x1021, "US"],
  NumberOfFailedSuboperations: [0x1022, "US"],
  NumberOfWarningSuboperations: [0x1023, "US"],
  MoveOriginatorApplicationEntityTitle: [0x1030, "AE"],
  MoveOriginatorMessageID: [0x1031, "US"],
} as const satisfies Readonly<Record<string, readonly [element: number, vr: "UI" | "US" | "AE" | "LO"]>>;

type Keyword = keyof typeof ELEMENTS;
type Value<K extends Keyword> = (typeof ELEMENTS)[K][1] extends "US" ? number : string;

/** A command by keyword. `CommandDataSetType` is written from whether a data set follows. */
export type CommandSet = { readonly [K in Keyword]?: Value<K> };

/** PS3.7 table E.1-1, CommandField. A response is the request with the highest bit set. */
export const COMMAND = {
  storeRequest: 0x0001,
  storeResponse: 0x8001,
  getRequest: 0x0010,
  getResponse: 0x8010,
  findRequest: 0x0020,
  findResponse: 0x8020,
  moveRequest: 0x0021,
  moveResponse: 0x8021,
  echoRequest: 0x0030,
  echoResponse: 0x8030,
  cancelRequest: 0x0fff,
} as const;

const NO_DATA_SET = 0x0101;
const HAS_DATA_SET = 0x0001;

const BY_ELEMENT = new Map<number, readonly [Keyword, string]>(
  Object.entries(ELEMENTS).map(([keyword, [element, vr]]) => [element, [keyword as Keyword, vr]]),
);

function element(number: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

function encodeValue(vr: string, value: string | number): Buffer {
  if (typeof value === "number") {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  }
  const padding = value.length % 2 === 0 ? "" : vr === "UI" ? "\0" : " ";
  return Buffer.from(value + padding, "latin1");
}

/** The whole command group, its length first, in the order of tags. */
export function encodeCommand(command: CommandSet, hasDataSet: boolean): Buffer {
  const whole: CommandSet = { ...command, CommandDataSetType: hasDataSet ? HAS_DATA_SET : NO_DATA_SET };
  const parts = Object.entries(ELEMENTS).flatMap(([keyword, [number, vr]]) => {
    const value = whole[keyword as Keyword];
    return value === undefined ? [] : [element(number, encodeValue(vr, value))];
  });
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([element(0x0000, length), body]);
}

/** @throws {ProtocolFault} on elements outside of group 0000, or longer than the command */
export function decodeCommand(bytes: Buffer): CommandSet {
  const command: Partial<Record<Keyword, string | number>> = {};
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length || bytes.readUInt16LE(at) !== 0)
      throw new ProtocolFault("a command set with a strange tag");
    const known = BY_ELEMENT.get(bytes.readUInt16LE(at + 2));
    const start = at + 8;
    at = start + bytes.readUInt32LE(at + 4);
    if (at > bytes.length) throw new ProtocolFault("an element longer than its command set");
    if (!known) continue;
    const [keyword, vr] = known;
    const value = bytes.subarray(start, at);
    if (vr !== "US") command[keyword] = value.toString("latin1").replace(/[\0 ]+$/, "");
    else if (value.length >= 2) command[keyword] = value.readUInt16LE(0);
  }
  if (command.CommandField === undefined) throw new ProtocolFault("a command set without CommandField");
  return command as CommandSet;
}

/** Whether a data set follows. */
export function hasDataSet(command: CommandSet): boolean {
  return command.CommandDataSetType !== undefined && command.CommandDataSetType !== NO_DATA_SET;
}
