/**
 * @file Pixel data with regions made black, for the Clean Pixel Data option: native frames in a copy of their bytes,
 * compressed ones decompressed.
 */
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
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
import { paletteColors, rgbFromYbr } from "@fovea/core/dicom/display";
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
  const given = regions.blank.length > 0;
  if (!element.encapsulated) {
    const obstacle = blankingObstacle(native);
    if (obstacle !== undefined) throw refused(file, obstacle);
    const bytes = new Uint8Array(layout.body.subarray(element.valueStart, element.valueEnd));
    blankFrames(bytes, mask, { ...native, darkest: darkestOf(native, parseDataSet(layout.file, file)) });
    return { bytes, given };
  }
  return { given, ...(await decompressed(layout, file, native, mask, decoder)) };
}

async function decompressed(
  layout: FileLayout,
  file: string,
  native: FrameLayout,
  mask: Uint8Array,
  decoder: FrameDecoder,
): Promise<Omit<CleanedPixels, "given">> {
  const dataSet = parseDataSet(layout.file, file);
  const darkest = darkestOf(native, dataSet);
  const frames: Uint8Array[] = [];
  let photometricInterpretation = native.photometricInterpretation;
  let bitsAllocated = native.bitsAllocated;
  for (let frame = 0; frame < native.frames; frame++) {
    const { pixel, values } = await readStoredValues(dataSet, { frame, decoder });
    if (values.byteLength * native.frames > MAX_BYTES) throw refused(file, "more than 2 GB of decompressed pixels");
    bitsAllocated = 8 * values.BYTES_PER_ELEMENT;
    let bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    photometricInterpretation = pixel.photometricInterpretation;
    // Ultrasound objects may be RGB uncompressed, not YBR_FULL (PS3.3 C.8.5.6.1.2).
    if (
      /^YBR_FULL(_42[02])?$/.test(photometricInterpretation) &&
      values instanceof Uint8Array &&
      pixel.bitsStored === 8
    ) {
      bytes = new Uint8Array(rgbFromYbr(bytes));
      photometricInterpretation = "RGB";
    }
    const now = { ...native, ...pixel, photometricInterpretation, bitsAllocated, darkest };
    blankFrames(bytes, mask, { ...now, planar: false, bigEndian: false, frames: 1 });
    frames.push(bytes);
  }
  const bytes = new Uint8Array(Buffer.concat(frames));
  return { bytes, decompressed: { photometricInterpretation, bitsAllocated } };
}

/** Stored value of the darkest entry of a palette, 0 for a segmented one, which is not read; undefined for other pictures. */
function darkestOf({ photometricInterpretation, bitsStored }: FrameLayout, dataSet: DataSet): number | undefined {
  if (photometricInterpretation !== "PALETTE COLOR") return undefined;
  if (!dataSet.has("RedPaletteColorLookupTableData")) return 0;
  const all = Uint16Array.from({ length: 2 ** Math.min(16, bitsStored) }, (_, i) => i);
  const colors = paletteColors(dataSet, all);
  let darkest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; 3 * i < colors.length; i++) {
    const light = colors[3 * i] + colors[3 * i + 1] + colors[3 * i + 2];
    if (light < least) [darkest, least] = [i, light];
  }
  return darkest;
}

function refused(file: string, what: string): FoveaError {
  const message = `${what} cannot be blanked; blank it by hand, or leave clean-pixel out after a look at the picture`;
  return new FoveaError("unsupported_dicom", message, { file, at: "PixelData" });
}
