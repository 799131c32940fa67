/**
 * @file Damage to files as networks, disks and ill will do it: bits flipped, ends cut off, lengths forged.
 */
import { hashSeed, Random } from "../src/math/random";

export type Mutation = "bits flipped" | "header flipped" | "cut" | "length forged" | "value forged";

const MUTATIONS: readonly Mutation[] = ["bits flipped", "header flipped", "cut", "length forged", "value forged"];

/** Lengths and sizes that hurt: nothing, odd, one too many, signed limits, undefined. */
const FORGED = [0, 1, 3, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A damaged copy of `source`, the same for the same seed and index. */
export function mutated(source: Uint8Array, seed: number, index: number): { bytes: Uint8Array; what: Mutation } {
  const random = new Random(hashSeed(seed, index));
  const what = MUTATIONS[random.integer(0, MUTATIONS.length)];
  if (what === "cut") return { bytes: new Uint8Array(source.subarray(0, random.integer(0, source.length))), what };
  const bytes = new Uint8Array(source);
  // Attributes stand at the beginning; pixels take up most of a file.
  const end = what === "bits flipped" ? bytes.length : Math.min(bytes.length, 4096);
  if (what === "length forged") forgeLengths(bytes, random);
  else if (what === "value forged") {
    for (let k = random.integer(1, 4); k > 0; k--) {
      forge(bytes, random.integer(0, Math.max(1, end - 4)), random.chance(0.5) ? 2 : 4, random);
    }
  } else {
    for (let k = random.integer(1, 65); k > 0; k--) bytes[random.integer(0, end)] ^= 1 << random.integer(0, 8);
  }
  return { bytes, what };
}

function forge(bytes: Uint8Array, at: number, size: number, random: Random): void {
  const value = FORGED[random.integer(0, FORGED.length)];
  for (let k = 0; k < size && at + k < bytes.length; k++) bytes[at + k] = (value >>> (8 * k)) & 255;
}

/** Behind two letters of a VR stands a length, and behind the tag of an item (FFFE,E000); some of them are forged. */
function forgeLengths(bytes: Uint8Array, random: Random): void {
  const places: number[] = [];
  const upper = (byte: number) => byte >= 0x41 && byte <= 0x5a;
  for (let at = 132; at + 8 < bytes.length && places.length < 500; at++) {
    if (upper(bytes[at]) && upper(bytes[at + 1])) places.push(at + 2);
    else if (bytes[at] === 0xfe && bytes[at + 1] === 0xff && bytes[at + 3] === 0xe0) places.push(at + 4);
  }
  if (places.length === 0) places.push(random.integer(0, bytes.length));
  for (let k = random.integer(1, 3); k > 0; k--) {
    forge(bytes, places[random.integer(0, places.length)], random.chance(0.5) ? 2 : 4, random);
  }
}
