/**
 * @file The beginning of a data set, up to its pixels: who and what an object is, told while the rest still comes in.
 */
import type { DataSet as ParsedDataSet } from "dicom-parser";
import dicomParser from "dicom-parser";
import { FoveaError } from "../errors";
import { ATTRIBUTES } from "./attribute";
import { DataSet } from "./data-set";
import { inflatedHead } from "./inflate";
import { DEFLATED, EXPLICIT_LITTLE, transferSyntax } from "./transfer-syntax";

/** Bytes that a deflated head may grow to. */
const MAX_INFLATED_HEAD = 4 * 2 ** 20;

export interface DataSetHead {
  readonly dataSet: DataSet;
  /** Whether the bytes were read to their end, or as far as the pixels: an element cut off or damaged ends it before. */
  readonly isWhole: boolean;
}

/**
 * Parse as much of a data set as its first bytes hold. Pixel data is left out, and what is cut off at the end is, too.
 *
 * @param bytes of the data set, without preamble and file meta information; cut off anywhere
 * @param file for messages
 * @throws {FoveaError} `invalid_dicom` if not even the first element can be read
 */
export function parseDataSetHead(bytes: Uint8Array, transferSyntaxUid: string, file: string): DataSetHead {
  const deflated = transferSyntaxUid === DEFLATED;
  const content = deflated ? inflatedHead(bytes, MAX_INFLATED_HEAD) : bytes;
  const options = {
    TransferSyntaxUID: deflated ? EXPLICIT_LITTLE : transferSyntaxUid,
    untilTag: ATTRIBUTES.PixelData[0],
  };
  let parsed: ParsedDataSet;
  let isWhole = !(deflated && content.length === MAX_INFLATED_HEAD);
  try {
    parsed = dicomParser.parseDicom(content, options);
  } catch (thrown) {
    const partial = (thrown as { readonly dataSet?: ParsedDataSet } | undefined)?.dataSet;
    if (partial === undefined || Object.keys(partial.elements).length === 0) {
      throw new FoveaError("invalid_dicom", "no DICOM data set of the transfer syntax it was announced in", { file });
    }
    parsed = partial;
    isWhole = false;
  }
  return { dataSet: new DataSet(parsed, file, transferSyntax(transferSyntaxUid), []), isWhole };
}
