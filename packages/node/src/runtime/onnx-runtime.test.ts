import { Buffer as NodeBuffer } from "node:buffer";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, FoveaError, ShapeError } from "@fovea/core/errors";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { DType } from "@fovea/core/graph/op";
import type { Buffer, Session, Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { openRuntime } from "./onnx-runtime";

const x = t.input("x", "float32", ["batch", 2]);
const y = t.input("y", "float32", [2]);

const floats = (shape: readonly number[], ...data: number[]): Value => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

/** x + y and x * 2. */
async function open(): Promise<Session> {
  const runtime = await openRuntime({ threads: 1 });
  return runtime.load(toModelBytes({ sum: t.add(x, y), twice: t.mul(x, 2) }));
}

const feeds = { x: floats([1, 2], 3, 4), y: floats([2], 10, 20) };

async function errorOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("no error");
}

describe("a session", () => {
  test("names its inputs and outputs, and computes", async () => {
    const session = await open();
    expect([...session.inputNames].sort()).toEqual(["x", "y"]);
    expect(session.outputNames).toEqual(["sum", "twice"]);
    const { sum, twice } = await session.run(feeds);
    expect(sum).toEqual(floats([1, 2], 13, 24));
    expect(twice).toEqual(floats([1, 2], 6, 8));
  });

  test("counts numbers below the smallest normal one as zero", async () => {
    const session = await open();
    const { twice } = await session.run({ ...feeds, x: floats([1, 2], 1e-40, 2 ** -126) });
    expect(twice).toEqual(floats([1, 2], 0, 2 ** -125));
  });

  test("takes another batch at every run", async () => {
    const session = await open();
    const { sum } = await session.run({ ...feeds, x: floats([3, 2], 1, 2, 3, 4, 5, 6) });
    expect(sum).toEqual(floats([3, 2], 11, 22, 13, 24, 15, 26));
    const empty = await session.run({ ...feeds, x: floats([0, 2]) });
    expect(empty.sum).toEqual(floats([0, 2]));
  });

  test("writes given outputs in place and gives them back, the others anew", async () => {
    const session = await open();
    const into = { sum: floats([1, 2], 0, 0) };
    const memory = into.sum.data;
    const first = await session.run(feeds, into);
    expect(first.sum).toBe(into.sum);
    expect(into.sum.data).toBe(memory);
    expect([...memory]).toEqual([13, 24]);

    const second = await session.run({ ...feeds, x: floats([1, 2], -1, -2) }, into);
    expect([...memory]).toEqual([9, 18]);
    expect(second.twice.data).not.toBe(first.twice.data);
    expect([...first.twice.data]).toEqual([6, 8]);
  });

  test("writes into a view of larger memory, and leaves the rest alone", async () => {
    const session = await open();
    const memory = new Float32Array(6).fill(-7);
    await session.run(feeds, { twice: { dtype: "float32", shape: [1, 2], data: memory.subarray(2, 4) } });
    expect([...memory]).toEqual([-7, -7, 6, 8, -7, -7]);
  });

  test("reads what fed memory holds at the time of the run", async () => {
    const session = await open();
    const fed = floats([1, 2], 1, 1);
    await session.run({ ...feeds, x: fed });
    fed.data[0] = 5;
    expect([...(await session.run({ ...feeds, x: fed })).twice.data]).toEqual([10, 2]);
  });

  test("feeds an output back as the next input", async () => {
    const session = await open();
    const state = [floats([1, 2], 1, 2), floats([1, 2], 0, 0)];
    for (let step = 0; step < 5; step++)
      await session.run({ ...feeds, x: state[step % 2] }, { twice: state[(step + 1) % 2] });
    // Doubled five times.
    expect([...state[1].data]).toEqual([32, 64]);
  });

  test("passes over feeds that it does not know", async () => {
    const session = await open();
    expect((await session.run({ ...feeds, z: floats([1], 1) })).sum.data[0]).toBe(13);
  });

  test.each<[DType, Buffer]>([
    // 1.5, -2 and infinity as IEEE half precision.
    ["float16", Uint16Array.of(0x3e00, 0xc000, 0x7c00)],
    ["float32", Float32Array.of(1.5, -2, Infinity)],
    ["uint8", Uint8Array.of(0, 127, 255)],
    ["int32", Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1)],
    ["int64", BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 53n + 1n)],
    ["bool", Uint8Array.of(1, 0, 1)],
  ])("takes and gives %s", async (dtype, data) => {
    const runtime = await openRuntime({ threads: 1 });
    const session = await runtime.load(toModelBytes({ out: t.input("in", dtype, ["n"]) }));
    const { out } = await session.run({ in: { dtype, shape: [3], data } });
    expect(out).toEqual({ dtype, shape: [3], data });
    expect(out.data.constructor).toBe(data.constructor);
  });

  test("writes a profile where asked", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fovea-"));
    try {
      const runtime = await openRuntime({ threads: 1 });
      const session = await runtime.load(toModelBytes({ y: t.exp(x) }), { profile: join(folder, "step") });
      await session.run(feeds);
      await session.release();
      const files = await readdir(folder);
      expect(files).toEqual([expect.stringMatching(/^step.*\.json$/)]);
      expect(await readFile(join(folder, files[0]), "utf8")).toContain('"op_name" : "Exp"');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a session refuses", () => {
  test("to run without one of its inputs", async () => {
    const session = await open();
    const error = await errorOf(() => session.run({ x: feeds.x }));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toBe("run: no value for the input y");
  });

  test("values that do not fill their shape", async () => {
    const session = await open();
    const error = await errorOf(() => session.run({ ...feeds, y: { ...feeds.y, shape: [3] } }));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toBe("run: 2 values of y for 3");
    expect(await errorOf(() => session.run(feeds, { sum: floats([2, 2], 0) }))).toBeInstanceOf(ShapeError);
  });

  test.each<[string, Record<string, Value>, Record<string, Value>]>([
    ["an input of another shape", { ...feeds, y: floats([3], 1, 2, 3) }, {}],
    ["an input of another dtype", { ...feeds, y: { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) } }, {}],
    ["an output of another shape", feeds, { sum: floats([2, 2], 0, 0, 0, 0) }],
  ])("%s, with the engine's reason", async (_, given, into) => {
    const session = await open();
    const error = await errorOf(() => session.run(given, into));
    expect(error).toMatchObject({ code: "runtime_failed" });
    expect((error as Error).message).toMatch(/^ONNX Runtime: .*(dimension|type|shape)/is);
    // It can still run.
    expect((await session.run(feeds)).sum.data[0]).toBe(13);
  });

  test("what no memory can hold, by a code of its own", async () => {
    const n = t.input("n", "float32", ["n"]);
    const runtime = await openRuntime({ threads: 1 });
    const session = await runtime.load(toModelBytes({ table: t.mul(t.reshape(n, ["n", 1]), n) }));
    // 2^46 products of 4 bytes: more than 47 bits of address space, so that no system promises them.
    const count = 2 ** 23;
    const large: Value = { dtype: "float32", shape: [count], data: new Float32Array(count) };
    expect(await errorOf(() => session.run({ n: large }))).toMatchObject({ code: "out_of_memory" });
  });

  test("to run once it is released", async () => {
    const session = await open();
    await session.release();
    expect(await errorOf(() => session.run(feeds))).toMatchObject({ code: "runtime_failed" });
  });
});

describe("load refuses", () => {
  const whole = toModelBytes({ y: t.exp(x) });
  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["bytes of another kind", Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
    ["a model cut short", whole.slice(0, whole.length - 10)],
    ["an operator that does not exist", renamed(whole, "Exp", "Exq")],
  ])("%s", async (_, model) => {
    const runtime = await openRuntime({ threads: 1 });
    const error = await errorOf(() => runtime.load(model));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code: "runtime_failed" });
    expect((error as Error).message).toMatch(/^ONNX Runtime refuses the model: ./);
  });
});

/** The same bytes with every `from` overwritten by `to`, of equal length. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return new Uint8Array(NodeBuffer.from(NodeBuffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1"));
}

describe("openRuntime", () => {
  test("tells the device and the threads", async () => {
    expect(await openRuntime({ threads: 3 })).toMatchObject({ device: "cpu", threads: 3 });
    expect((await openRuntime()).threads).toBeGreaterThanOrEqual(1);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])("refuses %d threads", async (threads) => {
    const error = await errorOf(() => openRuntime({ threads }));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toBe(`threads: got ${threads}, wanted a whole number of at least 1`);
  });

  test("refuses a device that does not exist", async () => {
    expect(await errorOf(() => openRuntime({ device: "cdua" }))).toBeInstanceOf(ArgumentError);
  });

  // Each exists on one system only: any other tells which.
  test.runIf(process.platform !== "win32")("says where DirectML exists", async () => {
    const error = await errorOf(() => openRuntime({ device: "dml" }));
    expect(error).toMatchObject({ code: "provider_unavailable" });
    expect((error as Error).message).toMatch(/device dml: .* has no dml .*Windows only; use --device cpu/);
  });
  test.runIf(process.platform !== "darwin")("says where Core ML exists", async () => {
    const error = await errorOf(() => openRuntime({ device: "coreml" }));
    expect(error).toMatchObject({ code: "provider_unavailable" });
    expect((error as Error).message).toMatch(/device coreml: .*macOS only; use --device cpu/);
  });

  test.each(["cuda", "cuda:0", "tensorrt"])("says how to get %s where it is missing", async (device) => {
    let error: unknown;
    try {
      const runtime = await openRuntime({ device });
      const session = await runtime.load(toModelBytes({ y: t.exp(x) }));
      // This machine has it: then it computes.
      expect((await session.run(feeds)).y.data).toHaveLength(2);
      return;
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code: "provider_unavailable" });
    expect((error as Error).message).toContain(`device ${device}`);
    expect((error as Error).message).toMatch(/npm rebuild onnxruntime-node .*NVIDIA driver, or use --device cpu/);
  });
});
