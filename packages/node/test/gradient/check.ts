/**
 * @file Checks a graph and its gradients against a float64 reference kernel.
 *
 * The graph runs in float32 on ONNX Runtime; its loss is the sum of its outputs with random weights. The reference gives
 * the expected outputs, and by central differences of the same loss the expected gradients.
 */
import { grad, gradientRules } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { OpType, Shape, Tensor } from "@fovea/core/graph/op";
import { nodesBehind } from "@fovea/core/graph/order";
import type { Session, Value } from "@fovea/core/graph/runtime";
import { input, mul, reduceSum } from "@fovea/core/graph/tensor";
import { hashSeed, Random } from "@fovea/core/math/random";
import { expect } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { type Draw, normal } from "./draw";
import { sizeOf, type Values } from "./kernels/values";

/** What every symbol stands for when a graph runs. */
export const BATCH = 2;

/** Largest difference of a float32 output, relative to the largest expected entry. */
const OUTPUT_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-4;
/** Step of the central differences: their error, about step^2, and float64's rounding, 1e-16 / step, are both small. */
const STEP = 1e-5;
/** Entries of an input that are varied; more are sampled. */
const MOST_ENTRIES = 256;

export interface CaseInput {
  /** Symbols stand for `BATCH`. */
  readonly shape: Shape;
  /** @default normal */
  readonly draw?: Draw;
  /** Indices (`int64`) get no gradient. @default "float32" */
  readonly dtype?: "float32" | "int64";
}

/** A function of tensors, and what it should compute. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly build: (inputs: readonly Tensor[]) => Tensor;
  readonly reference: (inputs: readonly Values[]) => Values;
  /** Relative to the largest entry, outputs and gradients alike. @default 1e-5 and 1e-4 */
  readonly tolerance?: number;
}

/** The case as it stands, and with its symbolic batch fixed. */
export function bothBatches(cases: readonly Case[]): Case[] {
  return cases.flatMap((one) => {
    const symbolic = one.inputs.some(({ shape }) => shape.includes("batch"));
    if (!symbolic) return [one];
    const inputs = one.inputs.map((x) => ({ ...x, shape: bound(x.shape) }));
    return [
      { ...one, name: `${one.name}, symbolic batch` },
      { ...one, inputs, name: `${one.name}, fixed batch` },
    ];
  });
}

function bound(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === "number" ? dim : BATCH));
}

export function inputsOf({ inputs }: Case): Tensor[] {
  return inputs.map(({ shape, dtype = "float32" }, i) => input(`x${i}`, dtype, shape));
}

/** Operators that a case differentiates. */
export function operatorsOf(one: Case): OpType[] {
  return nodesBehind([one.build(inputsOf(one))]).map((node) => node.op);
}

/** Draws the inputs of a case; the same for the same name. */
function drawInputs({ name, inputs }: Case): { readonly values: Values[]; readonly random: Random } {
  const random = new Random(hashSeed(...Array.from(name, (letter) => letter.charCodeAt(0))));
  const values = inputs.map(({ shape, draw = normal }) => {
    const sizes = bound(shape);
    // Rounded to float32, so that the graph and the reference see the same numbers.
    return { shape: sizes, data: Float64Array.from(draw(random, sizeOf(sizes)), Math.fround) };
  });
  return { values, random };
}

/** A float64 array as a value to run a graph with. */
export function feed({ shape, data }: Values, dtype: "float32" | "int64"): Value {
  return dtype === "float32"
    ? { dtype, shape, data: Float32Array.from(data) }
    : { dtype, shape, data: BigInt64Array.from(data, (x) => BigInt(x)) };
}

/** Derivative of sum(weights * reference(inputs)) by the given entries of one input. */
export function centralDifferences(
  reference: Case["reference"],
  inputs: readonly Values[],
  weights: Values,
  which: number,
  entries: readonly number[],
): number[] {
  const { data } = inputs[which];
  const loss = () => reference(inputs).data.reduce((sum, y, i) => sum + y * weights.data[i], 0);
  return entries.map((entry) => {
    const before = data[entry];
    data[entry] = before + STEP;
    const above = loss();
    data[entry] = before - STEP;
    const below = loss();
    data[entry] = before;
    return (above - below) / (2 * STEP);
  });
}

/** Asserts that two lists agree to within `tolerance` of the largest expected entry. */
export function expectClose(
  got: ArrayLike<number | bigint>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(got.length, `${what}: number of entries`).toBe(expected.length);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(got[i]) - expected[i]);
    if (!(difference <= tolerance * (scale || 1))) {
      expect.fail(`${what}: entry ${i} is ${got[i]}, wanted ${expected[i]} (largest ${scale})`);
    }
  }
}

/** Loads the outputs as a model on one thread. */
export async function load(outputs: Readonly<Record<string, Tensor>>, inputs: readonly Tensor[]): Promise<Session> {
  const runtime = await openRuntime({ threads: 1 });
  return runtime.load(toModelBytes(outputs, { inputs }));
}

/** Runs only forward, for what has no gradient. */
export async function checkOutput(one: Case): Promise<void> {
  const tensors = inputsOf(one);
  const { values } = drawInputs(one);
  const session = await load({ y: one.build(tensors) }, tensors);
  const feeds = values.map((x, i) => [`x${i}`, feed(x, one.inputs[i].dtype ?? "float32")]);
  const { y } = await session.run(Object.fromEntries(feeds));
  await session.release();
  const expected = one.reference(values);
  expect(y.shape).toEqual(expected.shape);
  expectClose(y.data, expected.data, one.tolerance ?? OUTPUT_TOLERANCE, "output");
}

/** Runs forward and backward. */
export async function checkGradient(one: Case): Promise<void> {
  const { reference, build, inputs, tolerance } = one;
  const tensors = inputsOf(one);
  const { values, random } = drawInputs(one);
  const y = build(tensors);
  const weights = input("weights", "float32", y.shape);
  const varied = inputs.flatMap(({ dtype }, i) => (dtype === "int64" ? [] : [i]));
  const gradients = grad(
    reduceSum(mul(y, weights)),
    varied.map((i) => tensors[i]),
  );
  gradients.forEach((g, k) => {
    expect(g.shape, `shape of gradient ${varied[k]}`).toEqual(inputs[varied[k]].shape);
  });

  const expected = reference(values);
  const weightValues = {
    shape: expected.shape,
    data: Float64Array.from(normal(random, expected.data.length), Math.fround),
  };
  const session = await load({ y, ...Object.fromEntries(gradients.map((g, k) => [`g${varied[k]}`, g])) }, [
    ...tensors,
    weights,
  ]);
  const results = await session.run({
    weights: feed(weightValues, "float32"),
    ...Object.fromEntries(values.map((x, i) => [`x${i}`, feed(x, inputs[i].dtype ?? "float32")])),
  });
  await session.release();

  expect(results.y.shape).toEqual(expected.shape);
  expectClose(results.y.data, expected.data, tolerance ?? OUTPUT_TOLERANCE, "output");
  for (const i of varied) {
    const { shape, data } = results[`g${i}`];
    expect(shape, `shape of gradient ${i} when run`).toEqual(values[i].shape);
    const all = Array.from({ length: data.length }, (_, entry) => entry);
    const entries = all.length <= MOST_ENTRIES ? all : random.shuffle(all).slice(0, MOST_ENTRIES);
    const differences = centralDifferences(reference, values, weightValues, i, entries);
    const got = entries.map((entry) => Number(data[entry]));
    expectClose(got, differences, tolerance ?? GRADIENT_TOLERANCE, `gradient of input ${i}`);
  }
}

/** Every operator there is. */
export const operators = Object.keys(gradientRules) as OpType[];
