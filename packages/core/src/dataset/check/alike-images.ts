/**
 * @file Pictures that are the same, byte by byte or nearly.
 *
 * Nearly: the perceptual hashes differ in few bits and the small grey pictures correlate. The hash alone says it of many
 * pairs of different radiographs, which all look alike; the correlation alone would be a look at every pair.
 */
import { hashDistance, type PerceptualHash } from "../../imaging/perceptual-hash";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { isRead, type LookedPicture, type PictureFacts } from "./picture-facts";

/** Two images, by index, the first one first. */
export interface AlikePair {
  readonly a: number;
  readonly b: number;
  /** Bits of the hash that differ, 0 ... 64. */
  readonly distance: number;
  /** Of the small grey pictures, at most 1. */
  readonly correlation: number;
}

export interface AlikeImages {
  /** Groups of the same file content, each in the order of the images. */
  readonly same: readonly (readonly number[])[];
  /**
   * Pairs that are nearly the same and not of one such group; the first of each group stands for it. Of images with
   * very many near-duplicates (frames of a still video) not every pair is there, but those that are link all of them.
   */
  readonly near: readonly AlikePair[];
}

/** Pairs of an image with those before it, beyond which only pairs that link it to further images are kept. */
const MOST_PARTNERS = 50;

export function alikeImages(
  pictures: readonly (LookedPicture | undefined)[],
  { hashBits, correlation: least }: Pick<CheckLimits, "hashBits" | "correlation"> = CHECK_LIMITS,
): AlikeImages {
  const byDigest = new Map<string, number[]>();
  pictures.forEach((picture, i) => {
    if (picture === undefined || !isRead(picture)) return;
    const own = byDigest.get(picture.digest);
    if (own) own.push(i);
    else byDigest.set(picture.digest, [i]);
  });
  const groups = [...byDigest.values()];
  const near: AlikePair[] = [];
  const partners = new Map<number, number>();
  const parent = new Map<number, number>();
  const factsOf = (i: number) => pictures[i] as PictureFacts;
  // Constant pictures have no frequencies, and their hashes no meaning.
  const told = groups.map(([first]) => first).filter((i) => factsOf(i).deviation >= 1);
  const deviations = new Map<number, Float32Array>();
  const centredOf = (i: number) => {
    const known = deviations.get(i) ?? centred(factsOf(i).thumbnail);
    deviations.set(i, known);
    return known;
  };
  for (const [a, b, distance] of nearHashes(told, (i) => factsOf(i).hash, Math.min(hashBits, BYTES - 1))) {
    const count = partners.get(b) ?? 0;
    if (count >= MOST_PARTNERS && rootOf(parent, a) === rootOf(parent, b)) continue;
    const correlation = dot(centredOf(a), centredOf(b));
    if (correlation < least) continue;
    near.push({ a, b, distance, correlation });
    partners.set(b, count + 1);
    const [x, y] = [rootOf(parent, a), rootOf(parent, b)];
    if (x !== y) parent.set(y, x);
  }
  near.sort((x, y) => x.a - y.a || x.b - y.b);
  return { same: groups.filter((group) => group.length > 1), near };
}

/** The image that stands for all that `image` is linked to; the way there is shortened. */
function rootOf(parent: Map<number, number>, image: number): number {
  let root = image;
  for (let above = parent.get(root); above !== undefined; above = parent.get(root)) {
    const next = parent.get(above);
    if (next !== undefined) parent.set(root, next);
    root = above;
  }
  return root;
}

/** Bytes of a hash: with fewer bits that differ than bytes, one byte at least is the same in both. */
const BYTES = 8;

/** Pairs within `bits`, each once: only images that share a byte of their hash are held against one another. */
function* nearHashes(
  items: readonly number[],
  hashOf: (item: number) => PerceptualHash,
  bits: number,
): Generator<readonly [a: number, b: number, distance: number]> {
  for (let byte = 0; byte < BYTES; byte++) {
    const buckets = new Map<number, number[]>();
    for (const item of items) {
      const value = byteOf(hashOf(item), byte);
      const bucket = buckets.get(value) ?? [];
      if (bucket.length === 0) buckets.set(value, bucket);
      for (const other of bucket) {
        const distance = hashDistance(hashOf(other), hashOf(item));
        if (distance <= bits && firstShared(hashOf(other), hashOf(item)) === byte) yield [other, item, distance];
      }
      bucket.push(item);
    }
  }
}

function byteOf({ high, low }: PerceptualHash, byte: number): number {
  return ((byte < 4 ? high : low) >>> (8 * (3 - (byte % 4)))) & 255;
}

/** The first byte that both have, so that a pair comes once. */
function firstShared(a: PerceptualHash, b: PerceptualHash): number {
  for (let byte = 0; byte < BYTES; byte++) if (byteOf(a, byte) === byteOf(b, byte)) return byte;
  return BYTES;
}

/** Values less their mean, of length 1. */
function centred(values: Uint8Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const out = Float32Array.from(values, (value) => value - mean);
  const length = Math.sqrt(dot(out, out));
  return length === 0 ? out : out.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
