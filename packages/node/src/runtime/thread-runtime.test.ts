import { ArgumentError, ShapeError } from "@fovea/core/errors";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { DType } from "@fovea/core/graph/op";
import type { Buffer, Runtime, Session, Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openThreadRuntime } from "./thread-runtime";

const x = t.input("x", "float32", ["batch", 2]);
const y = t.input("y", "float32", [2]);

const floats = (shape: readonly number[], ...data: number[]): Value => ({
  ...{ dtype: "float32", shape, data: Float32Array.from(data) },
});

const feeds = { x: floats([1, 2], 3, 4), y: floats([2], 10, 20) };

let runtime: Runtime;
/** x + y and x * 2. */
let session: Session;

beforeEach(async () => {
  runtime = await openThreadRuntime({ threads: 1 });
  session = await runtime.load(toModelBytes({ sum: t.add(x, y), twice: t.mul(x, 2) }));
});

afterEach(() => session.release());

describe("a session in a thread", () => {
  test("names its inputs and outputs, and computes", async () => {
    expect(runtime).toMatchObject({ device: "cpu", threads: 1 });
    expect([...session.inputNames].sort()).toEqual(["x", "y"]);
    expect(session.outputNames).toEqual(["sum", "twice"]);
    expect(await session.run(feeds)).toEqual({ sum: floats([1, 2], 13, 24), twice: floats([1, 2], 6, 8) });
    const empty = await session.run({ ...feeds, x: floats([0, 2]) });
    expect(empty.sum).toEqual(floats([0, 2]));
  });

  test("leaves what it is fed in place, views of larger memory too", async () => {
    const memory = Float32Array.of(-7, 3, 4, -7);
    const view: Value = { dtype: "float32", shape: [1, 2], data: memory.subarray(1, 3) };
    for (const last of [24, 25]) {
      expect([...(await session.run({ ...feeds, x: view })).sum.data]).toEqual([13, last]);
      expect([...memory.subarray(0, 2)]).toEqual([-7, 3]);
      memory[2] = 5;
    }
  });

  test("writes given outputs in place and gives them back", async () => {
    const memory = new Float32Array(6).fill(-7);
    const into: Record<string, Value> = { twice: { dtype: "float32", shape: [1, 2], data: memory.subarray(2, 4) } };
    const { twice } = await session.run(feeds, into);
    expect(twice).toBe(into.twice);
    expect([...memory]).toEqual([-7, -7, 6, 8, -7, -7]);
  });

  test("reads what is fed when it is asked, in the order asked", async () => {
    const fed = floats([1, 2], 1, 1);
    const first = session.run({ ...feeds, x: fed });
    fed.data[0] = 5;
    const second = session.run({ ...feeds, x: fed });
    expect([...(await second).twice.data]).toEqual([10, 2]);
    expect([...(await first).twice.data]).toEqual([2, 2]);
  });

  test.each<[DType, Buffer]>([
    ["float16", Uint16Array.of(0x3e00, 0xc000, 0x7c00)],
    ["float32", Float32Array.of(1.5, -2, Infinity)],
    ["uint8", Uint8Array.of(0, 127, 255)],
    ["int32", Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1)],
    ["int64", BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 53n + 1n)],
    ["bool", Uint8Array.of(1, 0, 1)],
  ])("takes and gives %s", async (dtype, data) => {
    const identity = await runtime.load(toModelBytes({ out: t.input("in", dtype, ["n"]) }));
    const { out } = await identity.run({ in: { dtype, shape: [3], data } });
    expect(out).toEqual({ dtype, shape: [3], data });
    await identity.release();
  });

  test("refuses what a session in this thread refuses, by the same errors", async () => {
    const refusals: readonly [Promise<unknown>, unknown, string | RegExp][] = [
      [session.run({ x: feeds.x }), ArgumentError, "run: no value for the input y"],
      [session.run({ ...feeds, y: { ...feeds.y, shape: [3] } }), ShapeError, "run: 2 values of y for 3"],
      [session.run(feeds, { sum: floats([2, 2], 0) }), ShapeError, "run: 1 values of sum for 2 x 2"],
      [session.run(feeds, { sum: floats([2, 2], 0, 0, 0, 0) }), ShapeError, /sum is float32 1 x 2, .* float32 2 x 2/],
    ];
    for (const [run, error, message] of refusals) {
      await expect(run).rejects.toBeInstanceOf(error);
      await expect(run).rejects.toThrow(message);
    }
    const wrong = session.run({ ...feeds, y: floats([3], 1, 2, 3) });
    await expect(wrong).rejects.toMatchObject({ code: "runtime_failed", message: expect.stringMatching(/^ONNX Run/) });
    // It can still run.
    expect((await session.run(feeds)).sum.data[0]).toBe(13);
  });

  test("cannot run once it is released, which may be said twice", async () => {
    await Promise.all([session.release(), session.release()]);
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "runtime_failed" });
  });

  test("does its last run before its release", async () => {
    const [{ sum }] = await Promise.all([session.run(feeds), session.release()]);
    expect([...sum.data]).toEqual([13, 24]);
  });
});

describe("a runtime in a thread", () => {
  test("goes on with its other sessions when one goes, and anew when all are gone", async () => {
    const other = await runtime.load(toModelBytes({ y: t.exp(x) }));
    await other.release();
    expect((await session.run(feeds)).sum.data[0]).toBe(13);
    await session.release();
    const later = await runtime.load(toModelBytes({ y: t.mul(x, 3) }));
    expect([...(await later.run(feeds)).y.data]).toEqual([9, 12]);
    await later.release();
  });

  test("refuses bytes that are no model, with their name, and a device that is none", async () => {
    const refused = runtime.load(Uint8Array.of(1, 2, 3), { file: "best.onnx" });
    await expect(refused).rejects.toMatchObject({ code: "runtime_failed", place: { file: "best.onnx" } });
    expect((await session.run(feeds)).sum.data[0]).toBe(13);
    await expect(openThreadRuntime({ device: "cdua" })).rejects.toBeInstanceOf(ArgumentError);
    await expect(openThreadRuntime({ threads: 0 })).rejects.toThrow("threads: got 0");
  });
});
