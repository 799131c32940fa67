import { describe, expect, test } from "vitest";
import { image } from "../imaging/image";
import { NetworkInput } from "./network-input";

const SIZE = { width: 4, height: 2 };
/** 4 x 2 pixels of one level, which need no margin. */
const level = (value: number) => image(4, 2, 3, new Uint8Array(24).fill(value));

describe("a network's input", () => {
  test.each([
    ["uint8", 1, 51],
    ["float32", 4, Math.fround(51 / 255)],
    // IEEE 754 binary16: 0.2 is 1.6 x 2^-3, sign 0, exponent 12, fraction 0x266.
    ["float16", 2, 0x3266],
  ] as const)("of %s lies in the memory that it is given, if that has its size", (type, bytes, expected) => {
    const memory = new ArrayBuffer(24 * bytes);
    const { data } = new NetworkInput(type, SIZE, memory).letterboxed(level(51), SIZE);
    expect(data.buffer).toBe(memory);
    expect(new Set(data as Float32Array)).toEqual(new Set([expected]));
    const other = new NetworkInput(type, SIZE, new ArrayBuffer(7)).letterboxed(level(51), SIZE);
    expect([...other.data]).toEqual([...data]);
    expect(other.data.byteLength).toBe(24 * bytes);
  });
});
