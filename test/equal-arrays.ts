/**
 * @file Typed arrays that are equal are seen to be so at once.
 *
 * `toEqual` lists the keys of both and compares one by one: a second for a million numbers, for which this takes a millisecond.
 * What differs is left to it, so that it says where.
 */
import { expect } from "vitest";

type TypedArray = Uint8Array | Uint16Array | Uint32Array | Int16Array | Int32Array | Float32Array | Float64Array;

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** By `Object.is`, as `toEqual` compares numbers: NaN is NaN, and 0 is not -0. */
export function sameArrays(a: unknown, b: unknown): true | undefined {
  if (!isTypedArray(a) || !isTypedArray(b)) return undefined;
  if (a.constructor !== b.constructor || a.length !== b.length) return undefined;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return undefined;
  return true;
}

expect.addEqualityTesters([sameArrays]);
