import { describe, expect, test } from "vitest";
import { FoveaError, ShapeError } from "../../errors";
import { Random } from "../../math/random";
import { openSafetensors, readSafetensors, writeSafetensors } from "./safetensors";
import type { StateDict } from "./state";

const encoder = new TextEncoder();

/** A file with this header text and these numbers. */
function file(header: string | Uint8Array, numbers: readonly number[] = [], length?: number): Uint8Array {
  const json = typeof header === "string" ? encoder.encode(header) : header;
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  return Uint8Array.of(...prefix, ...json, ...numbers);
}

function entry(dtype: string, shape: unknown, offsets: unknown): string {
  return JSON.stringify({ w: { dtype, shape, data_offsets: offsets } });
}

/** Code of the error that reading throws; nothing if it reads. */
function outcome(bytes: Uint8Array): string | undefined {
  try {
    readSafetensors(bytes, "m.safetensors");
    return undefined;
  } catch (error) {
    if (error instanceof FoveaError) return error.code;
    throw error;
  }
}

const FLOAT_1 = [0, 0, 0x80, 0x3f];

describe("readSafetensors", () => {
  test.each([
    ["F32", [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0x04, 0xc0]],
    ["F16", [0x00, 0x3c, 0x00, 0xc1]],
    ["BF16", [0x80, 0x3f, 0x20, 0xc0]],
  ])("reads 1 and -2.5 from %s", (dtype, numbers) => {
    const { state } = readSafetensors(file(entry(dtype, [1, 2], [0, numbers.length]), numbers));
    expect(state).toEqual(new Map([["w", { shape: [1, 2], data: Float32Array.of(1, -2.5) }]]));
  });

  test("reads a scalar, nothing, metadata, and a header padded with spaces", () => {
    const header = JSON.stringify({
      __metadata__: { names: "结节" },
      scalar: { dtype: "F32", shape: [], data_offsets: [0, 4] },
      empty: { dtype: "F32", shape: [0, 3], data_offsets: [4, 4] },
    });
    const { state, metadata } = readSafetensors(file(`${header}   `, FLOAT_1));
    expect(state.get("scalar")).toEqual({ shape: [], data: Float32Array.of(1) });
    expect(state.get("empty")).toEqual({ shape: [0, 3], data: new Float32Array(0) });
    expect(metadata).toEqual({ names: "结节" });
  });

  test("reads a file without tensors", () => {
    expect(readSafetensors(file("{}"))).toEqual({ state: new Map(), metadata: {} });
  });

  test("leaves out integers, which openSafetensors shows as they stand", () => {
    const bytes = file(entry("I64", [1], [0, 8]), [3, 0, 0, 0, 0, 0, 0, 0]);
    expect(readSafetensors(bytes).state.size).toBe(0);
    expect([...(openSafetensors(bytes).tensors.get("w")?.bytes ?? [])]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /0 bytes hold no safetensors header/],
    ["a file of seven bytes", new Uint8Array(7), /7 bytes hold no/],
    ["a header longer than the file", file("{}", [], 3), /a header of 3 bytes in a file of 10/],
    ["a header of 2^63 bytes", file("{}", [], 2 ** 63), /a header of 92233720368547\d+ bytes/],
    ["a header above 100 MB", file("{}", [], 100_000_001), /a header of 100000001 bytes/],
    ["a header that begins with a space", file(" {}"), /does not begin with \{/],
    ["a header that is a list", file("[]"), /does not begin with \{/],
    ["a header that is cut off", file('{"w":'), /is no JSON/],
    ["a header that is no UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), /is no JSON/],
    ["a tensor that is none", file('{"w":3}'), /w: unknown dtype/],
    ["an unknown dtype", file(entry("F33", [1], [0, 4]), FLOAT_1), /w: unknown dtype "F33"/],
    [
      "a dtype that JavaScript knows something else by",
      file(entry("constructor", [1], [0, 4]), FLOAT_1),
      /unknown dtype/,
    ],
    ["8-bit floats", file(entry("F8_E4M3", [1], [0, 1]), [0]), /w: F8_E4M3 is not read; save it as F32/],
    ["a negative size", file(entry("F32", [-1], [0, 4]), FLOAT_1), /w: its shape is no list of sizes/],
    ["a fractional size", file(entry("F32", [0.5, 2], [0, 4]), FLOAT_1), /w: its shape is no list of sizes/],
    ["a shape that is none", file(entry("F32", 1, [0, 4]), FLOAT_1), /w: its shape is no list of sizes/],
    ["a size of 2^60", file(entry("F32", [2 ** 60], [0, 4]), FLOAT_1), /w: its shape is no list of sizes/],
    ["three offsets", file(entry("F32", [1], [0, 4, 8]), FLOAT_1), /w: its data_offsets are no pair/],
    ["offsets back to front", file(entry("F32", [1], [4, 0]), FLOAT_1), /w: -4 bytes for 1 values of F32, expected 4/],
    [
      "a shape that does not fit its offsets",
      file(entry("F32", [2], [0, 4]), FLOAT_1),
      /w: 4 bytes for 2 values of F32, expected 8/,
    ],
    [
      "numbers that begin late",
      file(entry("F32", [1], [1, 5]), [0, ...FLOAT_1]),
      /w: its data begins at byte 1 instead of 0/,
    ],
    [
      "numbers that are cut off",
      file(entry("F32", [1], [0, 4]), [0, 0, 0x80]),
      /3 bytes of numbers, the header names 4/,
    ],
    [
      "numbers that no tensor names",
      file(entry("F32", [1], [0, 4]), [...FLOAT_1, 0]),
      /5 bytes of numbers, the header names 4/,
    ],
    ["metadata of numbers", file('{"__metadata__":{"nc":3}}'), /__metadata__\.nc: maps to something else than text/],
    ["metadata that is a list", file('{"__metadata__":["a",1]}'), /maps to something else than text/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "m.safetensors")).toThrow(message);
    expect(() => readSafetensors(bytes, "m.safetensors")).toThrow(/^m\.safetensors: /);
    expect(outcome(bytes)).toBe("invalid_safetensors");
  });

  test.each([
    ["overlap", [0, 8], [4, 12]],
    ["share their numbers", [0, 8], [0, 8]],
    ["leave a hole", [0, 8], [12, 20]],
  ])("refuses tensors that %s", (_, a, b) => {
    const header = {
      a: { dtype: "F32", shape: [2], data_offsets: a },
      b: { dtype: "F32", shape: [2], data_offsets: b },
    };
    expect(() => readSafetensors(file(JSON.stringify(header), new Array(b[1]).fill(0)))).toThrow(
      /b: .* a hole or an overlap/,
    );
  });

  test("either reads a damaged file or refuses it", () => {
    const random = new Random(5);
    const good = writeSafetensors(STATE, { metadata: { a: "b" } });
    for (let end = 0; end < good.length; end++) expect(outcome(good.subarray(0, end))).toBe("invalid_safetensors");
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 3000; i++) {
      const bad = good.slice();
      bad[random.integer(0, bad.length)] = random.integer(0, 256);
      codes.add(outcome(bad));
    }
    expect(codes).toEqual(new Set([undefined, "invalid_safetensors"]));
  });
});

const STATE: StateDict = new Map([
  ["model.0.conv.weight", { shape: [2, 1, 1, 2], data: Float32Array.of(1, -2.5, 3e-5, 70000) }],
  ["scalar", { shape: [], data: Float32Array.of(0.1) }],
  ["empty", { shape: [0], data: new Float32Array(0) }],
]);

describe("writeSafetensors", () => {
  test("writes what readSafetensors reads", () => {
    const metadata = { names: '["结节"]' };
    expect(readSafetensors(writeSafetensors(STATE, { metadata }))).toEqual({ state: STATE, metadata });
  });

  test("rounds to half precision if asked", () => {
    // 3e-5 is subnormal: 503 x 2^-24; 70000 is above 65504; 0.1 is 1638 / 2^14.
    const { state } = readSafetensors(writeSafetensors(STATE, { dtype: "F16" }));
    expect([...(state.get("model.0.conv.weight")?.data ?? [])]).toEqual([1, -2.5, 503 * 2 ** -24, Infinity]);
    expect([...(state.get("scalar")?.data ?? [])]).toEqual([1638 / 2 ** 14]);
  });

  test("begins the numbers at a multiple of eight and pads the header with spaces", () => {
    const bytes = writeSafetensors(new Map([["a", { shape: [1], data: Float32Array.of(1) }]]));
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect((8 + length) % 8).toBe(0);
    expect(header.trimEnd()).toBe('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
    expect([...bytes.subarray(8 + length)]).toEqual(FLOAT_1);
  });

  test("takes a part of a larger array for what it is", () => {
    const data = Float32Array.of(9, 1, 9).subarray(1, 2);
    const { state } = readSafetensors(writeSafetensors(new Map([["a", { shape: [1], data }]])));
    expect(state.get("a")?.data).toEqual(Float32Array.of(1));
  });

  test("refuses a tensor with more values than its shape", () => {
    const wrong: StateDict = new Map([["a", { shape: [2], data: new Float32Array(3) }]]);
    expect(() => writeSafetensors(wrong)).toThrow(ShapeError);
    expect(() => writeSafetensors(wrong)).toThrow("a: 3 values for 2");
  });
});
