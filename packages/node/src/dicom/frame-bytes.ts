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
import { inflated } from "@fovea/core/dicom/inflate";
import { type ImagePixel, readImagePixel, sampleCount } from "@fovea/core/dicom/pixel-data";
import { FoveaError } from "@fovea/core/errors";
import { DecodeTimeout, FrameDecoder } from "./frame-decoder";

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
 * @throws {FoveaError} `invalid_dicom` if the file is damaged; `timed_out` if the codec takes too long; `unsupported_dicom` if it holds no image or one of a kind
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
  const used = decoder ?? new FrameDecoder();
  try {
    if (codec === "deflate") return { pixel, bytes: inflatedFrame(stream, pixel) };
    if (codec === "rle") checkRuns(dataSet, pixel, stream, frame);
    else checkStream(dataSet, pixel, stream, frame);
    // PS3.5 8.2.2: pixels of one bit are packed before runs are counted; JPEG codes them as bytes.
    const isPacked = codec === "rle" && pixel.bitsAllocated === 1;
    const decoded = await used.decode({ codec, bytes: stream, pixel: isPacked ? packedLayout(pixel) : pixel });
    const layout = isPacked ? pixel : layoutAfter(pixel, decoded);
    const expected = frameLength(layout);
    if (decoded.bytes.length !== expected) throw new Error(`gives ${decoded.bytes.length} bytes, expected ${expected}`);
    return { pixel: layout, bytes: decoded.bytes };
  } catch (cause) {
    if (cause instanceof FoveaError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof DecodeTimeout ? "timed_out" : "invalid_dicom";
    throw new FoveaError(code, `frame ${frame} (${name}) cannot be decoded: ${why}`, {
      file,
      at: "PixelData",
      cause,
    });
  } finally {
    if (decoder === undefined) await used.close();
  }
}

/** Bytes of an uncompressed frame. */
function frameLength(pixel: ImagePixel): number {
  return Math.ceil((sampleCount(pixel) * pixel.bitsAllocated) / 8);
}

/** Bits of a frame, eight to a byte, as bytes in one row. */
function packedLayout(pixel: ImagePixel): ImagePixel {
  return { ...pixel, rows: 1, columns: frameLength(pixel), bitsAllocated: 8, bitsStored: 8 };
}

/** PS3.5 A.4.13: a frame as it would stand uncompressed, deflated, padded to an even length. */
function inflatedFrame(stream: Uint8Array, pixel: ImagePixel): Uint8Array {
  const expected = frameLength(pixel);
  const bytes = inflated(stream, expected + 1);
  if (bytes.length < expected) throw new Error(`inflates to ${bytes.length} bytes, expected ${expected}`);
  return bytes.subarray(0, expected);
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
  const claimed = frameLength(pixel);
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
