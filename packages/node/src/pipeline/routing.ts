/**
 * @file Which model looks at a series, or why none does. Pure.
 */
import type { RoutingRule } from "../config/service-config";

/** A series as rules see it. */
export interface RoutedSeries {
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly station?: string;
  readonly callingAe?: string;
  readonly description?: string;
  /** Of its instances. */
  readonly sopClassUids: readonly (string | undefined)[];
  /** Of its instances, where one of them has pixels. */
  readonly hasPixels: boolean;
}

/** `undefined` of a model: the default one of the modality. */
export type Route =
  | { readonly model: string | undefined; readonly sendTo?: readonly string[] }
  | { readonly notAttempted: string };

/** Objects that say something of images, and are none (PS3.4 table B.5-1): what readers and programs make. */
const SPOKEN = [
  // Structured reports, key object selection, measurement documents.
  "1.2.840.10008.5.1.4.1.1.88.",
  // Presentation states.
  "1.2.840.10008.5.1.4.1.1.11.",
  // Raw data, registrations, fiducials, segmentations; parametric maps.
  "1.2.840.10008.5.1.4.1.1.66",
  "1.2.840.10008.5.1.4.1.1.30",
  // Encapsulated documents.
  "1.2.840.10008.5.1.4.1.1.104.",
  // Radiotherapy plans, structures, doses.
  "1.2.840.10008.5.1.4.1.1.481.2",
  "1.2.840.10008.5.1.4.1.1.481.3",
  "1.2.840.10008.5.1.4.1.1.481.5",
  // Waveforms.
  "1.2.840.10008.5.1.4.1.1.9.",
] as const;

/** Pictures of the screen, and our own pictures with boxes: analysed only if a rule names a model for them. */
const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** Whether an object of this class is an image that a model could look at. */
export function isImageClass(sopClassUid: string | undefined): boolean {
  return sopClassUid === undefined || !SPOKEN.some((root) => sopClassUid.startsWith(root));
}

function isSecondaryCapture(sopClassUid: string | undefined): boolean {
  return sopClassUid === SECONDARY_CAPTURE || sopClassUid?.startsWith(`${SECONDARY_CAPTURE}.`) === true;
}

/**
 * The first rule whose conditions all hold decides; where none does, the default model of the modality.
 *
 * Objects that are no images are never attempted, whatever the rules say; nor are results of this software, which arrive
 * marked (`receipt.ts`) and do not come here.
 */
export function route(series: RoutedSeries, rules: readonly RoutingRule[]): Route {
  if (!series.sopClassUids.some(isImageClass))
    return { notAttempted: "no images: reports, presentation states or the like" };
  if (!series.hasPixels) return { notAttempted: "its objects have no pixels" };
  const index = rules.findIndex(({ when }) => holds(when, series));
  if (index < 0) {
    if (series.sopClassUids.every(isSecondaryCapture)) {
      return { notAttempted: "secondary captures; a routing rule that names a model has them analysed" };
    }
    return { model: undefined };
  }
  const { model, sendTo } = rules[index];
  if (model === null) return { notAttempted: `routing rule ${index + 1} says so` };
  return { model, ...(sendTo && { sendTo }) };
}

function holds(when: RoutingRule["when"], series: RoutedSeries): boolean {
  const names = Object.keys(when) as (keyof RoutingRule["when"])[];
  return names.every((name) => {
    const pattern = when[name];
    return pattern === undefined || matches(pattern, series[name] ?? "");
  });
}

/** Without case; `*` stands for any run of letters. */
function matches(pattern: string, value: string): boolean {
  const parts = pattern.toLowerCase().split("*");
  const text = value.trim().toLowerCase();
  if (parts.length === 1) return text === parts[0].trim();
  const last = parts[parts.length - 1];
  let at = parts[0].length;
  if (!text.startsWith(parts[0])) return false;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
