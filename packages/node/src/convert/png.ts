/**
 * @file PNG of grey and colour, 8 and 16 bits (ISO/IEC 15948), through Node's own zlib.
 *
 * Every row has the filter Sub, the difference from the pixel before: on CT slices 2 % larger than the best filter row by row, in
 * a good half of the time.
 */
import { deflateSync } from "node:zlib";
import { crc32 } from "@fovea/core/math/crc32";

const SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Colour types of one channel and of three. */
const COLOUR_TYPE = { 1: 0, 3: 2 } as const;

/** zlib's usual level. */
const LEVEL = 6;

export function encodePng(
  data: Uint8Array | Uint16Array,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: 1 | 3 },
): Buffer {
  const size = data instanceof Uint8Array ? 1 : 2;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8 * size;
  head[9] = COLOUR_TYPE[channels];
  const rows = size === 1 ? (data as Uint8Array) : bigEndian(data as Uint16Array);
  const filtered = differences(rows, width * channels * size, channels * size);
  const packed = deflateSync(filtered, { level: LEVEL, memLevel: 9, chunkSize: 2 ** 18 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
}

/** Each row behind the number of its filter, 1. @param step bytes of a pixel */
function differences(bytes: Uint8Array, stride: number, step: number): Uint8Array {
  const out = new Uint8Array(bytes.length + bytes.length / stride);
  for (let from = 0, to = 0; from < bytes.length; from += stride) {
    out[to++] = 1;
    for (let i = from; i < from + step; i++) out[to++] = bytes[i];
    for (let i = from + step; i < from + stride; i++) out[to++] = bytes[i] - bytes[i - step];
  }
  return out;
}

function bigEndian(words: Uint16Array): Uint8Array {
  const out = new Uint8Array(2 * words.length);
  for (let i = 0; i < words.length; i++) {
    out[2 * i] = words[i] >> 8;
    out[2 * i + 1] = words[i];
  }
  return out;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(content.length + 12);
  out.writeUInt32BE(content.length, 0);
  out.write(type, 4, "latin1");
  out.set(content, 8);
  out.writeUInt32BE(crc32(out.subarray(4, -4)), out.length - 4);
  return out;
}
