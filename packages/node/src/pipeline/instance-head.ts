/**
 * @file What the record keeps of an object, read from the head of its data set.
 */
import type { Keyword } from "@fovea/core/dicom/attribute";
import type { DataSet } from "@fovea/core/dicom/data-set";
import { type DataSetHead, parseDataSetHead } from "@fovea/core/dicom/data-set-head";
import { FoveaError } from "@fovea/core/errors";
import { decodeText } from "../deidentify/character-set";
import type { FileHeader } from "../pacs/part10";
import type { PatientIdentity, ReceivedInstance } from "../store/record";
import { isImageClass } from "./routing";

/** An object as it is announced: by C-STORE, or by the header of its file. */
export type FileMeta = Pick<FileHeader, "sopClassUid" | "sopUid" | "transferSyntaxUid">;

/** An object as it describes itself; who brought it, its size and its place come from elsewhere. */
export type InstanceHead = Omit<ReceivedInstance, "origin" | "callingAe" | "bytes" | "sha256" | "blob">;

export interface ReadHeadOptions {
  /** Defined term of texts where the data set declares none: the setting `default_character_set`. @default `decodeText`'s */
  readonly defaultCharacterSet?: string;
}

export interface ReadHead {
  readonly instance: InstanceHead;
  readonly manufacturer?: string;
}

const PATIENT = [
  "PatientID",
  "PatientName",
  "PatientBirthDate",
  "PatientSex",
  "AccessionNumber",
  "StudyDescription",
  "ReferringPhysicianName",
  "StudyID",
  "StudyTime",
] as const satisfies readonly (Keyword & keyof PatientIdentity)[];

/** More frames are a damaged number: whoever lists them would run out of memory. Models take 4,096 at most. */
export const MAX_FRAMES = 65_536;
/** Longer texts are no name, and no description. */
const MAX_TEXT = 1024;
/** PS3.5 9.1, without its rule on leading zeros, which devices break. */
const UID = /^[0-9]+(\.[0-9]+)*$/;

export function isUid(text: string | undefined): text is string {
  return text !== undefined && text.length <= 64 && UID.test(text);
}

/**
 * An image whose size cannot be told (its head is damaged before it, or longer than `head`) has `sizeUnknown`: it counts as an image,
 * and its analysis says what is wrong with it.
 *
 * @param head the data set, or its first bytes
 * @param meta as the sender announced it
 * @param isCut whether more bytes follow behind `head`. @default false
 * @throws {FoveaError} `invalid_dicom` if it cannot be read, or does not say to which study and series it belongs;
 *   `invalid_argument` if it is not the object that was announced
 */
export function readInstanceHead(
  head: Uint8Array,
  meta: FileMeta,
  { isCut = false, defaultCharacterSet }: ReadHeadOptions & { readonly isCut?: boolean } = {},
): ReadHead {
  const { dataSet, isWhole } = parseDataSetHead(head, meta.transferSyntaxUid, "the data set");
  return headOf({ dataSet, isWhole: isWhole && !isCut }, meta, { defaultCharacterSet });
}

/**
 * The same while bytes still come in: undefined unless the size stands in `head`, or the pixels begin there, so that nothing behind
 * it counts; also where it says something that `readInstanceHead` throws at.
 */
export function readHeadSoFar(head: Uint8Array, meta: FileMeta, options: ReadHeadOptions = {}): ReadHead | undefined {
  try {
    const read = parseDataSetHead(head, meta.transferSyntaxUid, "the data set");
    const found = headOf({ ...read, isWhole: false }, meta, options);
    return found.instance.rows > 0 || read.dataSet.holds("PixelData") ? found : undefined;
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}

function headOf({ dataSet, isWhole }: DataSetHead, meta: FileMeta, { defaultCharacterSet }: ReadHeadOptions): ReadHead {
  const text = (keyword: Keyword) => decoded(dataSet, keyword, defaultCharacterSet);
  const sopUid = requiredUid(text("SOPInstanceUID"), "SOPInstanceUID");
  if (sopUid !== meta.sopUid || text("SOPClassUID") !== meta.sopClassUid) {
    throw new FoveaError(
      "invalid_argument",
      "SOP Class or Instance UID of the data set differs from the announced one",
    );
  }
  return {
    instance: {
      studyUid: requiredUid(text("StudyInstanceUID"), "StudyInstanceUID"),
      seriesUid: requiredUid(text("SeriesInstanceUID"), "SeriesInstanceUID"),
      sopUid,
      sopClassUid: meta.sopClassUid,
      transferSyntaxUid: meta.transferSyntaxUid,
      patient: patientOf(text),
      ...given({
        studyDate: text("StudyDate"),
        modality: text("Modality"),
        bodyPart: text("BodyPartExamined"),
        station: text("StationName"),
        seriesDescription: text("SeriesDescription"),
        seriesNumber: whole(dataSet, "SeriesNumber"),
        instanceNumber: whole(dataSet, "InstanceNumber"),
      }),
      ...sizeOf(dataSet, isWhole && !dataSet.holds("PixelData"), meta.sopClassUid),
    },
    ...given({ manufacturer: text("Manufacturer") }),
  };
}

/** @param hasNoPixels whether all of it was read, and there is no pixel data */
function sizeOf(
  dataSet: DataSet,
  hasNoPixels: boolean,
  sopClassUid: string,
): Pick<InstanceHead, "frames" | "rows" | "columns" | "sizeUnknown"> {
  const [rows, columns] = [whole(dataSet, "Rows") ?? 0, whole(dataSet, "Columns") ?? 0];
  const frames = Math.max(1, whole(dataSet, "NumberOfFrames") ?? 1);
  if (rows > 0 && columns > 0 && frames <= MAX_FRAMES) return { frames, rows, columns };
  const nothing = { frames: 1, rows: 0, columns: 0 };
  return isImageClass(sopClassUid) && !hasNoPixels ? { ...nothing, sizeUnknown: true } : nothing;
}

function requiredUid(value: string | undefined, keyword: Keyword): string {
  if (!isUid(value))
    throw new FoveaError("invalid_dicom", "missing, or no UID; it is wanted to file the object", { at: keyword });
  return value;
}

function patientOf(text: (keyword: Keyword) => string | undefined): PatientIdentity {
  return given(Object.fromEntries(PATIENT.map((keyword) => [keyword, text(keyword)])));
}

/** Without what is not there. */
function given<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** First value of a text in its character set, without padding and control characters; undefined where there is none. */
function decoded(dataSet: DataSet, keyword: Keyword, undeclared: string | undefined): string | undefined {
  const bytes = dataSet.bytes(keyword);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const plain = plainText(bytes);
  if (plain !== undefined) return plain === "" ? undefined : plain;
  const sets = dataSet.bytes("SpecificCharacterSet");
  const names = sets === undefined ? [] : Buffer.from(sets).toString("latin1").split("\\");
  const value = decodeText(
    bytes,
    names.map((name) => name.trim()),
    undeclared,
  )
    // A backslash divides values; control characters are the padding, or have no place in a text.
    .split("\\")[0]
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, MAX_TEXT);
  return value === "" ? undefined : value;
}

/** A single value of letters that are the same in every character set; undefined where it is something else. */
function plainText(bytes: Uint8Array): string | undefined {
  const end = bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length;
  // Neither controls nor escapes; a backslash divides values, and Japanese sets have it and the tilde for something else.
  for (let i = 0; i < end; i++) if (bytes[i] < 0x20 || bytes[i] > 0x7d || bytes[i] === 0x5c) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString("latin1").trim().slice(0, MAX_TEXT);
}

/** A number that PostgreSQL's `integer` holds; an odd one is none. */
function whole(dataSet: DataSet, keyword: Keyword): number | undefined {
  try {
    const value = dataSet.number(keyword);
    return value !== undefined && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : undefined;
  } catch {
    return undefined;
  }
}
