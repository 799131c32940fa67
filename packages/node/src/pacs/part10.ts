/**
 * @file The header of a DICOM file: preamble and file meta information, group 0002 in Explicit VR Little Endian (PS3.10 7.1).
 */
import { FoveaError } from "@fovea/core/errors";
import { IMPLEMENTATION_CLASS } from "../dicom/implementation";

/** Where the data set begins, and what the header says of it. */
export interface FileHeader {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSetStart: number;
}

/** Group 0002 has a few hundred bytes; private information may be longer. */
const MAX_HEADER = 64 * 1024;

const PREFIX = 132;
const LONG = new Set(["OB", "UN", "OW", "SQ", "UT", "UC", "UR"]);

function invalid(message: string): FoveaError {
  return new FoveaError("invalid_dicom", message);
}

/**
 * Reads the header out of the first bytes of a file.
 *
 * @returns undefined if more bytes are needed to tell
 * @throws {FoveaError} `invalid_dicom` if this is no DICOM file, or its header does not say what it holds
 */
export function readFileHeader(file: Uint8Array, isWhole = false): FileHeader | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.length < PREFIX + 8 && !isWhole) return undefined;
  if (bytes.length < PREFIX || bytes.toString("latin1", 128, PREFIX) !== "DICM") throw invalid("no DICM at byte 128");
  const values = new Map<number, string>();
  let at = PREFIX;
  while (at + 8 <= bytes.length && bytes.readUInt16LE(at) === 2) {
    const long = LONG.has(bytes.toString("latin1", at + 4, at + 6));
    const start = at + (long ? 12 : 8);
    if (start > bytes.length) break;
    const end = start + (long ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6));
    if (end - PREFIX > MAX_HEADER) throw invalid("file meta information that is too long");
    if (end > bytes.length) break;
    const text = bytes.toString("latin1", start, end).replace(/[\0 ]+$/, "");
    values.set(bytes.readUInt16LE(at + 2), text);
    at = end;
  }
  const more = at + 8 > bytes.length || bytes.readUInt16LE(at) === 2;
  if (more && !isWhole) return undefined;
  if (more && at < bytes.length) throw invalid("file meta information that is cut short");
  const [sopClassUid, sopUid, transferSyntaxUid] = [values.get(0x02), values.get(0x03), values.get(0x10)];
  for (const uid of [sopClassUid, sopUid, transferSyntaxUid]) {
    if (uid === undefined || uid.length > 64 || !/^[0-9]+(\.[0-9]+)+$/.test(uid)) {
      throw invalid("file meta information without SOP class, SOP instance or transfer syntax");
    }
  }
  return { sopClassUid: sopClassUid!, sopUid: sopUid!, transferSyntaxUid: transferSyntaxUid!, dataSetStart: at };
}

function uidElement(element: number, uid: string): Buffer {
  return shortElement(element, "UI", uid.length % 2 === 0 ? uid : `${uid}\0`);
}

function shortElement(element: number, vr: string, value: string): Buffer {
  const head = Buffer.from([2, 0, 0, 0, vr.charCodeAt(0), vr.charCodeAt(1), 0, 0]);
  head.writeUInt16LE(element, 2);
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, Buffer.from(value, "latin1")]);
}

/**
 * Preamble, prefix and file meta information for a data set that came without.
 *
 * Nothing of the sender, the hour or the version of this software is in it: the same data set gives the same file for ever, so
 * that one that comes again is known by its hash.
 */
export function fileHeader({ sopClassUid, sopUid, transferSyntaxUid }: Omit<FileHeader, "dataSetStart">): Buffer {
  const version = Buffer.from([2, 0, 1, 0, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]);
  const body = Buffer.concat([
    version,
    uidElement(0x0002, sopClassUid),
    uidElement(0x0003, sopUid),
    uidElement(0x0010, transferSyntaxUid),
    uidElement(0x0012, IMPLEMENTATION_CLASS),
    shortElement(0x0013, "SH", "FOVEA "),
  ]);
  const length = Buffer.alloc(12);
  length.set([2, 0, 0, 0, 0x55, 0x4c, 4, 0]);
  length.writeUInt32LE(body.length, 8);
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), length, body]);
}
