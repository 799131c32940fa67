/**
 * @file A result object as a file, checked before and after it is written.
 */
import { checkObject } from "@fovea/core/dicom/objects/check-object";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { writeObject } from "@fovea/core/dicom/objects/write-object";
import { FoveaError } from "@fovea/core/errors";
import { IMPLEMENTATION } from "../dicom/write-dicom";

/**
 * The file (PS3.10, Explicit VR Little Endian).
 *
 * @throws {FoveaError} `invalid_dicom` if the object does not pass its check, which names each fault
 */
export function encodeObject(attributes: Attributes): Uint8Array {
  refuse(checkObject(attributes));
  const bytes = writeObject(attributes, IMPLEMENTATION);
  refuse(checkObject(bytes));
  return bytes;
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const shown = faults.slice(0, 5).join("; ");
  const more = faults.length > 5 ? ` and ${faults.length - 5} more` : "";
  throw new FoveaError("invalid_dicom", `result object is not valid and was not made: ${shown}${more}`);
}
