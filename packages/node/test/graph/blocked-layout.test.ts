/**
 * @file Convolutions in blocks of channels give what the standard layout gives, on this processor.
 */
import { grad } from "@fovea/core/graph/gradient";
import { decodeModel } from "@fovea/core/graph/onnx/codec";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import type { Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { describe, expect, test } from "vitest";
import { convolutionLanes } from "../../src/runtime/lanes";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { relativeError } from "../agreement";

const runtime = await openRuntime({ threads: 1 });
const lanes = await convolutionLanes(runtime);

interface Geometry {
  readonly what: string;
  /** Input and output channels, in blocks. */
  readonly blocks: readonly [within: number, out: number];
  readonly size: readonly [height: number, width: number];
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly pads?: readonly number[];
  readonly dilation?: number;
  /** Of the channels to each other. @default 1 */
  readonly group?: "depthwise" | number;
  readonly bias?: boolean;
}

const inputOf = (name: string, shape: Tensor["shape"]) => t.input(name, "float32", shape);

/** Inputs of a convolution, and the convolution. */
function build({ blocks, size, kernel, stride = 1, dilation = 1, group = 1, bias, ...rest }: Geometry) {
  const [within, out] = blocks.map((n) => n * lanes);
  const groups = group === "depthwise" ? within : group;
  const { pads = [...kernel, ...kernel].map((k) => Math.floor(k / 2)) } = rest;
  const x = inputOf("x", ["batch", within, ...size]);
  const w = inputOf("w", [out, within / groups, ...kernel]);
  const b = bias ? inputOf("b", [out]) : undefined;
  const options = { strides: [stride, stride], dilations: [dilation, dilation], pads, group: groups };
  return { x, w, b, y: t.conv(x, w, b, options) };
}

const fixedShape = ({ shape }: Tensor) => shape.map((dim) => (typeof dim === "number" ? dim : 2));

/** Values for inputs, the same for the same shapes. */
function valuesOf(inputs: readonly Tensor[]): Record<string, Value> {
  const random = new Random(5);
  return Object.fromEntries(
    inputs.map((x) => {
      const shape = fixedShape(x);
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal());
      return [(x.source as { readonly name: string }).name, { dtype: "float32", shape, data }];
    }),
  );
}

/** Operators of the written graph, and its results. */
async function run(outputs: Record<string, Tensor>, inputs: readonly Tensor[], blocked: boolean) {
  const model = toModelBytes(outputs, { inputs, lanes: blocked ? lanes : 1 });
  const operators = (decodeModel(model).graph?.node ?? []).map(({ opType, domain }) => `${domain}:${opType}`);
  const session = await runtime.load(model);
  const results = await session.run(valuesOf(inputs));
  await session.release();
  return { operators, results };
}

/** Runs both layouts and compares; gives the operators of the blocked one. */
async function compare(outputs: Record<string, Tensor>, inputs: readonly Tensor[]): Promise<readonly string[]> {
  const plain = await run(outputs, inputs, false);
  const blocked = await run(outputs, inputs, true);
  expect(plain.operators.some((name) => name.startsWith("com.microsoft.nchwc"))).toBe(false);
  for (const name of Object.keys(outputs)) {
    const [got, expected] = [blocked.results[name], plain.results[name]];
    expect(got.shape, name).toEqual(expected.shape);
    expect(relativeError(got.data as Float32Array, expected.data as Float32Array), name).toBeLessThan(1e-5);
  }
  return blocked.operators;
}

const BLOCKED = "com.microsoft.nchwc:Conv";

const FITTING: readonly Geometry[] = [
  { what: "3 x 3", blocks: [1, 2], size: [8, 8], kernel: [3, 3] },
  { what: "3 x 3, odd size", blocks: [2, 1], size: [7, 5], kernel: [3, 3] },
  { what: "3 x 3, one pixel", blocks: [1, 1], size: [1, 1], kernel: [3, 3] },
  { what: "3 x 3, stride 2", blocks: [1, 2], size: [8, 12], kernel: [3, 3], stride: 2 },
  { what: "3 x 3, stride 2, odd size", blocks: [2, 2], size: [9, 7], kernel: [3, 3], stride: 2 },
  { what: "3 x 3 without padding", blocks: [1, 1], size: [6, 6], kernel: [3, 3], pads: [0, 0, 0, 0] },
  { what: "3 x 3, padded to one side", blocks: [1, 1], size: [6, 6], kernel: [3, 3], pads: [0, 1, 2, 1] },
  { what: "5 x 5", blocks: [1, 1], size: [9, 9], kernel: [5, 5] },
  { what: "1 x 3", blocks: [1, 3], size: [5, 6], kernel: [1, 3] },
  { what: "3 x 3, dilated", blocks: [1, 1], size: [9, 9], kernel: [3, 3], dilation: 2, pads: [2, 2, 2, 2] },
];

/** In blocks or not: the results are the same. */
const OTHERS: readonly Geometry[] = [
  { what: "1 x 1", blocks: [1, 2], size: [6, 5], kernel: [1, 1] },
  { what: "a bias", blocks: [1, 2], size: [6, 6], kernel: [3, 3], bias: true },
  { what: "half a block of inputs", blocks: [0.5, 1], size: [6, 6], kernel: [3, 3] },
  { what: "one and a half blocks of outputs", blocks: [1, 1.5], size: [6, 6], kernel: [3, 3] },
  { what: "two groups", blocks: [2, 2], size: [6, 6], kernel: [3, 3], group: 2 },
  { what: "depthwise", blocks: [2, 2], size: [7, 6], kernel: [3, 3], group: "depthwise" },
  { what: "depthwise 7 x 7", blocks: [1, 1], size: [8, 8], kernel: [7, 7], group: "depthwise" },
  { what: "depthwise, stride 2", blocks: [1, 1], size: [8, 9], kernel: [3, 3], stride: 2, group: "depthwise" },
  { what: "depthwise on half a block", blocks: [0.5, 0.5], size: [5, 5], kernel: [3, 3], group: "depthwise" },
];

describe.skipIf(lanes === 1)("a convolution in blocks", () => {
  test.each(FITTING)("of $what is that of the standard layout", async (geometry) => {
    const { x, w, y } = build(geometry);
    expect(await compare({ y }, [x, w])).toContain(BLOCKED);
  });

  test.each(OTHERS)("or not, with $what: the output is that of the standard layout", async (geometry) => {
    const { x, w, b, y } = build(geometry);
    await compare({ y }, b ? [x, w, b] : [x, w]);
  });

  test.each([...FITTING, ...OTHERS])("has the gradients of the standard layout: $what", async (geometry) => {
    const { x, w, b, y } = build(geometry);
    const g = inputOf("g", y.shape);
    const [gx, gw] = grad(t.reduceSum(t.mul(y, g)), [x, w]);
    await compare({ gx, gw }, b ? [x, w, b, g] : [x, w, g]);
  });

  test.each([
    [4, 4],
    [5, 3],
    [1, 1],
  ])("that is transposed and doubles %d x %d pixels is that of the standard layout", async (height, width) => {
    const x = inputOf("x", ["batch", 2 * lanes, height, width]);
    const w = inputOf("w", [2 * lanes, lanes, 3, 3]);
    const doubling = { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] };
    await compare({ y: t.convTranspose(x, w, undefined, doubling) }, [x, w]);
    // The way back through an image of odd size needs no row and column more.
    await compare({ y: t.convTranspose(x, w, undefined, { ...doubling, outputPadding: [0, 0] }) }, [x, w]);
  });

  test("hands its blocks on to the next, and to an output", async () => {
    const { x, w, y } = build({ what: "", blocks: [1, 1], size: [6, 6], kernel: [3, 3] });
    const second = inputOf("w2", [2 * lanes, lanes, 3, 3]);
    const z = t.conv(t.silu(y), second, undefined, { pads: [1, 1, 1, 1], strides: [2, 2] });
    await compare({ y, z, sum: t.reduceSum(t.square(z)) }, [x, w, second]);
  });

  test("takes an image of another batch at every run", async () => {
    const { x, w, y } = build({ what: "", blocks: [1, 1], size: [4, 4], kernel: [3, 3] });
    const session = await runtime.load(toModelBytes({ y }, { inputs: [x, w], lanes }));
    const feeds = valuesOf([x, w]);
    const both = (await session.run(feeds)).y.data as Float32Array;
    const one = 16 * lanes;
    const second = {
      dtype: "float32",
      shape: [1, lanes, 4, 4],
      data: feeds.x.data.slice(one) as Float32Array,
    } as const;
    const alone = (await session.run({ ...feeds, x: second })).y.data as Float32Array;
    await session.release();
    expect(alone).toEqual(both.slice(one));
  });
});

describe.skipIf(lanes === 1)("channels put last", () => {
  test.each([
    [2, 7, 5],
    [1, 1, 1],
    [3, 4, 6],
  ])("through blocks: %d of them, %d x %d pixels", async (blocks, height, width) => {
    const x = inputOf("x", ["batch", blocks * lanes, height, width]);
    expect(await compare({ y: t.transpose(x, [0, 2, 3, 1]) }, [x])).toContain("com.microsoft.nchwc:ReorderOutput");
  });

  test("without blocks where the channels do not fill them", async () => {
    const x = inputOf("x", ["batch", 1.5 * lanes, 4, 6]);
    expect(await compare({ y: t.transpose(x, [0, 2, 3, 1]) }, [x])).toContain(":Transpose");
  });
});

describe.skipIf(lanes === 1)("a graph without convolutions", () => {
  test("is written the same in both layouts", () => {
    const x = inputOf("x", ["batch", 32, 8, 8]);
    const y = t.silu(t.maxPool(t.mul(x, 2), 2, { stride: 2 }));
    const outputs = { y, norm: t.sqrt(t.reduceSum(t.square(y))) };
    expect(toModelBytes(outputs, { lanes })).toEqual(toModelBytes(outputs));
  });
});
