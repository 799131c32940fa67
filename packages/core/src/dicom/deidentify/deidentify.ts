/**
 * @file One DICOM file de-identified: bytes in, bytes out (PS3.15 Annex E).
 *
 * The bytes of elements that stay are those of the source. The preamble becomes zeros, group lengths and what follows the
 * last element go, and the file meta information names this software as the writer (PS3.10 7.1).
 */
import { deflateSync } from "fflate";
import { FoveaError } from "../../errors";
import { joined } from "../joined-bytes";
import { EXPLICIT_LITTLE } from "../transfer-syntax";
import { type Dictionary, type Element, PIXEL_DATA } from "./element";
import { encoded, encodedText, latin1 } from "./encode";
import { type FileLayout, fileLayout } from "./file-layout";
import { type DecodeText, fileTerms, plannedSets } from "./file-terms";
import { METHOD, METHOD_CODES, metaWithLength, methodElements, withElements } from "./method";
import { textOf } from "./plan";
import type { Profile } from "./profile";
import { type Change, type RewriteContext, rewritten, rewrittenItem } from "./rewrite";

export interface DeidentifyOptions {
  readonly profile: Profile;
  readonly dictionary: Dictionary;
  /** A UID for a UID: the same for the same one, and none that tells the first. */
  readonly mapUid: (uid: string) => string;
  /** What a patient is called instead, by number, or name where there is none. */
  readonly pseudonym: (patient: string) => string;
  /** Days that a patient's dates move, not 0. */
  readonly shiftDays: (patient: string) => number;
  /** Text as it reads; without it only bytes are compared. */
  readonly decodeText?: DecodeText;
  /** Name and version of the software, for DeidentificationMethod. */
  readonly software: string;
  /** Writer of the file, for ImplementationClassUID. */
  readonly implementationUid: string;
  /** Pixel data instead of the file's, uncompressed and little endian. */
  readonly pixels?: CleanedPixels;
}

/** Pixels that were blanked, and how they lie if they were compressed before. */
export interface CleanedPixels {
  readonly bytes: Uint8Array;
  /** Whether the user gave rectangles, after a look at the picture; otherwise only the file's ultrasound regions were followed. */
  readonly given: boolean;
  /** Given where the file was compressed: it becomes Explicit VR Little Endian. */
  readonly decompressed?: { readonly photometricInterpretation: string; readonly bitsAllocated: number };
}

export interface Deidentified {
  readonly bytes: Uint8Array;
  readonly changes: readonly Change[];
}

const ENCAPSULATED_DOCUMENT = 0x00420011;
const META_ENCODING = { explicit: true, bigEndian: false } as const;

/**
 * De-identify a file.
 *
 * @param name path for messages
 * @throws {FoveaError} `invalid_dicom` if the file cannot be followed; `unsupported_dicom` if it holds a document, or a
 * directory, that cannot be cleaned
 */
export function deidentify(file: Uint8Array, name: string, options: DeidentifyOptions): Deidentified {
  return deidentifyLayout(fileLayout(file, name, options.dictionary), name, options);
}

/** As `deidentify`, of a file that is taken apart already. */
export function deidentifyLayout(layout: FileLayout, name: string, options: DeidentifyOptions): Deidentified {
  refuseUncleanable(layout, name);
  const { profile, dictionary, decodeText = latin1 } = options;
  const sets = plannedSets(layout, profile);
  const [header, data] = sets;
  const patient = patientOf(layout);
  const changes: Change[] = [];
  const shared = {
    ...{ dictionary, changes, mapUid: options.mapUid },
    ...{ decodeText, terms: fileTerms(sets, decodeText) },
    ...{ pseudonym: options.pseudonym(patient), shiftDays: options.shiftDays(patient) },
  };
  const meta = newMeta(layout, { ...shared, ...header }, options);
  const body = joined(newBody(layout, { ...shared, ...data }, options));
  const head = layout.hasPrefix ? prefix() : new Uint8Array();
  return { bytes: joined([head, meta, layout.deflated ? deflated(body) : body]), changes };
}

function prefix(): Uint8Array {
  const out = new Uint8Array(132);
  out.set([0x44, 0x49, 0x43, 0x4d], 128);
  return out;
}

function deflated(body: Uint8Array): Uint8Array {
  const bytes = deflateSync(body);
  return bytes.length % 2 === 0 ? bytes : joined([bytes, new Uint8Array(1)]);
}

/** What no rule of the table can look into. */
function refuseUncleanable({ elements }: FileLayout, name: string): void {
  if (elements.some(({ tag, valueEnd, valueStart }) => tag === ENCAPSULATED_DOCUMENT && valueEnd > valueStart)) {
    const message = "holds a document (PDF, CDA ...), whose text is not cleaned; leave it out or clean it by hand";
    throw new FoveaError("unsupported_dicom", message, { file: name, at: "EncapsulatedDocument" });
  }
  if (elements.some(({ tag }) => tag >>> 16 === 4)) {
    const message =
      "is a directory of other files (DICOMDIR), useless once they are renamed; write a new one over the results";
    throw new FoveaError("unsupported_dicom", message, { file: name });
  }
}

/** What the patient's pseudonym and shift come from: number, or name, or study. */
export function patientOf({ elements, body }: FileLayout): string {
  for (const tag of [0x00100020, 0x00100010, 0x0020000d]) {
    const element = elements.find((one) => one.tag === tag);
    const text = element === undefined ? "" : textOf(element, body).trim();
    if (text !== "") return `${tag.toString(16)}:${text}`;
  }
  return "";
}

function newMeta(layout: FileLayout, context: RewriteContext, options: DeidentifyOptions): Uint8Array {
  if (layout.meta.length === 0) return new Uint8Array();
  const added = new Map([
    [0x00020012, encodedText(0x00020012, "UI", options.implementationUid, META_ENCODING)],
    [0x00020013, encodedText(0x00020013, "SH", "FOVEA", META_ENCODING)],
  ]);
  if (options.pixels?.decompressed) {
    added.set(0x00020010, encodedText(0x00020010, "UI", EXPLICIT_LITTLE, META_ENCODING));
  }
  return metaWithLength(withElements(layout.meta, (element) => rewritten([element], context), added));
}

function newBody(layout: FileLayout, context: RewriteContext, options: DeidentifyOptions): Uint8Array[] {
  const { elements, encoding, body } = layout;
  const { pixels, profile, software } = options;
  const find = (tag: number): Element | undefined => elements.find((one) => one.tag === tag);
  const earlierMethod = find(METHOD);
  const earlierCodes = find(METHOD_CODES);
  // The earlier method may name somebody; the context's rules are those of every kept text.
  const kept = earlierMethod && rewritten([earlierMethod], context).length > 0 ? textOf(earlierMethod, body) : "";
  const added = new Map(
    methodElements({
      ...{ encoding, profile, software, blanked: pixels !== undefined, textIsOut: pixels?.given === true },
      earlierMethod: context.changes.some(
        ({ keyword, action }) => keyword === "DeidentificationMethod" && action === "scrub",
      )
        ? ""
        : kept,
      earlierCodes: (earlierCodes?.items ?? []).map((item, i) =>
        joined(rewrittenItem(item, encoding, context, `(0012,0064)[${i}].`)),
      ),
    }),
  );
  if (pixels !== undefined) {
    const old = find(PIXEL_DATA);
    const vr = old?.vr === "OB" && !pixels.decompressed ? "OB" : "OW";
    added.set(PIXEL_DATA, encoded(PIXEL_DATA, vr, pixels.bytes, encoding));
    if (pixels.decompressed) addDecompressed(added, pixels.decompressed, layout);
  }
  return withElements(elements, (element) => rewritten([element], context), added);
}

function addDecompressed(
  added: Map<number, Uint8Array>,
  { photometricInterpretation, bitsAllocated }: NonNullable<CleanedPixels["decompressed"]>,
  { encoding, elements }: FileLayout,
): void {
  added.set(0x00280004, encodedText(0x00280004, "CS", photometricInterpretation, encoding));
  const short = (value: number) => Uint8Array.of(value & 0xff, value >> 8);
  if (elements.some(({ tag }) => tag === 0x00280006))
    added.set(0x00280006, encoded(0x00280006, "US", short(0), encoding));
  added.set(0x00280100, encoded(0x00280100, "US", short(bitsAllocated), encoding));
}
