/**
 * @file Worker thread that decompresses frames; its only partner is `frame-decoder.ts`.
 *
 * The codecs are WebAssembly and fed with what hospitals' networks deliver. A trap leaves them in pieces, and a decoder
 * may never return: both are cured from outside, by ending this thread.
 */
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import loadCharls from "@cornerstonejs/codec-charls/decodewasmjs";
import codecs, { type Context } from "dcmjs-codecs";
import type { DecodedFrame, DecodeRequest } from "./frame-decoder";
import { limitGrowth } from "./memory-limit";

/** What a codec may take: JPEG 2000 works on 32-bit samples, so this is enough for a frame of 2^26 samples. */
const MEMORY_BYTES = 2 ** 29;

limitGrowth(MEMORY_BYTES);

type Decode = (request: DecodeRequest) => Promise<DecodedFrame>;

const DECODERS: Readonly<Record<DecodeRequest["codec"], Decode>> = {
  rle: (request) => decodeNative(request, (context) => codecs.NativeCodecs.decodeRle(context)),
  jpeg: (request) => decodeNative(request, (context) => codecs.NativeCodecs.decodeJpeg(context)),
  "jpeg-2000": (request) => decodeNative(request, (context) => codecs.NativeCodecs.decodeJpeg2000(context)),
  htj2k: (request) => decodeNative(request, (context) => codecs.NativeCodecs.decodeHtJpeg2000(context)),
  "jpeg-ls": decodeJpegLs,
};

async function decodeNative(
  { bytes, pixel }: DecodeRequest,
  decode: (context: Context) => Context,
): Promise<DecodedFrame> {
  if (!codecs.NativeCodecs.isInitialized()) await codecs.NativeCodecs.initializeAsync();
  const context = decode(
    new codecs.Context({
      width: pixel.columns,
      height: pixel.rows,
      // A mask of one bit is compressed as bytes.
      bitsAllocated: Math.max(8, pixel.bitsAllocated),
      bitsStored: pixel.bitsStored,
      samplesPerPixel: pixel.samplesPerPixel,
      pixelRepresentation: pixel.signed ? 1 : 0,
      planarConfiguration: pixel.planar ? 1 : 0,
      photometricInterpretation: pixel.photometricInterpretation,
      encodedBuffer: bytes,
    }),
  );
  return {
    bytes: context.getDecodedBuffer() ?? new Uint8Array(),
    planar: context.getPlanarConfiguration() === 1,
    photometricInterpretation: context.getPhotometricInterpretation() ?? pixel.photometricInterpretation,
  };
}

/** CharLS decodes one kind of stream that the JPEG-LS of the other codecs traps on (16 bits signed). */
async function decodeJpegLs({ bytes, pixel }: DecodeRequest): Promise<DecodedFrame> {
  const wasm = createRequire(import.meta.url).resolve("@cornerstonejs/codec-charls/decodewasm");
  const charls = await loadCharls({ locateFile: () => wasm });
  const decoder = new charls.JpegLSDecoder();
  decoder.getEncodedBuffer(bytes.length).set(bytes);
  decoder.decode();
  // A copy, and no clamped array.
  const decoded = new Uint8Array(decoder.getDecodedBuffer());
  const planar = decoder.getFrameInfo().componentCount > 1 && decoder.getInterleaveMode() === 0;
  decoder.delete();
  return { bytes: decoded, planar, photometricInterpretation: pixel.photometricInterpretation };
}

parentPort?.on("message", (request: DecodeRequest) => {
  DECODERS[request.codec](request).then(
    (frame) => parentPort?.postMessage({ frame }, [frame.bytes.buffer as ArrayBuffer]),
    // CharLS throws numbers, addresses of C++ exceptions that say nothing here.
    (error: unknown) => parentPort?.postMessage({ failure: error instanceof Error ? error.message.trim() : "damaged" }),
  );
});
