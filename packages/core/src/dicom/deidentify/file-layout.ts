/**
 * @file Where the parts of a DICOM file stand: preamble, file meta information, data set (PS3.10 section 7).
 */
import { FoveaError } from "../../errors";
import { hasDicomPrefix } from "../data-set";
import { inflated, MAX_INFLATED_FILE } from "../inflate";
import { DEFLATED, EXPLICIT_BIG } from "../transfer-syntax";
import { type Dictionary, type Element, ElementReader, type Encoding, looksExplicit } from "./element";
import { latin1 } from "./encode";

const TRANSFER_SYNTAX = 0x00020010;
const EXPLICIT_LITTLE: Encoding = { explicit: true, bigEndian: false };

/** A file taken apart; offsets of `meta` count in the file, those of `elements` in `body`. */
export interface FileLayout {
  readonly file: Uint8Array;
  /** Whether it begins with 128 free bytes and `DICM`. */
  readonly hasPrefix: boolean;
  readonly meta: readonly Element[];
  /** As the file meta information says; undefined where there is none. */
  readonly transferSyntaxUid?: string;
  readonly deflated: boolean;
  /** Bytes that hold the data set, inflated where the file is deflated. */
  readonly body: Uint8Array;
  readonly encoding: Encoding;
  readonly elements: readonly Element[];
  /** Bytes of `body` behind the last element. */
  readonly trailing: number;
}

/**
 * Take a file apart.
 *
 * @param name path for messages
 * @throws {FoveaError} `invalid_dicom` if the bytes are no DICOM data set or cannot be followed to their end
 */
export function fileLayout(file: Uint8Array, name: string, dictionary: Dictionary): FileLayout {
  try {
    return takenApart(file, dictionary);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FoveaError("invalid_dicom", `cannot be followed to its end: ${why}`, { file: name, cause });
  }
}

function takenApart(file: Uint8Array, dictionary: Dictionary): FileLayout {
  const hasPrefix = hasDicomPrefix(file);
  const start = hasPrefix ? 132 : 0;
  const reader = new ElementReader(file, dictionary);
  const metaIsExplicit = looksExplicit(file, start);
  const { elements: meta, end } = reader.group(start, 2, { ...EXPLICIT_LITTLE, explicit: metaIsExplicit });
  const uid = meta.find(({ tag }) => tag === TRANSFER_SYNTAX);
  const said = uid && latin1(file.subarray(uid.valueStart, uid.valueEnd)).replace(/[\0 ]+$/, "");
  if (meta.length === 0 && !beginsDataSet(file, end)) throw new Error("no DICM at byte 128 and no data set at byte 0");

  const deflated = said === DEFLATED;
  const body = deflated ? inflated(file.subarray(end), MAX_INFLATED_FILE) : file;
  const from = deflated ? 0 : end;
  const encoding = encodingOf(body, from, said);
  const bodyReader = deflated ? new ElementReader(body, dictionary) : reader;
  const { elements, end: last } = bodyReader.dataSet(from, encoding);
  if (elements.length === 0) throw new Error("an empty data set");
  const parts = { file, hasPrefix, meta, transferSyntaxUid: said, deflated };
  return { ...parts, body, encoding, elements, trailing: body.length - last };
}

function beginsDataSet(bytes: Uint8Array, at: number): boolean {
  const [a, b] = [bytes[at], bytes[at + 1]];
  return (a === 8 && b === 0) || (a === 0 && b === 8 && looksExplicit(bytes, at));
}

/**
 * What the first element shows is believed before what the header says: some writers say one form and write the other.
 * A value of an implicit first element would be some 17,000 bytes long to look like a VR; none is.
 */
function encodingOf(bytes: Uint8Array, at: number, uid: string | undefined): Encoding {
  const bigEndian = uid === undefined ? bytes[at] === 0 && bytes[at + 1] !== 0 : uid === EXPLICIT_BIG;
  return { explicit: looksExplicit(bytes, at), bigEndian };
}
