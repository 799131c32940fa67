/**
 * @file Decompresses frames of DICOM files: RLE, JPEG (8 and 12 bit, lossless too), JPEG-LS, JPEG 2000, HTJ2K.
 */
import { Worker } from "node:worker_threads";
import type { ImagePixel } from "@fovea/core/dicom/pixel-data";
import type { FrameCodec } from "@fovea/core/dicom/transfer-syntax";
import { workerEntry } from "../worker-entry";

/** What the worker is asked. */
export interface DecodeRequest {
  readonly codec: Exclude<FrameCodec, "native" | "deflate" | "unsupported">;
  readonly bytes: Uint8Array;
  readonly pixel: ImagePixel;
}

/** Uncompressed bytes of a frame, little endian, and what decoding made of its colours. */
export interface DecodedFrame {
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly planar: boolean;
  readonly photometricInterpretation: string;
}

type DecodeReply = { readonly frame: DecodedFrame } | { readonly failure: string };

export interface FrameDecoderOptions {
  /** A frame is not waited for longer. @default 4000, and 4000 more for each 2^20 samples */
  readonly timeoutMs?: number;
}

/** No result within the limit: the frame may be damaged, or the machine busy. */
export class DecodeTimeout extends Error {
  override readonly name = "DecodeTimeout";
}

/**
 * A worker thread that decompresses one frame after another, started with the first one; time and memory are limited.
 *
 * A failure of any kind ends the thread, and the next frame gets a new one. The thread keeps no process alive.
 */
export class FrameDecoder {
  readonly #timeoutMs: number | undefined;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ timeoutMs }: FrameDecoderOptions = {}) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Decompress a frame; calls made meanwhile wait their turn.
   *
   * @throws {DecodeTimeout}
   * @throws {Error} saying what the codec complained of, for the caller to wrap
   */
  decode(request: DecodeRequest): Promise<DecodedFrame> {
    const frame = this.#last.then(() => this.#decodeNow(request));
    this.#last = frame.catch(() => undefined);
    return frame;
  }

  /** End the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #decodeNow(request: DecodeRequest): Promise<DecodedFrame> {
    this.#worker ??= startWorker();
    let reply: DecodeReply;
    try {
      reply = await askWorker(this.#worker, request, this.#timeoutMs ?? usualTimeoutMs(request.pixel));
    } catch (error) {
      await this.close();
      throw error;
    }
    if ("frame" in reply) return reply.frame;
    await this.close();
    throw new Error(reply.failure);
  }
}

/** A sample of JPEG 2000, the slowest, takes 1 us on a machine at rest: four times that, and the start of the thread. */
function usualTimeoutMs({ rows, columns, samplesPerPixel }: ImagePixel): number {
  return 4000 * (1 + (rows * columns * samplesPerPixel) / 2 ** 20);
}

function startWorker(): Worker {
  const worker = new Worker(workerEntry("dicom/codec-worker"), {
    execArgv: [],
    // Its output is the codecs' chatter and shown to nobody.
    stdout: true,
    stderr: true,
    // What the codecs themselves take is bounded in `codec-worker.ts`.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  worker.unref();
  return worker;
}

function askWorker(worker: Worker, request: DecodeRequest, timeoutMs: number): Promise<DecodeReply> {
  return new Promise((resolve, reject) => {
    // While a frame is awaited the process must not end, though the worker itself is unreferenced.
    const late = () => new DecodeTimeout(`no result after ${timeoutMs / 1000} s`);
    const timer = setTimeout(() => settle(() => reject(late())), timeoutMs);
    const onMessage = (reply: DecodeReply) => settle(() => resolve(reply));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = (code: number) => settle(() => reject(new Error(`the codec's thread ended with code ${code}`)));
    function settle(act: () => void): void {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    }
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    // A copy of the frame alone: a view would be sent with all of the file that lies behind it.
    const bytes = new Uint8Array(request.bytes);
    worker.postMessage({ ...request, bytes }, [bytes.buffer]);
  });
}
