/**
 * @file Pixel data with regions made black, for the Clean Pixel Data option: native frames in a copy of their bytes,
 * compressed ones decompressed.
 */
import { parseDataSet } from "@fovea/core/dicom/data-set";
import {
  type BlankRegions,
  blankFrames,
  blankingObstacle,
  blankMask,
  type FrameLayout,
} from "@fovea/core/dicom/deidentify/blank";
import type { CleanedPixels } from "@fovea/core/dicom/deidentify/deidentify";
import type { FileLayout } from "@fovea/core/dicom/deidentify/file-layout";
import { nativeLayout, pixelDataOf } from "@fovea/core/dicom/deidentify/pixel-regions";
import { FoveaError } from "@fovea/core/errors";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { readStoredValues } from "../dicom/read-dicom";

/** Decompressed pixel data of more bytes is refused: they would fill the memory. */
const MAX_BYTES = 2 ** 31;

/**
 * Pixel data with `regions` made black.
 *
 * @throws {FoveaError} `unsupported_dicom` for pixels that are not blanked; `invalid_dicom` if a frame cannot be decoded
 */
export async function cleanPixels(
  layout: FileLayout,
  file: string,
  regions: BlankRegions,
  decoder: FrameDecoder,
): Promise<CleanedPixels> {
  const native = nativeLayout(layout);
  const element = pixelDataOf(layout);
  if (native === undefined || element === undefined) throw refused(file, "pixels whose layout the header does not say");
  const mask = blankMask(native.rows, native.columns, regions);
  if (!element.encapsulated) {
    const obstacle = blankingObstacle(native);
    if (obstacle !== undefined) throw refused(file, obstacle);
    const bytes = new Uint8Array(layout.body.subarray(element.valueStart, element.valueEnd));
    blankFrames(bytes, mask, native);
    return { bytes };
  }
  return decompressed(layout, file, native, mask, decoder);
}

async function decompressed(
  layout: FileLayout,
  file: string,
  native: FrameLayout,
  mask: Uint8Array,
  decoder: FrameDecoder,
): Promise<CleanedPixels> {
  const dataSet = parseDataSet(layout.file, file);
  const frames: Uint8Array[] = [];
  let photometricInterpretation = native.photometricInterpretation;
  let bitsAllocated = native.bitsAllocated;
  for (let frame = 0; frame < native.frames; frame++) {
    const { pixel, values } = await readStoredValues(dataSet, { frame, decoder });
    if (values.byteLength * native.frames > MAX_BYTES) throw refused(file, "more than 2 GB of decompressed pixels");
    photometricInterpretation = pixel.photometricInterpretation;
    bitsAllocated = 8 * values.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    blankFrames(bytes, mask, { ...native, ...pixel, bitsAllocated, planar: false, bigEndian: false, frames: 1 });
    frames.push(bytes);
  }
  const bytes = new Uint8Array(Buffer.concat(frames));
  return { bytes, decompressed: { photometricInterpretation, bitsAllocated } };
}

function refused(file: string, what: string): FoveaError {
  const message = `${what} cannot be blanked; blank it by hand, or leave clean-pixel out after a look at the picture`;
  return new FoveaError("unsupported_dicom", message, { file, at: "PixelData" });
}
