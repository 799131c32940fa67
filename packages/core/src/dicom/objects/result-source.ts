/**
 * @file What result objects are made of, as plain data: the images that were looked at, what was found, and by what.
 */
import { type Finding, thresholdText } from "../../finding";
import type { Spacing } from "../spacing";
import type { Attributes, Code } from "./code";

/** A table as the image holds it (PS3.3 C.11.1, C.11.2). */
export interface SourceTable {
  /** Entries, first input, bits. */
  readonly descriptor: readonly [number, number, number];
  /** Input below 0 is possible: the second value is signed. */
  readonly entries: Uint16Array;
}

/** How the values of a frame are turned into shades. */
export type SourceVoi =
  | { readonly center: number; readonly width: number; readonly voiLutFunction?: string }
  | { readonly table: SourceTable };

/** A frame with findings. */
export interface SourceFrame {
  readonly spacing?: Spacing;
  /** Height and width of a pixel in whole numbers (PixelAspectRatio), where there is no spacing. @default 1, 1 */
  readonly aspect?: readonly [number, number];
  readonly sliceThickness?: number;
  /** mm, patient (LPS) coordinates: centre of the first pixel. */
  readonly position?: readonly number[];
  readonly orientation?: readonly number[];
  /** Absent of colour. */
  readonly voi?: SourceVoi;
  /** Absent where the image has none. */
  readonly rescale?: { readonly slope: number; readonly intercept: number; readonly type?: string };
  readonly modalityTable?: SourceTable;
}

/** An image that was looked at. Text is decoded already. */
export interface SourceInstance {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly modality: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Among those of its series, where the image has one that is right. */
  readonly instanceNumber?: number;
  /** Three samples, or a palette. */
  readonly isColour: boolean;
  /** MONOCHROME1: low values are bright. */
  readonly isInverted: boolean;
  readonly frameOfReferenceUid?: string;
  /** Lossy compression before us: ratio and method as the image has them. */
  readonly lossy?: { readonly ratios: readonly number[]; readonly methods: readonly string[] };
  /** Of the modules Patient, General Study and Patient Study, as they are copied into new objects. */
  readonly patientAndStudy: Attributes;
  readonly procedures: readonly Code[];
  /** Of the paired body part of the series, L or R. */
  readonly laterality?: string;
  /** By frame, counted from 0: at least those with findings. */
  readonly frameDetails: ReadonlyMap<number, SourceFrame>;
}

/** A finding with what the rules say of it, in the language of the report. */
export interface ObjectFinding extends Finding {
  /** Counted from 0. */
  readonly frame: number;
  readonly category?: string;
  readonly suggestion?: string;
  /** `version@first 12 digits` of the rules that it was judged by; absent where there were none. */
  readonly rulesVersion?: string;
}

/** An image with what was found. */
export interface AnalysedImage {
  readonly source: SourceInstance;
  readonly findings: readonly ObjectFinding[];
  /** Confidence below which findings were left out. @default nothing is said of it */
  readonly threshold?: number;
  /** It, or some of its frames, could not be analysed. */
  readonly failed?: boolean;
}

/** What found it. */
export interface Algorithm {
  /** Name of the model. */
  readonly name: string;
  /** `name@first 12 digits of sha256`. */
  readonly version: string;
  /** One for each version (PS3.16 TID 1004). */
  readonly deviceUid: string;
  /** Of this software. */
  readonly softwareVersion: string;
}

export const MANUFACTURER = "Fovea";

/** A report that was made before. */
export interface ReportReference {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopClassUid: string;
  readonly sopUid: string;
}

/** All that an object says beside its images. */
export interface ResultContext {
  readonly images: readonly AnalysedImage[];
  /** Images beside these that failed and cannot be referred to. @default 0 */
  readonly unreadable?: number;
  readonly algorithm: Algorithm;
  readonly language: "zh" | "en";
  /** Of the analysis: `YYYYMMDD` and `HHMMSS`, in the images' time. */
  readonly date: string;
  readonly time: string;
  /** `+0800`, where the images say theirs. */
  readonly timezone?: string;
  /** The same part that says the same (plain data) always has the same identifier, whatever else the result holds. */
  readonly uid: (part: string, said: unknown) => string;
  /** What readers see of a class. */
  readonly nameOf: (className: string) => string;
  readonly codeOf: (className: string) => Code;
  /** Reports about the same series that this one takes the place of, the newest first. @default none */
  readonly earlier?: readonly ReportReference[];
  /** What was found, in a sentence. */
  readonly summary: string;
}

/** A finding among all of a result. */
export interface NumberedFinding {
  /** From 1. */
  readonly number: number;
  readonly source: SourceInstance;
  readonly finding: ObjectFinding;
  /** Of its image. */
  readonly threshold?: number;
}

/** Findings of all images, in their order, each with a number of its own. */
export function numberedFindings(images: readonly AnalysedImage[]): NumberedFinding[] {
  let number = 0;
  return images.flatMap(({ source, findings, threshold }) =>
    findings.map((finding) => ({ number: ++number, source, finding, threshold })),
  );
}

/** As Algorithm Parameters (PS3.16 TID 4019) have it. */
export function thresholdParameter(threshold: number): string {
  return `confidence threshold ${thresholdText(threshold)}`;
}

/** What identifiers are made from beside the findings; nothing, where nothing is said of a threshold. */
export function thresholdSaid({ threshold }: Pick<AnalysedImage, "threshold">): readonly number[] {
  return threshold === undefined ? [] : [threshold];
}

/** All that an object may say of a finding, as plain data: what identifiers are made from. */
export function saidOf(finding: ObjectFinding, { nameOf, codeOf }: Pick<ResultContext, "nameOf" | "codeOf">): unknown {
  const { frame, classId, className, confidence, box, sizeMm, polygon, category, suggestion, rulesVersion } = finding;
  const { value, scheme, meaning } = codeOf(className);
  return [
    ...[frame, classId, className, nameOf(className), value, scheme, meaning, confidence],
    [box.x1, box.y1, box.x2, box.y2],
    sizeMm && [sizeMm.width, sizeMm.height],
    ...[polygon, category, suggestion, rulesVersion],
  ];
}

/**
 * Identifies a finding in every object by its place and class, also in those of a later result (PS3.16 TID 4108), where its
 * number may be another.
 */
export function trackingOf(
  { number, source, finding }: NumberedFinding,
  { uid }: Pick<ResultContext, "uid">,
): { id: string; uid: string } {
  const { frame, className, box, polygon } = finding;
  const place = [source.sopUid, frame, className, [box.x1, box.y1, box.x2, box.y2], polygon];
  return { id: `Fovea finding ${number}`, uid: uid("finding", place) };
}

/** Points of an outline at most: two float32 each, and the length of a value of VR FL has 16 bits (PS3.5 7.1.2). */
const MOST_POINTS = 8191;

/**
 * The outline x, y, x, y ... of a finding, closed: its mask's, else its box. Pixels, origin at the corner of the first. Of
 * more than `MOST_POINTS` every second, third ... is kept.
 */
export function closedOutline({ box, polygon }: Finding): number[] {
  const { x1, y1, x2, y2 } = box;
  const points = thinned(polygon !== undefined && polygon.length >= 6 ? polygon : [x1, y1, x2, y1, x2, y2, x1, y2]);
  const [x, y] = points;
  const isClosed = points.at(-2) === x && points.at(-1) === y;
  return isClosed ? points : [...points, x, y];
}

/** With room for the point that closes it. */
function thinned(points: readonly number[]): number[] {
  const step = Math.ceil(points.length / 2 / (MOST_POINTS - 1));
  return step === 1 ? [...points] : points.filter((_, i) => (i >> 1) % step === 0);
}

/** Reference to an image, or to frames of one counted from 1. */
export function imageReference({ sopClassUid, sopUid, frames }: SourceInstance, frame?: number): Attributes {
  return {
    ReferencedSOPClassUID: sopClassUid,
    ReferencedSOPInstanceUID: sopUid,
    ...(frame !== undefined && frames > 1 && { ReferencedFrameNumber: frame + 1 }),
  };
}

/** A decimal string of at most 16 characters (PS3.5 6.2). */
export function decimal(value: number): string {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  throw new Error(`unreachable: ${value} as a decimal string`);
}
