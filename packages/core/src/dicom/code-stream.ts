/**
 * @file What a compressed frame says about itself: its size, and that it is whole.
 *
 * Decoders trust the size they are told, ask for memory by it, and fill up what is missing with grey: so all is checked
 * before. JPEG and
 * JPEG-LS: ITU-T T.81 B.2.2, T.87 C.2; JPEG 2000: ITU-T T.800 A.5.1.
 */

/** Pixels across and down, and samples of each. */
export interface StreamSize {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
}

/** The size in the frame header of JPEG and JPEG-LS or in the SIZ marker of JPEG 2000; undefined without one. */
export function streamSize(bytes: Uint8Array): StreamSize | undefined {
  if (bytes[0] !== 0xff) return undefined;
  if (bytes[1] === 0x4f) return jpeg2000Size(bytes);
  if (bytes[1] === 0xd8) return jpegSize(bytes);
  return undefined;
}

/** Whether the stream ends with its end marker, FF D9, and nothing but padding behind it. */
export function isWholeStream(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  return end >= 2 && bytes[end - 1] === 0xd9 && bytes[end - 2] === 0xff;
}

/** Xsiz and Ysiz less the image's offset on the reference grid. */
function jpeg2000Size(bytes: Uint8Array): StreamSize | undefined {
  if (bytes.length < 42 || bytes[2] !== 0xff || bytes[3] !== 0x51) return undefined;
  return {
    columns: uint32(bytes, 8) - uint32(bytes, 16),
    rows: uint32(bytes, 12) - uint32(bytes, 20),
    components: uint16(bytes, 40),
  };
}

/** Walks the markers up to the first start of frame: C0 to CF but tables (C4, C8, CC), or F7 of JPEG-LS. */
function jpegSize(bytes: Uint8Array): StreamSize | undefined {
  let at = 2;
  while (at + 10 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isTable = marker === 0xc4 || marker === 0xc8 || marker === 0xcc;
    if ((marker >= 0xc0 && marker <= 0xcf && !isTable) || marker === 0xf7) {
      return { rows: uint16(bytes, at + 5), columns: uint16(bytes, at + 7), components: bytes[at + 9] };
    }
    at += 2 + uint16(bytes, at + 2);
  }
  return undefined;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 65536 + uint16(bytes, at + 2);
}
