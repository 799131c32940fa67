/**
 * @file Which model looks at a series, or why none does. Pure.
 */
import type { RoutingRule } from "../config/service-config";
import type { InstanceRecord } from "../store/studies";

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
const SPOKEN: readonly (readonly [root: string, what: string])[] = [
  ["1.2.840.10008.5.1.4.1.1.88.", "structured reports or key object selections"],
  ["1.2.840.10008.5.1.4.1.1.11.", "presentation states"],
  ["1.2.840.10008.5.1.4.1.1.66.1", "registrations"],
  ["1.2.840.10008.5.1.4.1.1.66.3", "registrations"],
  ["1.2.840.10008.5.1.4.1.1.66.4", "segmentations"],
  ["1.2.840.10008.5.1.4.1.1.66.5", "surface segmentations"],
  ["1.2.840.10008.5.1.4.1.1.66", "raw data, fiducials or the like"],
  ["1.2.840.10008.5.1.4.1.1.30", "parametric maps"],
  ["1.2.840.10008.5.1.4.1.1.104.", "encapsulated documents"],
  // Its pixels are doses in a grid, not a picture.
  ["1.2.840.10008.5.1.4.1.1.481.2", "radiotherapy doses"],
  ["1.2.840.10008.5.1.4.1.1.481.3", "radiotherapy structures"],
  ["1.2.840.10008.5.1.4.1.1.481.5", "radiotherapy plans"],
  ["1.2.840.10008.5.1.4.1.1.9.", "waveforms"],
];

/** Pictures of the screen, and our own pictures with boxes: analysed only if a rule names a model for them. */
const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** Whether an object of this class is an image that a model could look at. */
export function isImageClass(sopClassUid: string | undefined): boolean {
  return spokenOf(sopClassUid) === undefined;
}

/** Whether an instance of the record is to be looked at: it has pixels, or nobody could tell that it has none. */
export function isImage({
  rows,
  columns,
  sizeUnknown,
  sopClassUid,
}: Pick<InstanceRecord, "rows" | "columns" | "sizeUnknown" | "sopClassUid">): boolean {
  return (sizeUnknown || rows * columns > 0) && isImageClass(sopClassUid);
}

/** What an object is that is no image. */
function spokenOf(sopClassUid: string | undefined): string | undefined {
  return SPOKEN.find(([root]) => sopClassUid?.startsWith(root))?.[1];
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
  if (!series.sopClassUids.some(isImageClass)) {
    const kinds = new Set(series.sopClassUids.map(spokenOf));
    return { notAttempted: `not images to look at, but ${[...kinds].join("; ")}` };
  }
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
