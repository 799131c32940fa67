/**
 * @file What is kept beside a picture made of a DICOM frame: what its pixels mean, where it lies in the patient, and where it
 * came from.
 */
import type { DataSet } from "./data-set";
import type { FramePicture, PictureDepth, PixelMeaning, UsedWindow } from "./frame-picture";
import { frameItem } from "./functional-group";
import { readSliceGeometry, type Vector } from "./slice-geometry";
import { readSpacing, type Spacing } from "./spacing";

/**
 * Transfer syntaxes that cannot keep every value: JPEG but its lossless processes, and near-lossless JPEG-LS. JPEG 2000 and
 * HTJ2K may; there the file's own word counts.
 */
const ALWAYS_LOSSY: ReadonlySet<string> = new Set(
  ["50", "51", "53", "55", "81"].map((last) => `1.2.840.10008.1.2.4.${last}`),
);

/** One line of `pictures.jsonl`; what the file does not say is absent. Lengths in mm, frames counted from 0. */
export interface PictureRecord {
  /** Path below the output folder, with `/`. */
  readonly picture: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: PictureDepth;
  readonly windows: readonly UsedWindow[];
  readonly inverted: boolean;
  readonly valueOfPixel?: PixelMeaning;
  /** Path of the DICOM file as it was found. */
  readonly source: string;
  readonly frame: number;
  readonly frames: number;
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly laterality?: string;
  readonly view?: string;
  readonly photometricInterpretation?: string;
  readonly bitsStored?: number;
  readonly spacingMm?: Spacing;
  readonly sliceThicknessMm?: number;
  readonly positionMm?: Vector;
  readonly rowDirection?: Vector;
  readonly columnDirection?: Vector;
  readonly frameOfReferenceUid?: string;
  readonly patientId?: string;
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly seriesNumber?: number;
  readonly seriesDescription?: string;
  readonly sopInstanceUid?: string;
  readonly sopClassUid?: string;
  readonly instanceNumber?: number;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly transferSyntaxUid: string;
  readonly transferSyntax: string;
  /** Whether values were lost to compression at any time (PS3.3 C.7.6.1.1.5). */
  readonly lossy: boolean;
  readonly lossyMethods?: readonly string[];
  readonly lossyRatios?: readonly number[];
}

/** Facts of a frame that hold whatever is made of it. */
export type FrameFacts = Omit<
  PictureRecord,
  "picture" | "bytes" | "width" | "height" | "channels" | "depth" | "windows" | "inverted" | "valueOfPixel"
>;

/** Facts of frame `frame`; an attribute that cannot be read is left out, as a picture is worth keeping without it. */
export function frameFacts(dataSet: DataSet, frame: number, frames: number): FrameFacts {
  const text = (keyword: Parameters<DataSet["text"]>[0]) => quietly(() => dataSet.text(keyword));
  const number = (keyword: Parameters<DataSet["number"]>[0]) => quietly(() => dataSet.number(keyword));
  const measures = frameItem(dataSet, frame, "PixelMeasuresSequence");
  const geometry = quietly(() => readSliceGeometry(dataSet, frame)) ?? {};
  return withoutAbsent({
    source: dataSet.file,
    frame,
    frames,
    modality: text("Modality"),
    bodyPart: text("BodyPartExamined"),
    laterality: text("ImageLaterality") ?? text("Laterality"),
    view: text("ViewPosition"),
    photometricInterpretation: text("PhotometricInterpretation"),
    bitsStored: number("BitsStored"),
    spacingMm: quietly(() => readSpacing(dataSet, frame)),
    sliceThicknessMm: quietly(() => measures.number("SliceThickness")),
    ...geometry,
    frameOfReferenceUid: text("FrameOfReferenceUID"),
    patientId: text("PatientID"),
    studyInstanceUid: text("StudyInstanceUID"),
    seriesInstanceUid: text("SeriesInstanceUID"),
    seriesNumber: number("SeriesNumber"),
    seriesDescription: text("SeriesDescription"),
    sopInstanceUid: text("SOPInstanceUID"),
    sopClassUid: text("SOPClassUID"),
    instanceNumber: number("InstanceNumber"),
    manufacturer: text("Manufacturer"),
    model: text("ManufacturerModelName"),
    transferSyntaxUid: dataSet.transferSyntax.uid,
    transferSyntax: dataSet.transferSyntax.name,
    ...lossyHistory(dataSet),
  });
}

/** A line of `pictures.jsonl`. */
export function pictureRecord(
  { width, height, channels, depth, windows, inverted, valueOfPixel }: FramePicture,
  file: { readonly picture: string; readonly bytes: number },
  facts: FrameFacts,
): PictureRecord {
  const meaning = valueOfPixel && { valueOfPixel };
  return { ...file, width, height, channels, depth, windows, inverted, ...meaning, ...facts };
}

function lossyHistory(dataSet: DataSet): Pick<PictureRecord, "lossy" | "lossyMethods" | "lossyRatios"> {
  const methods = [0, 1, 2, 3].flatMap((i) => quietly(() => dataSet.text("LossyImageCompressionMethod", i)) ?? []);
  const ratios = quietly(() => dataSet.numbers("LossyImageCompressionRatio")) ?? [];
  const lossy =
    quietly(() => dataSet.text("LossyImageCompression")) === "01" ||
    methods.length > 0 ||
    ALWAYS_LOSSY.has(dataSet.transferSyntax.uid);
  return {
    lossy,
    ...(methods.length > 0 && { lossyMethods: methods }),
    ...(ratios.length > 0 && { lossyRatios: ratios }),
  };
}

/** `undefined` in place of an error of a damaged attribute. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function withoutAbsent<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T;
}
