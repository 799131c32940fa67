/**
 * @file Which model looks at a series, or why none does. Pure.
 */
import { OBJECT_KINDS } from "@fovea/core/reasons/record-reasons";
import { type Told, tell } from "@fovea/core/reasons/tell";
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
  | { readonly notAttempted: Told };

/** Objects that say something of images, and are none (PS3.4 table B.5-1): what readers and programs make. */
const SPOKEN: readonly (readonly [root: string, what: keyof typeof OBJECT_KINDS])[] = [
  ["1.2.840.10008.5.1.4.1.1.88.", "reports"],
  ["1.2.840.10008.5.1.4.1.1.11.", "presentations"],
  ["1.2.840.10008.5.1.4.1.1.66.1", "registrations"],
  ["1.2.840.10008.5.1.4.1.1.66.3", "registrations"],
  ["1.2.840.10008.5.1.4.1.1.66.4", "segmentations"],
  ["1.2.840.10008.5.1.4.1.1.66.5", "surfaces"],
  ["1.2.840.10008.5.1.4.1.1.66", "rawData"],
  ["1.2.840.10008.5.1.4.1.1.30", "parametricMaps"],
  ["1.2.840.10008.5.1.4.1.1.104.", "documents"],
  // Its pixels are doses in a grid, not a picture.
  ["1.2.840.10008.5.1.4.1.1.481.2", "doses"],
  ["1.2.840.10008.5.1.4.1.1.481.3", "structures"],
  ["1.2.840.10008.5.1.4.1.1.481.5", "plans"],
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
  const kind = SPOKEN.find(([root]) => sopClassUid?.startsWith(root))?.[1];
  return kind && OBJECT_KINDS[kind].en;
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
    return { notAttempted: tell("noImages", { kinds: [...kinds].join("; ") }) };
  }
  if (!series.hasPixels) return { notAttempted: tell("noPixels") };
  const index = rules.findIndex(({ when }) => holds(when, series));
  if (index < 0) {
    if (series.sopClassUids.every(isSecondaryCapture)) {
      return { notAttempted: tell("secondaryCaptures") };
    }
    return { model: undefined };
  }
  const { model, sendTo } = rules[index];
  if (model === null) return { notAttempted: tell("routedAway", { rule: index + 1 }) };
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
