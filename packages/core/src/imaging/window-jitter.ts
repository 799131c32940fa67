/**
 * @file Another window for the same measured values: what another reader, or another console, would have set.
 */
import type { ByteImage } from "./image";
import { applyTable, toneTable } from "./tone";

/** How far a window is moved. */
export interface WindowShift {
  /** Of the centre, as a share of the width. */
  readonly center: number;
  /** Relative change of the width, above -1. */
  readonly width: number;
}

/** The moved window, with everything else that `window` says. */
export function shiftedWindow<W extends { readonly center: number; readonly width: number }>(
  window: W,
  { center, width }: WindowShift,
): W {
  return { ...window, center: window.center + center * window.width, width: window.width * (1 + width) };
}

/**
 * The same for an image that has no more than 8 bits, for which its range is the window: what lay outside of it is lost.
 * Returns a new image.
 */
export function shiftByteWindow(image: ByteImage, shift: WindowShift): ByteImage {
  const { center, width } = shiftedWindow({ center: 127.5, width: 255 }, shift);
  const low = center - width / 2;
  const table = toneTable((value) => (255 * (value - low)) / width);
  return applyTable({ ...image, data: image.data.slice() }, table);
}
