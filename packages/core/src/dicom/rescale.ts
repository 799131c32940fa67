/**
 * @file Stored values to what the modality measured, such as Hounsfield units (PS3.3 C.11.1, C.7.6.16.2.9).
 */
import type { DataSet } from "./data-set";
import { frameItem } from "./functional-group";
import { type LookupTable, lookUp, readLookupTable } from "./lookup-table";
import type { StoredValues } from "./stored-values";

/** `slope * stored + intercept`, or a table. */
export type ModalityLut =
  | { readonly kind: "linear"; readonly slope: number; readonly intercept: number }
  | { readonly kind: "table"; readonly table: LookupTable };

/**
 * The Modality LUT of a frame, counted from 0; slope 1 and intercept 0 where the file says nothing.
 *
 * @throws {FoveaError} `invalid_dicom` if the slope is 0 or the table broken
 */
export function readModalityLut(dataSet: DataSet, frame: number): ModalityLut {
  const item = dataSet.items("ModalityLUTSequence").at(0);
  if (item) return { kind: "table", table: readLookupTable(item, "LUTDescriptor", "LUTData") };
  const group = frameItem(dataSet, frame, "PixelValueTransformationSequence");
  const slope = group.number("RescaleSlope") ?? 1;
  if (slope === 0) throw dataSet.error("RescaleSlope", "0 would make every pixel the same");
  return { kind: "linear", slope, intercept: group.number("RescaleIntercept") ?? 0 };
}

/** Modality values of `stored`, equally long. */
export function modalityValues(stored: StoredValues, lut: ModalityLut): Float32Array {
  const out = new Float32Array(stored.length);
  if (lut.kind === "table") {
    lookUp(stored, lut.table, out);
    return out;
  }
  const { slope, intercept } = lut;
  for (let i = 0; i < stored.length; i++) out[i] = slope * stored[i] + intercept;
  return out;
}
