import { afterEach, describe, expect, test } from "vitest";
import { limitGrowth } from "./memory-limit";

/** What Node has, and the type check does not know. */
declare const WebAssembly: {
  Memory: {
    new (size: { initial: number }): { grow(pages: number): number; readonly buffer: ArrayBuffer };
    prototype: { grow(pages: number): number };
  };
};

const { grow } = WebAssembly.Memory.prototype;

afterEach(() => {
  WebAssembly.Memory.prototype.grow = grow;
});

describe("limitGrowth", () => {
  test("lets memory grow up to the limit and refuses a page more", () => {
    limitGrowth(3 * 65536);
    const memory = new WebAssembly.Memory({ initial: 1 });
    expect(memory.grow(2)).toBe(1);
    expect(memory.buffer.byteLength).toBe(3 * 65536);
    expect(() => memory.grow(1)).toThrow(RangeError);
    expect(memory.buffer.byteLength).toBe(3 * 65536);
  });
});
