/**
 * @file Stored pixel values as bytes, all frames or one, as GDCM (`gdcmraw`) and DCMTK write them: BitsAllocated for each
 * sample, little endian.
 */
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
import { allNativeBytes } from "@fovea/core/dicom/frames";
import { type ImagePixel, readImagePixel } from "@fovea/core/dicom/pixel-data";
import { readBytes } from "../read-file";
import { readFrameBytes } from "./frame-bytes";
import { FrameDecoder } from "./frame-decoder";

export interface RawFramesOptions {
  /** Counted from 0. @default all */
  readonly frame?: number;
  readonly decoder?: FrameDecoder;
}

export interface RawFrames {
  readonly dataSet: DataSet;
  /** How the bytes lie; `frames` is what the file has. */
  readonly pixel: ImagePixel;
  /** Uncompressed frames in one piece, compressed ones each by itself. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/**
 * The stored values of a file; frames are decoded as they are asked for.
 *
 * @throws {FoveaError} as `readFrameBytes`, at once for the first frame, from `pieces` for others
 */
export async function rawFrames(path: string, { frame, decoder }: RawFramesOptions = {}): Promise<RawFrames> {
  const dataSet = parseDataSet(await readBytes(path, "DICOM file"), path);
  const first = frame ?? 0;
  if (frame === undefined && dataSet.transferSyntax.codec === "native") {
    const pixel = readImagePixel(dataSet);
    return { dataSet, pixel, pieces: each([allNativeBytes(dataSet, pixel)]) };
  }
  const used = decoder ?? new FrameDecoder();
  try {
    const { bytes, pixel } = await readFrameBytes(dataSet, { frame: first, decoder: used });
    const end = frame === undefined ? pixel.frames : first + 1;
    return { dataSet, pixel, pieces: framesFrom(dataSet, bytes, { first, end, decoder: used, isOwn: !decoder }) };
  } catch (error) {
    if (decoder === undefined) await used.close();
    throw error;
  }
}

interface Rest {
  readonly first: number;
  readonly end: number;
  readonly decoder: FrameDecoder;
  /** Whether the decoder ends with the last frame. */
  readonly isOwn: boolean;
}

async function* framesFrom(dataSet: DataSet, bytes: Uint8Array, { first, end, decoder, isOwn }: Rest) {
  try {
    yield bytes;
    for (let frame = first + 1; frame < end; frame++) yield (await readFrameBytes(dataSet, { frame, decoder })).bytes;
  } finally {
    if (isOwn) await decoder.close();
  }
}

async function* each(pieces: readonly Uint8Array[]) {
  yield* pieces;
}
