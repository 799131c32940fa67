/**
 * @file The head of a DICOM file (PS3.10 section 7.1): preamble, prefix, file meta information.
 */
import { FoveaError } from "@fovea/core/errors";
import { VERSION } from "../version";

/** What the file meta information says of an object. */
export interface FileMeta {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly transferSyntaxUid: string;
}

/** Of this software as a writer of files; the one of `write-dicom.ts`. */
const IMPLEMENTATION_CLASS = "2.25.60834107981260725889052370538735596502";
const PREAMBLE_BYTES = 128;
/** Preamble, prefix, and the element that holds the length of the rest. */
const GROUP_START = PREAMBLE_BYTES + 4 + 12;
/** Of file meta information; more is a mistake or an attack. */
const MAX_META_BYTES = 65536;
const LONG_VRS = new Set(["OB", "OW", "UN", "SQ", "UT", "OF", "OD", "OL", "UC", "UR"]);

/**
 * All that stands before the data set.
 *
 * The same object gives the same bytes whoever sends it, however often: nothing of the sender or of the hour is in it.
 */
export function encodeFileHead({ sopClassUid, sopUid, transferSyntaxUid }: FileMeta): Uint8Array {
  const elements = Buffer.concat([
    // Version, the bits 0 1 (PS3.10 table 7.1-1).
    long(0x0001, "OB", Buffer.of(0, 1)),
    short(0x0002, "UI", padded(sopClassUid, "\0")),
    short(0x0003, "UI", padded(sopUid, "\0")),
    short(0x0010, "UI", padded(transferSyntaxUid, "\0")),
    short(0x0012, "UI", padded(IMPLEMENTATION_CLASS, "\0")),
    short(0x0013, "SH", padded(`FOVEA_${VERSION}`.slice(0, 16), " ")),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.length);
  return Buffer.concat([Buffer.alloc(PREAMBLE_BYTES), Buffer.from("DICM"), short(0x0000, "UL", length), elements]);
}

/**
 * Reads the head of a file that comes in pieces.
 *
 * @param bytes the first bytes of the file
 * @returns what it says and where the data set begins; undefined if more bytes are needed
 * @throws {FoveaError} `invalid_dicom` if it is no DICOM file with file meta information
 */
export function decodeFileHead(bytes: Uint8Array): { readonly meta: FileMeta; readonly end: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length >= PREAMBLE_BYTES + 4 && text(bytes, PREAMBLE_BYTES, 4) !== "DICM") {
    throw refused("no DICM at byte 128; a whole DICOM file is wanted, with preamble and file meta information");
  }
  if (bytes.length < GROUP_START) return undefined;
  const isLength = view.getUint32(PREAMBLE_BYTES + 4, true) === 0x00000002 && text(bytes, PREAMBLE_BYTES + 8, 2) === "UL";
  if (!isLength) throw refused("file meta information does not begin with its length, (0002,0000)");
  const metaBytes = view.getUint32(GROUP_START - 4, true);
  if (metaBytes > MAX_META_BYTES) throw refused(`file meta information of ${metaBytes} bytes`);
  const end = GROUP_START + metaBytes;
  if (bytes.length < end) return undefined;
  const values = uids(bytes.subarray(GROUP_START, end));
  const wanted = (element: number, name: string): string => {
    const value = values.get(element);
    if (value === undefined) throw refused(`${name} is missing in its file meta information`);
    return value;
  };
  const meta = {
    sopClassUid: wanted(0x0002, "MediaStorageSOPClassUID"),
    sopUid: wanted(0x0003, "MediaStorageSOPInstanceUID"),
    transferSyntaxUid: wanted(0x0010, "TransferSyntaxUID"),
  };
  return { meta, end };
}

/** The UIDs of group 2 by element number; it is Explicit VR Little Endian always. */
function uids(group: Uint8Array): Map<number, string> {
  const view = new DataView(group.buffer, group.byteOffset, group.length);
  const values = new Map<number, string>();
  for (let at = 0; at + 8 <= group.length; ) {
    const vr = text(group, at + 4, 2);
    const isLong = LONG_VRS.has(vr);
    if (isLong && at + 12 > group.length) break;
    const length = isLong ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const from = at + (isLong ? 12 : 8);
    if (from + length > group.length) throw refused("file meta information is cut short");
    if (vr === "UI") values.set(view.getUint16(at + 2, true), text(group, from, length).replace(/[\0 ]+$/, ""));
    at = from + length;
  }
  return values;
}

function refused(message: string): FoveaError {
  return new FoveaError("invalid_dicom", message);
}

function text(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("latin1");
}

function padded(value: string, pad: string): Buffer {
  return Buffer.from(value.length % 2 === 0 ? value : value + pad, "latin1");
}

function short(element: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, "latin1");
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function long(element: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, "latin1");
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value]);
}
