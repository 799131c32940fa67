/**
 * @file What kind of file a run of bytes is, told by its first bytes.
 */

/** Image formats that are read. */
export type ImageFormat = "JPEG" | "PNG" | "TIFF" | "WebP" | "GIF" | "AVIF" | "BMP";

/** Latin-1 text of `bytes` from `start` to `end`. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** Format of an image file, `undefined` if it is none of those read. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const head = latin1(bytes, 0, 12);
  if (head.startsWith("\xff\xd8\xff")) return "JPEG";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  // The fourth byte of a big-endian TIFF, the third of a little-endian one: 42 is classic, 43 BigTIFF.
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "TIFF";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "WebP";
  if (head.startsWith("GIF8")) return "GIF";
  if (/^ftypavi[fs]/.test(head.slice(4))) return "AVIF";
  if (head.startsWith("BM") && bytes.length >= 26) return "BMP";
  return undefined;
}

/** Files that are mistaken for images, by their first bytes. */
const OTHERS: readonly (readonly [start: string, name: string])[] = [
  ["%PDF", "a PDF document"],
  ["PK\x03\x04", "a zip archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["<", "a text of markup (HTML, XML or SVG)"],
  ["{", "JSON text"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["version https://git-lfs", "a Git LFS pointer, not the file itself"],
];

/** What `bytes` are, for an error: a name where it is known, else length and first bytes. */
export function describeBytes(bytes: Uint8Array): string {
  if (latin1(bytes, 128, 132) === "DICM") return "a DICOM file";
  const head = latin1(bytes, 0, 32);
  const known = OTHERS.find(([start]) => head.startsWith(start));
  if (known !== undefined) return known[1];
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes that begin with ${first}`;
}
