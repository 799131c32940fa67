/**
 * @file The check that every result object passes before it leaves.
 */
import { moduleFaults } from "./check-modules";
import { captureFaults, segmentationFaults, stateFaults } from "./check-pictures";
import { reportFaults } from "./check-report";
import { valueFaults } from "./check-values";
import type { Attributes } from "./code";
import { COMPREHENSIVE_3D_SR } from "./measurement-report";
import { COLOUR_PRESENTATION_STATE, GRAYSCALE_PRESENTATION_STATE } from "./presentation-state";
import { readWritten } from "./read-written";
import { SECONDARY_CAPTURE } from "./secondary-capture";
import { SEGMENTATION } from "./segmentation";

const CONTENT: Readonly<Record<string, ((attributes: Attributes) => string[]) | undefined>> = {
  [COMPREHENSIVE_3D_SR]: reportFaults,
  [GRAYSCALE_PRESENTATION_STATE]: stateFaults,
  [COLOUR_PRESENTATION_STATE]: stateFaults,
  [SEGMENTATION]: segmentationFaults,
  [SECONDARY_CAPTURE]: captureFaults,
};

/**
 * What is wrong with a result object, empty if nothing is: unknown attributes, values against their VR and multiplicity,
 * attributes that its modules demand, the templates of a report, references that lead nowhere, regions outside of images.
 * A sentence each, without values: they may be the patient's.
 *
 * @param object its attributes, or a file (PS3.10) in Explicit VR Little Endian
 */
export function checkObject(object: Attributes | Uint8Array): string[] {
  const attributes = object instanceof Uint8Array ? readOrNothing(object) : object;
  if (attributes === undefined) return ["file: not readable as Explicit VR Little Endian"];
  const content = CONTENT[String(attributes.SOPClassUID)];
  return [...valueFaults(attributes), ...moduleFaults(attributes), ...(content?.(attributes) ?? [])];
}

/** The parser throws whatever it has at hand. */
function readOrNothing(file: Uint8Array): Attributes | undefined {
  try {
    return readWritten(file);
  } catch {
    return undefined;
  }
}
