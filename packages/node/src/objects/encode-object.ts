/**
 * @file A result object as a file, checked before and after it is written.
 */
import { checkObject } from "@fovea/core/dicom/objects/check-object";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { FoveaError } from "@fovea/core/errors";
import { encodeDicom, type NewAttributes } from "../dicom/write-dicom";

export const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";

/**
 * The file (PS3.10, Explicit VR Little Endian).
 *
 * @throws {FoveaError} `invalid_dicom` if the object does not pass its check, which names each fault
 */
export async function encodeObject(attributes: Attributes): Promise<Uint8Array> {
  // The writer cuts what is too long and leaves out what it does not know, so the attributes are checked, not its work alone.
  refuse(checkObject(attributes));
  const bytes = await encodeDicom(withVrs(attributes) as NewAttributes);
  refuse(checkObject(bytes));
  return bytes;
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const shown = faults.slice(0, 5).join("; ");
  const more = faults.length > 5 ? ` and ${faults.length - 5} more` : "";
  throw new FoveaError("invalid_dicom", `result object is not valid and was not made: ${shown}${more}`);
}

/** Tells the writer the VRs that depend on values: those of lookup tables. */
function withVrs(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes).map(([keyword, value]): [string, unknown] => {
    const isSequence = keyword.endsWith("Sequence") && Array.isArray(value);
    return [keyword, isSequence ? value.map((item: Attributes) => withVrs(item)) : value];
  });
  const copy = Object.fromEntries(entries);
  const { LUTDescriptor } = attributes;
  if (!Array.isArray(LUTDescriptor)) return copy;
  return { ...copy, _vrMap: { LUTDescriptor: LUTDescriptor[1] < 0 ? "SS" : "US", LUTData: "OW" } };
}
