/**
 * @file Series as volumes: one NumPy array of float32 for each, slices x rows x columns in order along their normal, and what
 * it means as JSON beside it.
 */
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import type { PictureRecord } from "@fovea/core/dicom/picture-record";
import { modalityValues, readModalityLut } from "@fovea/core/dicom/rescale";
import { type SeriesFrame, seriesFrame } from "@fovea/core/dicom/series-report";
import { sortVolumes, type Volume } from "@fovea/core/dicom/volume";
import { FoveaError } from "@fovea/core/errors";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { FrameDecoder } from "../dicom/frame-decoder";
import { readStoredValues } from "../dicom/read-dicom";
import { readBytes } from "../read-file";
import { npyHeader } from "./npy";

/** A volume that was written, or why it was not. */
export interface VolumeOutcome {
  readonly seriesInstanceUid: string;
  readonly stack: number;
  readonly slices: number;
  /** Path of the array below the output folder. */
  readonly file?: string;
  readonly reason?: string;
  readonly problems: readonly string[];
}

/** Folder of the volumes in the output. */
const FOLDER = "volumes";

/**
 * Writes the volumes of the monochrome pictures that `pictures`, a file of records, names; a series of one slice is none.
 *
 * @throws {FoveaError} `write_failed` or `disk_full`
 */
export async function writeVolumes(pictures: string, out: string): Promise<VolumeOutcome[]> {
  const frames: SeriesFrame[] = [];
  for await (const line of createInterface({ input: createReadStream(pictures) })) {
    const record: PictureRecord = JSON.parse(line);
    const isGrey = record.photometricInterpretation?.startsWith("MONOCHROME") ?? true;
    if (isGrey) frames.push(seriesFrame(record, { rows: record.height, columns: record.width }));
  }
  await mkdir(join(out, FOLDER), { recursive: true }).catch((error: unknown) => {
    throw writeFailure(join(out, FOLDER), error);
  });
  const decoder = new FrameDecoder();
  const outcomes: VolumeOutcome[] = [];
  try {
    for (const [i, volume] of sortVolumes(frames).entries()) {
      if (volume.slices.length > 1) outcomes.push(await writeVolume(volume, i, out, decoder));
    }
  } finally {
    await decoder.close();
  }
  return outcomes;
}

async function writeVolume(
  volume: Volume<SeriesFrame>,
  index: number,
  out: string,
  decoder: FrameDecoder,
): Promise<VolumeOutcome> {
  const { seriesInstanceUid, stack, slices, duplicates, sliceDistanceMm, patientFromIndex } = volume;
  const problems = volume.problems.map(({ message }) => message);
  const told = { seriesInstanceUid, stack, slices: slices.length, problems };
  // Identifiers come from the file: what is no digit or dot goes into no path.
  const name = `${seriesInstanceUid.replace(/[^\d.]/g, "") || `series${index}`}_${stack}`;
  const file = `${FOLDER}/${name}.npy`;
  try {
    await writeAtomically(join(out, file), pieces(slices, decoder));
  } catch (error) {
    if (!(error instanceof FoveaError) || error.code === "write_failed" || error.code === "disk_full") throw error;
    return { ...told, reason: error.message };
  }
  const [{ rows, columns, spacingMm, facts }] = slices;
  const meaning = {
    array: file,
    axes: ["slice", "row", "column"],
    shape: [slices.length, rows, columns],
    values: "modality values (Hounsfield units of CT), float32",
    modality: facts.modality,
    seriesInstanceUid,
    studyInstanceUid: facts.studyInstanceUid,
    patientId: facts.patientId,
    spacingMm,
    sliceDistanceMm,
    patientFromIndex,
    slices: slices.map((slice) => slice.name),
    leftOut: duplicates.map((slice) => slice.name),
    problems: volume.problems,
  };
  await writeAtomically(join(out, FOLDER, `${name}.json`), `${JSON.stringify(meaning, null, 2)}\n`);
  return { ...told, file };
}

/** One slice in memory at a time. */
async function* pieces(slices: readonly SeriesFrame[], decoder: FrameDecoder): AsyncGenerator<Uint8Array> {
  const [{ rows, columns }] = slices;
  yield npyHeader(new Float32Array(), [slices.length, rows, columns]);
  for (const { facts } of slices) {
    const dataSet = parseDataSet(await readBytes(facts.source, "DICOM file"), facts.source);
    const { values } = await readStoredValues(dataSet, { frame: facts.frame, decoder });
    const measured = modalityValues(values, readModalityLut(dataSet, facts.frame));
    yield new Uint8Array(measured.buffer, measured.byteOffset, measured.byteLength);
  }
}
