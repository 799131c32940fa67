/**
 * @file Bytes of one frame, compressed or not (PS3.5 section 8 and annex A).
 */

import { ArgumentError } from "../errors";
import type { DataSet } from "./data-set";
import { joined } from "./joined-bytes";
import { type ImagePixel, sampleCount } from "./pixel-data";
import { type StoredValues, storedValues } from "./stored-values";

/**
 * Bytes of an uncompressed frame, counted from 0, little endian; else as the file has them. Pixels of one bit begin with
 * the first byte's lowest.
 *
 * @throws {ArgumentError} if there is no such frame
 * @throws {FoveaError} `invalid_dicom` if the pixel data are too short
 */
export function nativeFrameBytes(dataSet: DataSet, pixel: ImagePixel, frame: number): Uint8Array {
  checkFrame(dataSet, pixel, frame);
  return nativeBytes(dataSet, pixel, frame, 1);
}

/** All uncompressed frames in the same way, one after another; frames of one bit a pixel without a gap (PS3.5 8.1.1). */
export function allNativeBytes(dataSet: DataSet, pixel: ImagePixel): Uint8Array {
  return nativeBytes(dataSet, pixel, 0, pixel.frames);
}

function nativeBytes(dataSet: DataSet, pixel: ImagePixel, frame: number, frames: number): Uint8Array {
  const bytes = dataSet.bytes("PixelData");
  if (bytes === undefined) {
    throw dataSet.error("PixelData", `compressed frames under ${dataSet.transferSyntax.name}, which has none`);
  }
  const bits = sampleCount(pixel) * pixel.bitsAllocated;
  const end = Math.ceil(((frame + frames) * bits) / 8);
  if (bytes.length < end) {
    const last = frame + frames - 1;
    throw dataSet.error("PixelData", `${bytes.length} bytes, frame ${last} ends at ${end}; the file is cut short`);
  }
  const word = dataSet.transferSyntax.bigEndian ? swapSize(dataSet, pixel) : 1;
  // Words may begin before the frame does, where it has an odd number of bytes.
  const first = Math.floor((frame * bits) / 8 / word) * word;
  const piece = bytes.subarray(first, Math.min(bytes.length, Math.ceil(end / word) * word));
  return movedBits(word === 1 ? piece : swappedBytes(piece, word), frame * bits - 8 * first, frames * bits);
}

/** Stored values of an uncompressed frame; see `nativeFrameBytes`. */
export function nativeFrame(dataSet: DataSet, pixel: ImagePixel, frame: number): StoredValues {
  return storedValues(nativeFrameBytes(dataSet, pixel, frame), pixel);
}

/**
 * The compressed bytes of a frame, counted from 0: one fragment, or several joined.
 *
 * Fragments belong to a frame by the basic offset table; without one by their number, or by where a JPEG stream begins.
 *
 * @throws {ArgumentError} if there is no such frame
 * @throws {FoveaError} `invalid_dicom` if there are no fragments, or no telling which belong to the frame
 */
export function encapsulatedFrame(dataSet: DataSet, pixel: ImagePixel, frame: number): Uint8Array {
  checkFrame(dataSet, pixel, frame);
  const encapsulation = dataSet.encapsulation("PixelData");
  if (encapsulation === undefined || encapsulation.fragments.length === 0) {
    throw dataSet.error("PixelData", `no compressed frames under ${dataSet.transferSyntax.name}`);
  }
  const { offsets, fragments } = encapsulation;
  if (pixel.frames === 1) return joined(fragments.map(({ bytes }) => bytes));
  if (fragments.length === pixel.frames) return fragments[frame].bytes;
  let starts = offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset === offset));
  if (starts.length !== pixel.frames || starts.includes(-1)) {
    starts = [...fragments.keys()].filter((i) => beginsStream(fragments[i].bytes));
  }
  if (starts.length !== pixel.frames) {
    const found = `${fragments.length} fragments for ${pixel.frames} frames`;
    throw dataSet.error("PixelData", `${found}, and no offset table that says which belong together`);
  }
  return joined(fragments.slice(starts[frame], starts.at(frame + 1)).map(({ bytes }) => bytes));
}

/** Bytes that big endian turns round. PS3.5 8.2: words of an OW also where they hold two 8-bit samples, or 16 of one bit. */
function swapSize(dataSet: DataSet, { bitsAllocated }: ImagePixel): number {
  if (bitsAllocated > 8) return bitsAllocated / 8;
  return dataSet.vr("PixelData") === "OW" ? 2 : 1;
}

/** Words of `size` bytes, each turned round; a last one that is not whole stays. */
function swappedBytes(bytes: Uint8Array, size: number): Uint8Array {
  // Not `slice`, which makes no copy of Node's buffers.
  const out = new Uint8Array(bytes);
  for (let at = 0; at + size <= bytes.length; at += size) {
    for (let k = 0; k < size; k++) out[at + k] = bytes[at + size - 1 - k];
  }
  return out;
}

/** `count` bits of `bytes` from bit `from` on, moved to begin with a byte. */
function movedBits(bytes: Uint8Array, from: number, count: number): Uint8Array {
  const length = Math.ceil(count / 8);
  const start = from >> 3;
  const shift = from & 7;
  if (shift === 0) return bytes.subarray(start, start + length);
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    out[i] = (bytes[start + i] >> shift) | ((bytes[start + i + 1] ?? 0) << (8 - shift));
  }
  return out;
}

/** Start of image of JPEG and JPEG-LS (FF D8), start of code stream of JPEG 2000 (FF 4F). */
function beginsStream(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f);
}

function checkFrame(dataSet: DataSet, { frames }: ImagePixel, frame: number): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
    throw new ArgumentError(`frame ${frame} asked for, the file has ${frames}, counted from 0`, { file: dataSet.file });
  }
}
