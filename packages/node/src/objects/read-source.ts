/**
 * @file What result objects need of an image, out of its data set: identity, patient and study as text, geometry of frames.
 *
 * Text is decoded by the image's character set, since result objects are written in UTF-8. Values that their VR does not
 * allow are left out where the attribute may be empty, as are numbers that are none: an object with a broken date would be
 * refused as a whole, and what was found would reach nobody.
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
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { decodeText } from "../deidentify/character-set";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { readStoredValues } from "../dicom/read-dicom";

export interface ReadSourceOptions {
  /** Frames with findings, counted from 0. */
  readonly frames: readonly number[];
  /** Decode frames that bring no window and fit one, as they are shown. @default false */
  readonly fitWindows?: boolean;
  readonly decoder?: FrameDecoder;
  /** Defined term of the character set of images that declare none. @default ASCII; what else is there becomes U+FFFD */
  readonly defaultCharacterSet?: string;
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
  { frames, fitWindows = false, decoder, defaultCharacterSet = "ISO_IR 6" }: ReadSourceOptions,
): Promise<SourceInstance> {
  const pixel = readImagePixel(dataSet);
  const photometric = pixel.photometricInterpretation;
  const isColour = !photometric.startsWith("MONOCHROME");
  const frameOfReferenceUid = allowed("FrameOfReferenceUID", dataSet.text("FrameOfReferenceUID"));
  const instanceNumber = allowed("InstanceNumber", dataSet.text("InstanceNumber"));
  const sets = characterSets(dataSet);
  const text: ReadText = (from, keyword) => decoded(from, keyword, sets, defaultCharacterSet);
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
    ...(instanceNumber !== undefined && { instanceNumber: Number(instanceNumber) }),
    isColour,
    isInverted: photometric === "MONOCHROME1",
    ...(frameOfReferenceUid !== undefined && { frameOfReferenceUid }),
    ...lossyOf(dataSet),
    patientAndStudy: patientAndStudy(dataSet, text),
    procedures: codes(dataSet, "ProcedureCodeSequence", text),
    ...lateralityOf(dataSet),
    frameDetails: details,
  };
}

function required(dataSet: DataSet, keyword: Keyword): string {
  const value = dataSet.text(keyword);
  if (value === undefined) throw dataSet.error(keyword, "missing; result objects must refer to the image by it");
  return value;
}

/** Text of the first value, by the character set of the image. */
type ReadText = (from: DataSet, keyword: Keyword) => string | undefined;

function patientAndStudy(dataSet: DataSet, text: ReadText): Attributes {
  const values: Record<string, unknown> = {
    PatientName: identity(text(dataSet, "PatientName"), "PatientName"),
    PatientID: identity(text(dataSet, "PatientID"), "PatientID"),
  };
  for (const keyword of MAY_BE_EMPTY) values[keyword] = allowed(keyword, text(dataSet, keyword)) ?? "";
  for (const keyword of OPTIONAL) {
    const value = allowed(keyword, text(dataSet, keyword));
    if (value !== undefined && value !== "") values[keyword] = value;
  }
  if (!["M", "F", "O", ""].includes(String(values.PatientSex))) values.PatientSex = "";
  return { ...values, ...deidentification(dataSet, text) };
}

/**
 * A name or identifier without the control characters that archives leave in it, as the record has it. Empty where it is longer
 * than may be written: a part of it might be somebody else's.
 */
function identity(value: string | undefined, keyword: "PatientName" | "PatientID"): string {
  return allowed(keyword, value?.replace(/\p{Cc}/gu, "").trim()) ?? "";
}

/** That identifiers were taken out, if the image says how (PS3.3 C.7.1.1). */
function deidentification(dataSet: DataSet, text: ReadText): Attributes {
  const method = allowed("DeidentificationMethod", text(dataSet, "DeidentificationMethod"));
  const methods = codes(dataSet, "DeidentificationMethodCodeSequence", text);
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
function decoded(dataSet: DataSet, keyword: Keyword, sets: readonly string[], undeclared: string): string | undefined {
  const bytes = dataSet.bytes(keyword);
  if (bytes === undefined) return undefined;
  return decodeText(bytes, sets, undeclared)
    .replace(/[\0 ]+$/, "")
    .trimStart()
    .split("\\")[0];
}

/** The value, if its VR allows it. */
function allowed<T extends string | readonly string[]>(keyword: Keyword, value: T | undefined): T | undefined {
  return value === undefined || valueFaults({ [keyword]: value }).length > 0 ? undefined : value;
}

function codes(dataSet: DataSet, sequence: Keyword, text: ReadText): Code[] {
  return dataSet.items(sequence).flatMap((item) => {
    const value = allowed("CodeValue", item.text("CodeValue"));
    const scheme = allowed("CodingSchemeDesignator", item.text("CodingSchemeDesignator"));
    const meaning = allowed("CodeMeaning", text(item, "CodeMeaning"));
    return value && scheme && meaning ? [{ value, scheme, meaning }] : [];
  });
}

/** Methods of lossy transfer syntaxes (PS3.3 C.7.6.1.1.5.1); under those that may be either, the image must say it. */
const LOSSY_METHODS: Readonly<Record<string, string | undefined>> = {
  "1.2.840.10008.1.2.4.50": "ISO_10918_1",
  "1.2.840.10008.1.2.4.51": "ISO_10918_1",
  "1.2.840.10008.1.2.4.53": "ISO_10918_1",
  "1.2.840.10008.1.2.4.55": "ISO_10918_1",
};

function lossyOf(dataSet: DataSet): Pick<SourceInstance, "lossy"> {
  const method = LOSSY_METHODS[dataSet.transferSyntax.uid];
  if (dataSet.text("LossyImageCompression") !== "01" && method === undefined) return {};
  const ratios = quietNumbers(dataSet, "LossyImageCompressionRatio");
  const methods = textValues(dataSet, "LossyImageCompressionMethod");
  // One ratio and one method for each step, in their order: half of the list would tell something else.
  const areRight = allowed("LossyImageCompressionMethod", methods) !== undefined && methods.every((one) => one !== "");
  return {
    lossy: { ratios, methods: areRight && methods.length > 0 ? methods : method === undefined ? [] : [method] },
  };
}

function textValues(dataSet: DataSet, keyword: Keyword): string[] {
  const bytes = dataSet.bytes(keyword);
  if (bytes === undefined || bytes.length === 0) return [];
  return Buffer.from(bytes)
    .toString("latin1")
    .split("\\")
    .map((value) => value.replace(/\0/g, "").trim());
}

/** Numbers that may be missing; none where they cannot be read. */
function quietNumbers(dataSet: DataSet, keyword: Keyword): number[] {
  try {
    return dataSet.numbers(keyword);
  } catch (error) {
    if (error instanceof FoveaError) return [];
    throw error;
  }
}

function geometry(dataSet: DataSet, frame: number): SourceFrame {
  const spacing = readSpacing(dataSet, frame);
  const aspect = quietNumbers(dataSet, "PixelAspectRatio");
  const hasAspect = aspect.length === 2 && aspect.every((one) => Number.isInteger(one) && one > 0);
  const position = quietNumbers(frameItem(dataSet, frame, "PlanePositionSequence"), "ImagePositionPatient");
  const orientation = quietNumbers(frameItem(dataSet, frame, "PlaneOrientationSequence"), "ImageOrientationPatient");
  const sliceThickness = quietNumbers(frameItem(dataSet, frame, "PixelMeasuresSequence"), "SliceThickness").at(0);
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
  if (!item.has("RescaleSlope") && !item.has("RescaleIntercept")) return {};
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
