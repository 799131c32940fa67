/**
 * @file One frame of a DICOM file as uncompressed bytes, little endian, before anything is made of their values.
 *
 * Frames that were stored uncompressed keep their layout: planes where PlanarConfiguration says so, pairs of pixels
 * under YBR_FULL_422. Compressed ones leave with the samples of a pixel side by side and colour no longer subsampled,
 * as GDCM and DCMTK write them.
 */
import { isWholeStream, streamSize } from "@fovea/core/dicom/code-stream";
import type { DataSet } from "@fovea/core/dicom/data-set";
import { encapsulatedFrame, nativeFrameBytes } from "@fovea/core/dicom/frames";
import { type ImagePixel, readImagePixel } from "@fovea/core/dicom/pixel-data";
import { FoveaError } from "@fovea/core/errors";
import { FrameDecoder } from "./frame-decoder";

export interface FrameBytesOptions {
  /** Counted from 0. @default 0 */
  readonly frame?: number;
  /** Decompresses; one for many files saves its start of about 0.1 s. Without one, one is started and ended here. */
  readonly decoder?: FrameDecoder;
}

/** Bytes of a frame and how they lie now. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  readonly pixel: ImagePixel;
}

/**
 * Uncompressed bytes of one frame.
 *
 * @throws {FoveaError} `invalid_dicom` if the file is damaged; `unsupported_dicom` if it holds no image or one of a kind
 * that is not read; `invalid_argument` without such a frame
 */
export async function readFrameBytes(
  dataSet: DataSet,
  { frame = 0, decoder }: FrameBytesOptions = {},
): Promise<FrameBytes> {
  const { codec, name, uid } = dataSet.transferSyntax;
  const { file } = dataSet;
  const pixel = readImagePixel(dataSet);
  if (codec === "native") return { pixel, bytes: nativeFrameBytes(dataSet, pixel, frame) };
  if (codec === "unsupported") {
    const message = `${uid} (${name}) is not read; have the archive send it uncompressed`;
    throw new FoveaError("unsupported_dicom", message, { file, at: "TransferSyntaxUID" });
  }

  const stream = encapsulatedFrame(dataSet, pixel, frame);
  if (codec === "rle") checkRuns(dataSet, pixel, stream, frame);
  else checkStream(dataSet, pixel, stream, frame);
  const used = decoder ?? new FrameDecoder();
  try {
    const decoded = await used.decode({ codec, bytes: stream, pixel });
    const expected = pixel.rows * pixel.columns * pixel.samplesPerPixel * Math.max(1, pixel.bitsAllocated / 8);
    if (decoded.bytes.length !== expected) throw new Error(`gives ${decoded.bytes.length} bytes, expected ${expected}`);
    return { pixel: layoutAfter(pixel, decoded), bytes: decoded.bytes };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FoveaError("invalid_dicom", `frame ${frame} (${name}) cannot be decoded: ${why}`, {
      file,
      at: "PixelData",
      cause,
    });
  } finally {
    if (decoder === undefined) await used.close();
  }
}

/** How the decoded bytes lie: colour is no longer subsampled, one-bit masks have become bytes. */
function layoutAfter(
  pixel: ImagePixel,
  { planar, photometricInterpretation }: { planar: boolean; photometricInterpretation: string },
): ImagePixel {
  return {
    ...pixel,
    planar: pixel.samplesPerPixel === 3 && planar,
    bitsAllocated: pixel.bitsAllocated === 1 ? 8 : pixel.bitsAllocated,
    photometricInterpretation:
      photometricInterpretation === "YBR_FULL_422"
        ? "YBR_FULL"
        : photometricInterpretation.replace(/^YBR_[IR]CT$/, "RGB"),
  };
}

/** Two bytes of RLE make 128 at most (PS3.5 annex G.3.1): a frame that claims more asks for memory it cannot fill. */
function checkRuns(dataSet: DataSet, pixel: ImagePixel, bytes: Uint8Array, frame: number): void {
  const claimed = pixel.rows * pixel.columns * pixel.samplesPerPixel * Math.max(1, pixel.bitsAllocated / 8);
  if (claimed > 64 * bytes.length) {
    throw dataSet.error(
      "PixelData",
      `frame ${frame} holds ${bytes.length} bytes of RLE for ${claimed}; it is cut short`,
    );
  }
}

function checkStream(dataSet: DataSet, pixel: ImagePixel, bytes: Uint8Array, frame: number): void {
  const size = streamSize(bytes);
  if (size === undefined)
    throw dataSet.error("PixelData", `frame ${frame} is no ${dataSet.transferSyntax.name} stream`);
  const { rows, columns, samplesPerPixel } = pixel;
  if (size.components !== samplesPerPixel) {
    const found = `frame ${frame} has ${size.components} samples a pixel, the file says ${samplesPerPixel}`;
    throw dataSet.error("PixelData", found);
  }
  if (size.rows !== rows || size.columns !== columns) {
    const found = `frame ${frame} is ${size.columns} x ${size.rows} pixels, the file says ${columns} x ${rows}`;
    throw dataSet.error("PixelData", found);
  }
  if (!isWholeStream(bytes)) {
    throw dataSet.error("PixelData", `frame ${frame} is cut short: no end of image; copy the file again`);
  }
}
