/**
 * @file Perceptual hash of a small grey picture: 64 bits that stay nearly the same when an image is scaled, compressed,
 * or changed in brightness and contrast.
 *
 * The signs of 8 x 8 low frequencies of the discrete cosine transform (DCT-II), without those of frequency 0 in either
 * direction, about their median: Zauner, "Implementation and benchmarking of perceptual image hash functions", master's
 * thesis, Upper Austria University of Applied Sciences (2010), section 3.1.
 */
import { ShapeError } from "../errors";

/** Side of the square picture that is hashed, pixels. */
export const HASH_SIDE = 32;

/** Frequencies along each side. */
const FREQUENCIES = 8;

/** The bits, row by row of the frequencies, the first one the highest bit of `high`. */
export interface PerceptualHash {
  readonly high: number;
  readonly low: number;
}

/** Row u - 1: cos((2 x + 1) u pi / 64) for the frequency u, 1 ... 8. */
const COSINES = Float64Array.from({ length: FREQUENCIES * HASH_SIDE }, (_, i) => {
  const [u, x] = [1 + Math.floor(i / HASH_SIDE), i % HASH_SIDE];
  return Math.cos(((2 * x + 1) * u * Math.PI) / (2 * HASH_SIDE));
});

/**
 * @param grey 32 x 32 values, row by row
 * @throws {ShapeError} if it has another size
 */
export function perceptualHash(grey: ArrayLike<number>): PerceptualHash {
  const frequencies = lowFrequencies(grey);
  const sorted = Float64Array.from(frequencies).sort();
  const median = (sorted[31] + sorted[32]) / 2;
  let [high, low] = [0, 0];
  for (let i = 0; i < 64; i++) {
    if (!(frequencies[i] > median)) continue;
    if (i < 32) high |= 1 << (31 - i);
    else low |= 1 << (63 - i);
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/**
 * Coefficients of the frequencies 1 ... 8 in both directions, row by row, rows of the vertical ones; not normalised.
 *
 * @throws {ShapeError} if `grey` is not 32 x 32
 */
export function lowFrequencies(grey: ArrayLike<number>): Float64Array {
  if (grey.length !== HASH_SIDE * HASH_SIDE) {
    throw new ShapeError(`perceptualHash: ${grey.length} values, expected ${HASH_SIDE} x ${HASH_SIDE}`);
  }
  const rows = new Float64Array(HASH_SIDE * FREQUENCIES);
  for (let y = 0; y < HASH_SIDE; y++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let x = 0; x < HASH_SIDE; x++) sum += grey[y * HASH_SIDE + x] * COSINES[u * HASH_SIDE + x];
      rows[y * FREQUENCIES + u] = sum;
    }
  }
  const out = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let v = 0; v < FREQUENCIES; v++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let y = 0; y < HASH_SIDE; y++) sum += rows[y * FREQUENCIES + u] * COSINES[v * HASH_SIDE + y];
      out[v * FREQUENCIES + u] = sum;
    }
  }
  return out;
}

/** Bits in which two hashes differ, 0 ... 64. */
export function hashDistance(a: PerceptualHash, b: PerceptualHash): number {
  return bitCount(a.high ^ b.high) + bitCount(a.low ^ b.low);
}

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
