/**
 * @file Stored values to shades of grey of 8 or 16 bits through one table, built once for the values that a frame holds.
 *
 * A frame has far more pixels than values: 262,144 pixels of a CT slice take some 4,000. To the same bytes as
 * `displayImage`.
 */
import { wordsThrough } from "../imaging/picture-kernel/picture-kernel";
import { lookUp } from "./lookup-table";
import { type ModalityLut, modalityValues } from "./rescale";
import type { StoredValues } from "./stored-values";
import { applyOpenWindow, applyWindow, type VoiLut } from "./window";

/** White of 8 and of 16 bits. */
export type White = 255 | 65535;

export interface GreyOptions {
  readonly modalityLut: ModalityLut;
  readonly voiLut: VoiLut;
  /** Low values are white (MONOCHROME1). */
  readonly inverted: boolean;
  readonly white: White;
}

/** Values that lie further apart than this are sent through one by one. */
const MOST_ENTRIES = 65536;

/** Shades of `stored`, equally long, 0 black. */
export function greyShades(stored: StoredValues, options: GreyOptions): Uint8Array | Uint16Array {
  const isWord = stored instanceof Int16Array || stored instanceof Uint16Array;
  if (isWord && options.white === 255 && stored.length > 0) {
    return wordsThrough(stored, (least, greatest) => shades(range(least, greatest), options) as Uint8Array);
  }
  const [least, greatest] = storedExtent(stored);
  if (greatest - least >= MOST_ENTRIES || greatest < least) return shades(stored, options);
  const table = shades(range(least, greatest), options);
  const out = options.white === 255 ? new Uint8Array(stored.length) : new Uint16Array(stored.length);
  for (let i = 0; i < stored.length; i++) out[i] = table[stored[i] - least];
  return out;
}

/** `least` ... `greatest`. */
function range(least: number, greatest: number): Int32Array {
  return Int32Array.from({ length: greatest - least + 1 }, (_, i) => least + i);
}

/** Least and greatest of `stored`; infinite the wrong way round where there are none. */
export function storedExtent(stored: StoredValues): [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i];
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

function shades(stored: StoredValues, { modalityLut, voiLut, inverted, white }: GreyOptions): Uint8Array | Uint16Array {
  const values = modalityValues(stored, modalityLut);
  const out = white === 255 ? bytesThrough(values, voiLut) : openWords(values, voiLut);
  if (inverted) for (let i = 0; i < out.length; i++) out[i] = white - out[i];
  return out;
}

function bytesThrough(values: Float32Array, voiLut: VoiLut): Uint8Array {
  const out = new Uint8ClampedArray(values.length);
  if (voiLut.kind === "table") lookUp(values, voiLut.table, out, { scale: 255 / (2 ** voiLut.table.bits - 1) });
  else applyWindow(values, voiLut.window, out);
  return new Uint8Array(out.buffer);
}

function openWords(values: Float32Array, voiLut: VoiLut): Uint16Array {
  const out = new Uint16Array(values.length);
  if (voiLut.kind === "table") {
    lookUp(values, voiLut.table, out, { scale: 65535 / (2 ** voiLut.table.bits - 1) });
    return out;
  }
  const open = applyOpenWindow(values, voiLut.window, new Float64Array(values.length));
  // 65535 is 257 times 255.
  for (let i = 0; i < out.length; i++) out[i] = Math.round(257 * Math.min(Math.max(open[i], 0), 255));
  return out;
}
