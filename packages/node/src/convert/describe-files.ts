/**
 * @file What DICOM files hold, read without decoding a pixel: one file, or a tree by series.
 */
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { type FrameFacts, frameFacts } from "@fovea/core/dicom/picture-record";
import { type ImagePixel, readImagePixel } from "@fovea/core/dicom/pixel-data";
import { type ModalityLut, readModalityLut } from "@fovea/core/dicom/rescale";
import { type SeriesFrame, type SeriesRow, seriesFrame, seriesRows } from "@fovea/core/dicom/series-report";
import { readVoiLut, type VoiLut } from "@fovea/core/dicom/window";
import { FoveaError } from "@fovea/core/errors";
import { readBytes } from "../read-file";
import { listDicomSources } from "./dicom-sources";

export interface FileDescription {
  readonly file: string;
  readonly facts: FrameFacts;
  /** Absent where the file holds no picture, for the reason `refused` gives. */
  readonly pixel?: ImagePixel;
  readonly modalityLut?: ModalityLut;
  /** The file's own; absent where it has none. */
  readonly voiLut?: VoiLut;
  readonly refused?: string;
  readonly warnings: readonly string[];
}

/**
 * What is in one file.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_dicom` if it is none
 */
export async function describeFile(file: string): Promise<FileDescription> {
  const dataSet = parseDataSet(await readBytes(file, "DICOM file"), file);
  const { warnings } = dataSet;
  try {
    const pixel = readImagePixel(dataSet);
    const modalityLut = readModalityLut(dataSet, 0);
    return {
      file,
      facts: frameFacts(dataSet, 0, pixel.frames),
      pixel,
      modalityLut,
      voiLut: readVoiLut(dataSet, 0),
      warnings,
    };
  } catch (error) {
    return { file, facts: frameFacts(dataSet, 0, 1), refused: messageOf(error), warnings };
  }
}

export interface TreeDescription {
  readonly files: number;
  /** Files with pixels. */
  readonly images: number;
  readonly series: readonly SeriesRow[];
  /** Files without pixels, or that are no DICOM files. */
  readonly others: readonly { readonly file: string; readonly reason: string }[];
}

/** A file of more frames takes part with its first ones: thousands of them are no slices of a volume. */
const MOST_FRAMES = 2000;

/**
 * Files below `inputs` by series.
 *
 * @param onFile called after each file
 * @throws {FoveaError} if an input does not exist
 */
export async function describeTree(
  inputs: readonly string[],
  onFile: (done: number, total: number) => void = () => undefined,
): Promise<TreeDescription> {
  const sources = await listDicomSources(inputs);
  const frames: SeriesFrame[] = [];
  const others: { file: string; reason: string }[] = [];
  let images = 0;
  for (const [i, { path }] of sources.entries()) {
    try {
      frames.push(...(await framesOf(path)));
      images++;
    } catch (error) {
      others.push({ file: path, reason: messageOf(error) });
    }
    onFile(i + 1, sources.length);
  }
  return { files: sources.length, images, series: seriesRows(frames), others };
}

async function framesOf(path: string): Promise<SeriesFrame[]> {
  const dataSet = parseDataSet(await readBytes(path, "DICOM file"), path);
  const pixel = readImagePixel(dataSet);
  const count = Math.min(pixel.frames, MOST_FRAMES);
  return Array.from({ length: count }, (_, frame) => seriesFrame(frameFacts(dataSet, frame, pixel.frames), pixel));
}

/** What is wrong, for a list in which one file must not end the others. */
function messageOf(error: unknown): string {
  if (error instanceof FoveaError) return error.message;
  return `unexpected ${error}; please report it`;
}
