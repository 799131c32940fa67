/**
 * @file A picture with findings drawn into it, as a Secondary Capture (PS3.3 A.8.1).
 */
import { type Attributes, CODES, codeSequence } from "./code";
import { imageReference, MANUFACTURER, type ResultContext, type SourceInstance } from "./result-source";
import { lossyHistory, sharedModules } from "./shared-modules";

export const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** Pixels of red, green and blue side by side, 8 bit. */
export interface CapturedPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The capture of frame `frame`, counted from 0, of `source`; `number` counts those of a result from 1. */
export function secondaryCapture(
  context: ResultContext,
  source: SourceInstance,
  frame: number,
  number: number,
  { width, height, rgb }: CapturedPicture,
): Attributes {
  const { algorithm, date, time } = context;
  const even = new Uint8Array(rgb.length + (rgb.length % 2));
  even.set(rgb);
  return {
    ...sharedModules(context, source, {
      sopClassUid: SECONDARY_CAPTURE,
      part: `sc ${source.sopUid} ${frame}`,
      seriesPart: "sc",
      modality: "OT",
      seriesNumber: 9102,
      seriesDescription: "Fovea findings (pictures)",
      instanceNumber: number,
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
    DerivationDescription: "Findings of an algorithm drawn into the picture, 8 bit",
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
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: [even.buffer],
  };
}
