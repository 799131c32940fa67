/**
 * @file What the attributes of an image say of its patient and its pixels, whatever their source calls it.
 */
import type { Attributes } from "../dataset/annotation-set";
import type { PixelSpacing } from "./lesion-hits";

const PATIENT = /^(patient|patient_?id|subject|subject_?id|case_?id)$/i;
const SPACING = /^(pixel_?spacing|imager_?pixel_?spacing|spacing)(_?mm)?$/i;

/** The patient, where an attribute names one. */
export function patientOf(attributes: Attributes): string | undefined {
  const named = Object.entries(attributes).filter(([key]) => PATIENT.test(key));
  const value = named.map(([, one]) => one).find((one) => one !== null && one !== undefined && one !== "");
  return value === undefined ? undefined : String(value);
}

/** Millimetres per pixel: one number, or `row\column` as DICOM writes it (PS3.3 10.7.1.3), comma or blank between too. */
export function spacingOf(attributes: Attributes): PixelSpacing | undefined {
  const name = Object.keys(attributes).find((key) => SPACING.test(key));
  const parts =
    name === undefined
      ? []
      : String(attributes[name])
          .split(/[\\,; x]+/)
          .map(Number);
  const [y, x = y] = parts;
  return parts.length > 0 && parts.length <= 2 && x > 0 && y > 0 ? { x, y } : undefined;
}
