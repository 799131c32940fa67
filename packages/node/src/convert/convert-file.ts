/**
 * @file One DICOM file to pictures. Whatever the file is, an outcome comes of it: only a picture that cannot be written
 * is an error.
 */
import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { type DataSet, hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { framePicture } from "@fovea/core/dicom/frame-picture";
import { frameFacts, type PictureRecord, pictureRecord } from "@fovea/core/dicom/picture-record";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { FoveaError } from "@fovea/core/errors";
import { writeAtOnce, writeFailure } from "../data/atomic-write";
import { FrameDecoder } from "../dicom/frame-decoder";
import { readStoredValues } from "../dicom/read-dicom";
import { readBytesAtOnce, readFailure } from "../read-file";
import { encodePicture, PICTURE_ENDINGS } from "./encode-picture";
import { type ConvertSettings, chosenFrames } from "./settings";

/** A file to be converted. */
export interface ConvertJob {
  readonly source: string;
  /** Path of its pictures below the output folder, without ending, with `/`. */
  readonly stem: string;
}

/** What became of a file: `partial` where some frames could not be decoded, `skipped` where there is no picture in it. */
export type ConvertStatus = "converted" | "partial" | "skipped" | "refused";

export interface FileOutcome {
  readonly source: string;
  readonly status: ConvertStatus;
  /** Why there is no picture, or not of every frame. */
  readonly reason?: string;
  readonly warnings: readonly string[];
  readonly modality?: string;
  readonly transferSyntax?: string;
  /** Frames in the file. */
  readonly frames?: number;
  readonly pictures: readonly PictureRecord[];
}

/** Failed frames that a reason names; it counts the others. */
const MOST_NAMED = 3;

/** Converts one file after another. */
export class FileConverter {
  readonly #out: string;
  readonly #settings: ConvertSettings;
  readonly #onFrame: () => void;
  readonly #decoder = new FrameDecoder();
  readonly #folders = new Set<string>();

  /** @param onFrame called after each frame */
  constructor(out: string, settings: ConvertSettings, onFrame: () => void = () => undefined) {
    this.#out = out;
    this.#settings = settings;
    this.#onFrame = onFrame;
  }

  close(): Promise<void> {
    return this.#decoder.close();
  }

  /** @throws {FoveaError} `write_failed` or `disk_full` */
  async convert({ source, stem }: ConvertJob): Promise<FileOutcome> {
    const plain = { source, warnings: [], pictures: [] };
    let dataSet: DataSet;
    try {
      const other = otherKind(source);
      if (other !== undefined) return { ...plain, status: "skipped", reason: other };
      dataSet = parseDataSet(readBytesAtOnce(source, "DICOM file"), source);
    } catch (error) {
      return { ...plain, status: "refused", reason: reasonOf(error, source) };
    }
    const facts = {
      source,
      warnings: dataSet.warnings,
      modality: quietText(dataSet, "Modality"),
      transferSyntax: dataSet.transferSyntax.name,
    };
    if (!holdsPixels(dataSet)) {
      return { ...facts, status: "skipped", reason: withoutPicture(dataSet), pictures: [] };
    }
    return { ...facts, ...(await this.#frames(dataSet, stem)) };
  }

  async #frames(
    dataSet: DataSet,
    stem: string,
  ): Promise<Pick<FileOutcome, "status" | "reason" | "frames" | "pictures">> {
    const { file } = dataSet;
    let frames: number;
    try {
      ({ frames } = readImagePixel(dataSet));
    } catch (error) {
      return { status: "refused", reason: reasonOf(error, file), pictures: [] };
    }
    const chosen = chosenFrames(this.#settings.frames, frames);
    if (chosen.length === 0) {
      const reason = `frame ${this.#settings.frames} is wanted, the file has ${frames}, counted from 0`;
      return { status: "refused", reason, frames, pictures: [] };
    }
    const pictures: PictureRecord[] = [];
    const failures: string[] = [];
    for (const frame of chosen) {
      try {
        pictures.push(await this.#frame(dataSet, frame, frames, frames === 1 ? stem : frameStem(stem, frame, frames)));
      } catch (error) {
        if (isWriteFailure(error)) throw error;
        failures.push(reasonOf(error, file));
      }
      this.#onFrame();
    }
    if (failures.length === 0) return { status: "converted", frames, pictures };
    const named = [...new Set(failures)].slice(0, MOST_NAMED).join("; ");
    const reason = chosen.length === 1 ? named : `${failures.length} of ${chosen.length} frames: ${named}`;
    return { status: pictures.length > 0 ? "partial" : "refused", reason, frames, pictures };
  }

  async #frame(dataSet: DataSet, frame: number, frames: number, stem: string): Promise<PictureRecord> {
    const { windows, depth, format } = this.#settings;
    const { pixel, values } = await readStoredValues(dataSet, { frame, decoder: this.#decoder });
    const picture = framePicture(dataSet, pixel, values, frame, { windows, depth });
    const content = await encodePicture(picture, this.#settings);
    const name = stem + PICTURE_ENDINGS[format];
    this.#write(join(this.#out, name), content);
    return pictureRecord(picture, { picture: name, bytes: content.length }, frameFacts(dataSet, frame, frames));
  }

  #write(path: string, content: Uint8Array): void {
    const folder = dirname(path);
    if (!this.#folders.has(folder)) {
      try {
        mkdirSync(folder, { recursive: true });
      } catch (error) {
        throw writeFailure(path, error);
      }
      this.#folders.add(folder);
    }
    writeAtOnce(path, content);
  }
}

/** `heart.f0007`: as many digits as the last frame has, four at least. */
function frameStem(stem: string, frame: number, frames: number): string {
  return `${stem}.f${String(frame).padStart(Math.max(4, String(frames - 1).length), "0")}`;
}

/** Why a file is no DICOM file, told by its first bytes; `undefined` where it may be one. */
function otherKind(source: string): string | undefined {
  const head = readHead(source);
  if (hasDicomPrefix(head))
    return basename(source).toUpperCase() === "DICOMDIR" ? "an index of DICOM files" : undefined;
  // A file without prefix begins with group 2 or 8, in either byte order (PS3.10 leaves it to the user to know).
  const group = head.length < 8 ? undefined : head[0] === 0 ? head[1] : head[1] === 0 ? head[0] : undefined;
  if (group === 2 || group === 8) return undefined;
  if (/^\.(dcm|dicom)$/i.test(extname(source))) return undefined;
  return head.length === 0 ? "an empty file" : "no DICOM file";
}

function readHead(path: string): Uint8Array {
  try {
    const handle = openSync(path, "r");
    try {
      const head = new Uint8Array(132);
      return head.subarray(0, readSync(handle, head, 0, head.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw readFailure(path, error, "DICOM file");
  }
}

function holdsPixels(dataSet: DataSet): boolean {
  const keywords = ["PixelData", "FloatPixelData", "DoubleFloatPixelData"] as const;
  return keywords.some((keyword) => dataSet.has(keyword)) || dataSet.encapsulation("PixelData") !== undefined;
}

function withoutPicture(dataSet: DataSet): string {
  const kind = quietText(dataSet, "Modality") ?? "an object";
  const sopClass = quietText(dataSet, "SOPClassUID") ?? quietText(dataSet, "MediaStorageSOPClassUID") ?? "unknown";
  return `holds no pixels (${kind}, SOP class ${sopClass})`;
}

function quietText(dataSet: DataSet, keyword: Parameters<DataSet["text"]>[0]): string | undefined {
  try {
    return dataSet.text(keyword);
  } catch {
    return undefined;
  }
}

function isWriteFailure(error: unknown): boolean {
  return error instanceof FoveaError && (error.code === "write_failed" || error.code === "disk_full");
}

/** The message without the file's name, which stands beside it. What nobody foresaw costs one file too, and is told. */
function reasonOf(error: unknown, source: string): string {
  if (!(error instanceof FoveaError)) return `unexpected ${error}; please report it`;
  return error.message.startsWith(`${source}: `) ? error.message.slice(source.length + 2) : error.message;
}
