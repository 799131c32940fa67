import { describe, expect, test } from "vitest";
import { encodeNpy } from "./npy";

describe("encodeNpy", () => {
  test("writes what NumPy's format version 1.0 asks for", () => {
    const bytes = encodeNpy(Float32Array.of(1, -2), [1, 2]);
    expect(bytes.toString("latin1", 0, 8)).toBe("\x93NUMPY\x01\x00");
    const length = bytes.readUInt16LE(8);
    expect((10 + length) % 64).toBe(0);
    const head = bytes.toString("latin1", 10, 10 + length);
    expect(head).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2\), \} *\n$/);
    expect([bytes.readFloatLE(10 + length), bytes.readFloatLE(14 + length)]).toEqual([1, -2]);
  });

  test("keeps the comma of a tuple of one", () => {
    expect(encodeNpy(Uint8Array.of(7), [1]).toString("latin1")).toContain(
      "'|u1', 'fortran_order': False, 'shape': (1,)",
    );
  });
});
