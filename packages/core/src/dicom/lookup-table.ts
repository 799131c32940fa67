/**
 * @file Lookup tables: Modality LUT, VOI LUT and palettes (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5).
 */
import { FoveaError } from "../errors";
import type { Keyword } from "./attribute";
import type { DataSet } from "./data-set";
import type { StoredValues } from "./stored-values";

/** Inputs below `first` take the first entry, those past the end the last. */
export interface LookupTable {
  readonly first: number;
  /** Bits of an entry, 8 to 16. */
  readonly bits: number;
  readonly entries: Uint16Array;
}

/**
 * Read a table from its descriptor (entries, first input, bits) and data.
 *
 * @throws {FoveaError} `invalid_dicom` if they contradict each other
 */
export function readLookupTable(dataSet: DataSet, descriptor: Keyword, data: Keyword): LookupTable {
  const description = dataSet.numbers(descriptor);
  if (description.length !== 3) throw dataSet.error(descriptor, `expected 3 values, got ${description.length}`);
  const bytes = dataSet.bytes(data);
  if (bytes === undefined) throw missingData(dataSet, data);
  // The first and third value are unsigned whatever the second is; 0 entries mean 2^16.
  const count = description[0] & 0xffff || 65536;
  const bits = description[2] & 0xffff;
  if (bits < 8 || bits > 16) throw dataSet.error(descriptor, `${bits} bits per entry, expected 8 to 16`);

  const entries = new Uint16Array(count);
  if (bytes.length >= 2 * count) {
    const high = dataSet.transferSyntax.bigEndian ? 0 : 1;
    for (let i = 0; i < count; i++) entries[i] = bytes[2 * i + (1 - high)] | (bytes[2 * i + high] << 8);
  } else if (bits === 8 && bytes.length >= count) {
    // Two 8-bit entries to a word.
    for (let i = 0; i < count; i++) entries[i] = bytes[i];
  } else {
    throw dataSet.error(data, `${bytes.length} bytes for ${count} entries of ${bits} bits`);
  }
  return { first: description[1], bits, entries };
}

/**
 * Send `values` through the table, times `scale`, into `out`.
 *
 * @param values any length
 * @param out at least (values.length - 1) x stride + offset + 1 long
 */
export function lookUp(
  values: StoredValues | Float32Array,
  { first, entries }: LookupTable,
  out: Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array,
  { scale = 1, stride = 1, offset = 0 }: { scale?: number; stride?: number; offset?: number } = {},
): void {
  const last = entries.length - 1;
  for (let i = 0, at = offset; i < values.length; i++, at += stride) {
    const index = Math.round(values[i]) - first;
    out[at] = entries[Math.max(0, Math.min(index, last))] * scale;
  }
}

function missingData(dataSet: DataSet, data: Keyword): FoveaError {
  const message = "absent; a segmented palette is not read";
  return new FoveaError("unsupported_dicom", message, { file: dataSet.file, at: data });
}
