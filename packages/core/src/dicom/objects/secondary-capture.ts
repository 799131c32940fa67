/**
 * @file A picture with findings drawn into it, as a Secondary Capture (PS3.3 A.8.1).
 */
import { type Attributes, CODES, codeSequence } from "./code";
import {
  imageReference,
  MANUFACTURER,
  type ObjectFinding,
  type ResultContext,
  type SourceFrame,
  type SourceInstance,
  saidOf,
  thresholdParameter,
  thresholdSaid,
} from "./result-source";
import { lossyHistory, sharedModules } from "./shared-modules";

export const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** Pixels of red, green and blue side by side, 8 bit. */
export interface CapturedPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A frame that was captured. */
export interface CapturedFrame {
  readonly source: SourceInstance;
  /** Counted from 0. */
  readonly frame: number;
  /** Those that are drawn. */
  readonly findings: readonly ObjectFinding[];
  /** Of the image. */
  readonly threshold?: number;
}

/** The capture of a frame. Its number is that of the image or frame, so that a late image changes no other capture. */
export function secondaryCapture(
  context: ResultContext,
  { source, frame, findings, threshold }: CapturedFrame,
  { width, height, rgb }: CapturedPicture,
): Attributes {
  const { algorithm, date, time } = context;
  const even = new Uint8Array(rgb.length + (rgb.length % 2));
  even.set(rgb);
  return {
    ...sharedModules(context, source, {
      sopClassUid: SECONDARY_CAPTURE,
      part: "sc",
      said: [
        ...[source.sopUid, frame, findings.map((finding) => saidOf(finding, context))],
        ...thresholdSaid({ threshold }),
      ],
      seriesSaid: [source.studyUid, source.seriesUid],
      modality: "OT",
      seriesNumber: 9102,
      seriesDescription: "Fovea findings (pictures)",
      instanceNumber: source.frames > 1 ? frame + 1 : (source.instanceNumber ?? 1),
    }),
    Laterality: source.laterality ?? "",
    ConversionType: "WSD",
    SecondaryCaptureDeviceManufacturer: MANUFACTURER,
    SecondaryCaptureDeviceManufacturerModelName: algorithm.name,
    SecondaryCaptureDeviceSoftwareVersions: algorithm.softwareVersion,
    DateOfSecondaryCapture: date,
    TimeOfSecondaryCapture: time,
    ImageType: ["DERIVED", "SECONDARY"],
    ContentDate: date,
    ContentTime: time,
    PatientOrientation: "",
    DerivationDescription: [
      "Findings of an algorithm drawn into the picture, 8 bit",
      ...(threshold === undefined ? [] : [thresholdParameter(threshold)]),
    ].join(", "),
    SourceImageSequence: [
      { ...imageReference(source, frame), PurposeOfReferenceCodeSequence: codeSequence(CODES.sourceImage) },
    ],
    BurnedInAnnotation: "YES",
    ...lossyHistory(source),
    SamplesPerPixel: 3,
    PhotometricInterpretation: "RGB",
    PlanarConfiguration: 0,
    Rows: height,
    Columns: width,
    ...aspectOf(source.frameDetails.get(frame)),
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: [even.buffer],
  };
}

/** Pixels that are not square are drawn as they are stored; a viewer must know (PS3.3 C.7.6.3.1.7). */
function aspectOf({ spacing, aspect = [1, 1] }: SourceFrame = {}): Attributes {
  const [height, width] =
    spacing === undefined ? aspect : [spacing.row, spacing.column].map((mm) => Math.round(1e4 * mm));
  return height === width || !(height > 0 && width > 0) ? {} : { PixelAspectRatio: [String(height), String(width)] };
}
