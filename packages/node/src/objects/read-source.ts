/**
 * @file What result objects need of an image, out of its data set: identity, patient and study as text, geometry of frames.
 *
 * Text is decoded by the image's character set, since result objects are written in UTF-8. Values that their VR does not
 * allow are left out where the attribute may be empty: an object with a broken date would be refused as a whole.
 */
import type { Keyword } from "@fovea/core/dicom/attribute";
import type { DataSet } from "@fovea/core/dicom/data-set";
import { displayLut } from "@fovea/core/dicom/display";
import { frameItem } from "@fovea/core/dicom/functional-group";
import type { LookupTable } from "@fovea/core/dicom/lookup-table";
import { valueFaults } from "@fovea/core/dicom/objects/check-values";
import { type Attributes, type Code, codeSequence } from "@fovea/core/dicom/objects/code";
import type { SourceFrame, SourceInstance, SourceTable } from "@fovea/core/dicom/objects/result-source";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { modalityValues, readModalityLut } from "@fovea/core/dicom/rescale";
import { readSpacing } from "@fovea/core/dicom/spacing";
import { readVoiLut, type VoiLut } from "@fovea/core/dicom/window";
import { ArgumentError } from "@fovea/core/errors";
import { decodeText } from "../deidentify/character-set";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { readStoredValues } from "../dicom/read-dicom";

export interface ReadSourceOptions {
  /** Frames with findings, counted from 0. */
  readonly frames: readonly number[];
  /** Decode frames that bring no window and fit one, as they are shown. @default false */
  readonly fitWindows?: boolean;
  readonly decoder?: FrameDecoder;
}

/** Attributes that are copied, and may be empty (PS3.3 tables C.7-1, C.7-3, C.7-4a). */
const MAY_BE_EMPTY = [
  "PatientBirthDate",
  "PatientSex",
  "StudyDate",
  "StudyTime",
  "AccessionNumber",
  "ReferringPhysicianName",
  "StudyID",
] as const satisfies readonly Keyword[];

/** Attributes that are copied where the image has them. */
const OPTIONAL: readonly Keyword[] = ["IssuerOfPatientID", "StudyDescription", "PatientAge"];

/**
 * Reads what objects about the image need.
 *
 * @throws {FoveaError} `invalid_dicom` if it lacks an identifier or its size, without which nothing can refer to it; `unsupported_dicom`
   if it is no image; `invalid_argument` without such a frame
 */
export async function readSource(
  dataSet: DataSet,
  { frames, fitWindows = false, decoder }: ReadSourceOptions,
): Promise<SourceInstance> {
  const pixel = readImagePixel(dataSet);
  const photometric = pixel.photometricInterpretation;
  const isColour = !photometric.startsWith("MONOCHROME");
  const frameOfReferenceUid = dataSet.text("FrameOfReferenceUID");
  const details = new Map<number, SourceFrame>();
  for (const frame of new Set(frames)) {
    if (!Number.isInteger(frame) || frame < 0 || frame >= pixel.frames) {
      throw new ArgumentError(`a finding in frame ${frame} of an image of ${pixel.frames}`, { file: dataSet.file });
    }
    const voi = isColour ? undefined : await frameVoi(dataSet, frame, fitWindows, decoder);
    details.set(frame, {
      ...geometry(dataSet, frame),
      ...(isColour ? {} : modalityOf(dataSet, frame)),
      ...(voi && { voi }),
    });
  }
  return {
    sopClassUid: required(dataSet, "SOPClassUID"),
    sopUid: required(dataSet, "SOPInstanceUID"),
    seriesUid: required(dataSet, "SeriesInstanceUID"),
    studyUid: required(dataSet, "StudyInstanceUID"),
    modality: dataSet.text("Modality") ?? "OT",
    rows: pixel.rows,
    columns: pixel.columns,
    frames: pixel.frames,
    isColour,
    isInverted: photometric === "MONOCHROME1",
    ...(frameOfReferenceUid !== undefined && { frameOfReferenceUid }),
    ...lossyOf(dataSet),
    patientAndStudy: patientAndStudy(dataSet),
    procedures: codes(dataSet, "ProcedureCodeSequence"),
    ...lateralityOf(dataSet),
    frameDetails: details,
  };
}

function required(dataSet: DataSet, keyword: Keyword): string {
  const value = dataSet.text(keyword);
  if (value === undefined) throw dataSet.error(keyword, "missing; result objects must refer to the image by it");
  return value;
}

function patientAndStudy(dataSet: DataSet): Attributes {
  const sets = characterSets(dataSet);
  const values: Record<string, unknown> = {
    PatientName: decoded(dataSet, "PatientName", sets) ?? "",
    PatientID: decoded(dataSet, "PatientID", sets) ?? "",
  };
  for (const keyword of MAY_BE_EMPTY) values[keyword] = allowed(keyword, decoded(dataSet, keyword, sets)) ?? "";
  for (const keyword of OPTIONAL) {
    const value = allowed(keyword, decoded(dataSet, keyword, sets));
    if (value !== undefined && value !== "") values[keyword] = value;
  }
  if (!["M", "F", "O", ""].includes(String(values.PatientSex))) values.PatientSex = "";
  return { ...values, ...deidentification(dataSet) };
}

/** That identifiers were taken out, if the image says how (PS3.3 C.7.1.1). */
function deidentification(dataSet: DataSet): Attributes {
  const sets = characterSets(dataSet);
  const method = allowed("DeidentificationMethod", decoded(dataSet, "DeidentificationMethod", sets));
  const methods = codes(dataSet, "DeidentificationMethodCodeSequence");
  if (dataSet.text("PatientIdentityRemoved") !== "YES" || (!method && methods.length === 0)) return {};
  return {
    PatientIdentityRemoved: "YES",
    ...(method && { DeidentificationMethod: method }),
    ...(methods.length > 0 && { DeidentificationMethodCodeSequence: methods.flatMap(codeSequence) }),
  };
}

function lateralityOf(dataSet: DataSet): Pick<SourceInstance, "laterality"> {
  const laterality = dataSet.text("Laterality");
  return laterality === "L" || laterality === "R" ? { laterality } : {};
}

/** Values of SpecificCharacterSet, the first one empty where it is. */
function characterSets(dataSet: DataSet): string[] {
  const sets: string[] = [];
  const bytes = dataSet.bytes("SpecificCharacterSet");
  if (bytes === undefined) return sets;
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .split("\\")
    .map((set) => set.trim());
}

/** Text of the first value; undefined where absent. */
function decoded(dataSet: DataSet, keyword: Keyword, sets: readonly string[]): string | undefined {
  const bytes = dataSet.bytes(keyword);
  if (bytes === undefined) return undefined;
  return decodeText(bytes, sets)
    .replace(/[\0 ]+$/, "")
    .trimStart()
    .split("\\")[0];
}

/** The value, if its VR allows it. */
function allowed(keyword: Keyword, value: string | undefined): string | undefined {
  return value === undefined || valueFaults({ [keyword]: value }).length > 0 ? undefined : value;
}

function codes(dataSet: DataSet, sequence: Keyword): Code[] {
  const sets = characterSets(dataSet);
  return dataSet.items(sequence).flatMap((item) => {
    const value = allowed("CodeValue", item.text("CodeValue"));
    const scheme = allowed("CodingSchemeDesignator", item.text("CodingSchemeDesignator"));
    const meaning = allowed("CodeMeaning", decoded(item, "CodeMeaning", sets));
    return value && scheme && meaning ? [{ value, scheme, meaning }] : [];
  });
}

function lossyOf(dataSet: DataSet): Pick<SourceInstance, "lossy"> {
  const isLossy = dataSet.text("LossyImageCompression") === "01";
  if (!isLossy) return {};
  const method = dataSet.text("LossyImageCompressionMethod");
  return {
    lossy: { ratios: dataSet.numbers("LossyImageCompressionRatio"), methods: method === undefined ? [] : [method] },
  };
}

function geometry(dataSet: DataSet, frame: number): SourceFrame {
  const spacing = readSpacing(dataSet, frame);
  const aspect = dataSet.numbers("PixelAspectRatio");
  const hasAspect = aspect.length === 2 && aspect.every((one) => Number.isInteger(one) && one > 0);
  const position = frameItem(dataSet, frame, "PlanePositionSequence").numbers("ImagePositionPatient");
  const orientation = frameItem(dataSet, frame, "PlaneOrientationSequence").numbers("ImageOrientationPatient");
  const sliceThickness = frameItem(dataSet, frame, "PixelMeasuresSequence").number("SliceThickness");
  return {
    ...(spacing ? { spacing } : hasAspect && { aspect: [aspect[0], aspect[1]] as const }),
    ...(position.length === 3 && { position }),
    ...(orientation.length === 6 && { orientation }),
    ...(sliceThickness !== undefined && { sliceThickness }),
  };
}

function modalityOf(dataSet: DataSet, frame: number): Pick<SourceFrame, "rescale" | "modalityTable"> {
  const lut = readModalityLut(dataSet, frame);
  if (lut.kind === "table") return { modalityTable: sourceTable(lut.table) };
  const item = frameItem(dataSet, frame, "PixelValueTransformationSequence");
  if (!item.has("RescaleSlope")) return {};
  const isCt = dataSet.text("Modality") === "CT";
  const type = allowed("RescaleType", item.text("RescaleType")) ?? (isCt ? "HU" : undefined);
  return { rescale: { slope: lut.slope, intercept: lut.intercept, ...(type !== undefined && { type }) } };
}

async function frameVoi(
  dataSet: DataSet,
  frame: number,
  fitWindows: boolean,
  decoder: FrameDecoder | undefined,
): Promise<SourceFrame["voi"]> {
  const own = readVoiLut(dataSet, frame);
  if (own !== undefined) return sourceVoi(own);
  if (!fitWindows) return undefined;
  const { pixel, values } = await readStoredValues(dataSet, { frame, decoder });
  const lut = readModalityLut(dataSet, frame);
  return sourceVoi(displayLut(dataSet, pixel, frame, lut, () => modalityValues(values, lut)));
}

function sourceVoi(voi: VoiLut): SourceFrame["voi"] {
  if (voi.kind === "table") return { table: sourceTable(voi.table) };
  const { center, width, voiLutFunction = "LINEAR" } = voi.window;
  return { center, width, ...(voiLutFunction !== "LINEAR" && { voiLutFunction }) };
}

/** 2^16 entries are written as 0 (PS3.3 C.11.1.1.1). */
function sourceTable({ first, bits, entries }: LookupTable): SourceTable {
  return { descriptor: [entries.length & 0xffff, first, bits], entries };
}
