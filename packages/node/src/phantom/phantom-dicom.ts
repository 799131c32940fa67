/**
 * @file A phantom as a Digital X-Ray image for presentation (PS3.3 A.26).
 */
import { uidFrom } from "@fovea/core/dicom/uid";
import { hashSeed } from "@fovea/core/math/random";
import type { Phantom } from "@fovea/core/phantom/phantom";
import { encodeDicom } from "../dicom/write-dicom";

const DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1";

/** Kinds of identifiers, so that study, series and image of one phantom differ. */
const STUDY = 1;
const SERIES = 2;
const INSTANCE = 3;

/** Every fourth detector stores bright as low, as many do. */
export function isInverted(seed: number, index: number): boolean {
  return hashSeed(seed, index, 4) % 4 === 0;
}

/** The file's bytes; the same seed and index give the same file. */
export function encodePhantom({ image, spacingMm }: Phantom, seed: number, index: number): Promise<Uint8Array> {
  const inverted = isInverted(seed, index);
  const pixels = inverted ? image.data.map((value) => 4095 - value) : image.data;
  const number = String(index + 1).padStart(4, "0");
  const date = studyDate(index);
  const code = (CodeValue: string, CodeMeaning: string) => [{ CodeValue, CodingSchemeDesignator: "SCT", CodeMeaning }];
  return encodeDicom({
    SpecificCharacterSet: "ISO_IR 100",
    ImageType: ["DERIVED", "PRIMARY"],
    SOPClassUID: DX_FOR_PRESENTATION,
    SOPInstanceUID: uidFrom(seed, index, INSTANCE),
    StudyDate: date,
    SeriesDate: date,
    AcquisitionDate: date,
    ContentDate: date,
    StudyTime: "080000",
    AcquisitionTime: "080000",
    ContentTime: "080000",
    AccessionNumber: "",
    Modality: "DX",
    PresentationIntentType: "FOR PRESENTATION",
    // Not "Fovea": that marks results, which the service does not analyse.
    Manufacturer: "Fovea phantoms",
    InstitutionName: "Phantom",
    ReferringPhysicianName: "",
    StudyDescription: "CHEST PHANTOM",
    SeriesDescription: "CHEST PHANTOM PA",
    ManufacturerModelName: "Phantom generator",
    DerivationDescription: "Synthetic image of no patient, for tests",
    AnatomicRegionSequence: code("51185008", "Chest"),
    PatientName: `PHANTOM^${number}`,
    PatientID: `PHANTOM-${seed}-${number}`,
    PatientBirthDate: "19700101",
    PatientSex: index % 2 === 0 ? "F" : "M",
    PatientAge: "054Y",
    PatientComments: "Synthetic phantom, no real person",
    BodyPartExamined: "CHEST",
    ViewPosition: "PA",
    ImagerPixelSpacing: [decimal(spacingMm), decimal(spacingMm)],
    DetectorType: "DIRECT",
    PositionerType: "NONE",
    StudyInstanceUID: uidFrom(seed, index, STUDY),
    SeriesInstanceUID: uidFrom(seed, index, SERIES),
    StudyID: number,
    SeriesNumber: 1,
    InstanceNumber: 1,
    PatientOrientation: ["L", "F"],
    ImageLaterality: "U",
    SamplesPerPixel: 1,
    PhotometricInterpretation: inverted ? "MONOCHROME1" : "MONOCHROME2",
    Rows: image.height,
    Columns: image.width,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    QualityControlImage: "YES",
    BurnedInAnnotation: "NO",
    PixelIntensityRelationship: "LOG",
    // High values mean little radiation: -1.
    PixelIntensityRelationshipSign: inverted ? 1 : -1,
    WindowCenter: 2048,
    WindowWidth: 4096,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: "US",
    LossyImageCompression: "00",
    AcquisitionContextSequence: [],
    ViewCodeSequence: code("272479007", "postero-anterior"),
    PresentationLUTShape: inverted ? "INVERSE" : "IDENTITY",
    PixelData: [pixels.buffer],
  });
}

/** A day from 2024 on, another for each phantom. */
function studyDate(index: number): string {
  return new Date(Date.UTC(2024, 0, 1 + (index % 365))).toISOString().slice(0, 10).replaceAll("-", "");
}

/** A decimal string holds 16 characters (PS3.5 6.2). */
function decimal(value: number): string {
  return String(Number(value.toPrecision(10)));
}
