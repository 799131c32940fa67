/**
 * @file Text that stands beside the picture in compressed frames: comments and application segments of JPEG and JPEG-LS
 * (ISO/IEC 10918-1 B.2.4.5 and .6), comments of JPEG 2000 (ISO/IEC 15444-1 A.9.2).
 */
import { type Element, ITEM } from "./element";

/** Bytes of one segment behind its length. */
export interface FrameComment {
  readonly start: number;
  readonly end: number;
  /** JFIF and Adobe segments say how to read the picture; they hold no text. */
  readonly isText: boolean;
}

const JPEG_SOI = 0xffd8;
const JPEG_SOS = 0xffda;
const JPEG_COM = 0xfffe;
const J2K_SOC = 0xff4f;
const J2K_SOT = 0xff90;
const J2K_COM = 0xff64;

/** Segments of all frames, up to the first scan or tile of each; none for pixels that are not compressed. */
export function commentsOf(
  { encapsulated, valueStart, valueEnd, encoding }: Element,
  bytes: Uint8Array,
): FrameComment[] {
  if (!encapsulated) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: FrameComment[] = [];
  for (let at = valueStart; at + 8 <= valueEnd; ) {
    const length = view.getUint32(at + 4, !encoding.bigEndian);
    if (view.getUint16(at + 2, !encoding.bigEndian) !== (ITEM & 0xffff)) break;
    all.push(...segments(view, at + 8, Math.min(valueEnd, at + 8 + length)));
    at += 8 + length;
  }
  return all;
}

function segments(view: DataView, from: number, end: number): FrameComment[] {
  const found: FrameComment[] = [];
  const first = from + 2 <= end ? view.getUint16(from) : 0;
  if (first !== JPEG_SOI && first !== J2K_SOC) return found;
  for (let at = from + 2; at + 4 <= end; ) {
    const marker = view.getUint16(at);
    if (marker === 0xffff) {
      at++;
      continue;
    }
    if (marker >>> 8 !== 0xff || marker === JPEG_SOS || marker === J2K_SOT) break;
    const stop = at + 2 + view.getUint16(at + 2);
    const [start, last] = [at + 4, Math.min(end, stop)];
    const isApplication = first === JPEG_SOI && marker >= 0xffe0 && marker <= 0xffef;
    if (marker === JPEG_COM || isApplication) {
      found.push({ start, end: last, isText: marker !== 0xffe0 && marker !== 0xffee && marker !== 0xffe8 });
    } else if (marker === J2K_COM && first === J2K_SOC) {
      // Two bytes say which kind of comment it is.
      found.push({ start: start + 2, end: Math.max(start + 2, last), isText: true });
    }
    if (stop <= at + 3) break;
    at = stop;
  }
  return found;
}
