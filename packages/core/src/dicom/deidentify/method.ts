/**
 * @file The attributes that say that and how a file was de-identified (PS3.15 E.1.1, PS3.16 CID 7050).
 */
import { joined } from "../joined-bytes";
import type { Element, Encoding } from "./element";
import { encoded, encodedItem, encodedText, header } from "./encode";
import { BASIC_PROFILE, PROFILE_OPTIONS, type Profile } from "./profile";

export const PATIENT_IDENTITY_REMOVED = 0x00120062;
export const METHOD = 0x00120063;
export const METHOD_CODES = 0x00120064;
export const BURNED_IN = 0x00280301;
const LONGITUDINAL = 0x00280303;

export interface MethodOptions {
  readonly encoding: Encoding;
  readonly profile: Profile;
  /** Name and version of the software. */
  readonly software: string;
  /** Values of DeidentificationMethod that the file had. */
  readonly earlierMethod: string;
  /** Items of DeidentificationMethodCodeSequence that the file had, as they go on. */
  readonly earlierCodes: readonly Uint8Array[];
  /** Whether pixels were blanked. */
  readonly blanked: boolean;
  /**
   * Whether BurnedInAnnotation says NO (PS3.15 E.3.1): where the user said what to blank. Text inside of an ultrasound
   * region may still tell who somebody is, so that blanking around regions leaves what the file said.
   */
  readonly textIsOut: boolean;
}

/** New elements by tag. */
export function methodElements(options: MethodOptions): ReadonlyMap<number, Uint8Array> {
  const { encoding, profile, software, earlierMethod, earlierCodes, blanked, textIsOut } = options;
  const method = `${software}: PS3.15 Annex E`;
  const methods = earlierMethod.split("\\").filter((one) => one !== "" && one !== method);
  const names = [...profile].filter((option) => option !== "clean-pixel" || blanked);
  const codes = [BASIC_PROFILE, ...names.map((option) => PROFILE_OPTIONS[option])];
  const items = joined([...earlierCodes, ...codes.map(({ code, meaning }) => codeItem(code, meaning, encoding))]);
  const elements: [number, Uint8Array][] = [
    [PATIENT_IDENTITY_REMOVED, encodedText(PATIENT_IDENTITY_REMOVED, "CS", "YES", encoding)],
    [METHOD, encodedText(METHOD, "LO", [...methods, method].join("\\"), encoding)],
    [METHOD_CODES, joined([header(METHOD_CODES, "SQ", items.length, encoding), items])],
    [LONGITUDINAL, encodedText(LONGITUDINAL, "CS", longitudinal(profile), encoding)],
  ];
  if (textIsOut) elements.push([BURNED_IN, encodedText(BURNED_IN, "CS", "NO", encoding)]);
  return new Map(elements);
}

/** LongitudinalTemporalInformationModified (PS3.3 C.7.6.1.1). */
function longitudinal(profile: Profile): string {
  if (profile.has("retain-full-dates")) return "UNMODIFIED";
  return profile.has("retain-modified-dates") ? "MODIFIED" : "REMOVED";
}

function codeItem(code: string, meaning: string, encoding: Encoding): Uint8Array {
  const text = (tag: number, vr: string, value: string) => encodedText(tag, vr, value, encoding);
  const content = [text(0x00080100, "SH", code), text(0x00080102, "SH", "DCM"), text(0x00080104, "LO", meaning)];
  return encodedItem(joined(content), encoding);
}

/** Pieces of a data set with `added` in the order of tags; elements of the same tag are replaced. */
export function withElements(
  elements: readonly Element[],
  pieceOf: (element: Element) => readonly Uint8Array[],
  added: ReadonlyMap<number, Uint8Array>,
): Uint8Array[] {
  const waiting = [...added].sort(([a], [b]) => a - b);
  const pieces: Uint8Array[] = [];
  for (const element of elements) {
    while (waiting.length > 0 && waiting[0][0] <= element.tag)
      pieces.push((waiting.shift() as [number, Uint8Array])[1]);
    if (!added.has(element.tag)) pieces.push(...pieceOf(element));
  }
  return [...pieces, ...waiting.map(([, bytes]) => bytes)];
}

/** File meta information with its length in front (PS3.10 7.1), from elements in the order of tags. */
export function metaWithLength(pieces: readonly Uint8Array[]): Uint8Array {
  const encoding: Encoding = { explicit: true, bigEndian: false };
  const content = joined(pieces);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, content.length, true);
  return joined([encoded(0x00020000, "UL", length, encoding), content]);
}
