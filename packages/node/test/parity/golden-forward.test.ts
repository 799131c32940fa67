/**
 * @file Forward passes on deterministic weights, against sums of an independent float64 implementation that PyTorch
 * confirms: section 14.1 of the reference text. The turbo variants of YOLO12 are not built.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Value } from "@fovea/core/graph/runtime";
import { concat, input } from "@fovea/core/graph/tensor";
import { decode, joinLevels } from "@fovea/core/nn/head";
import { inferenceLeaves, type ParameterValues } from "@fovea/core/nn/inference";
import { buildNetwork } from "@fovea/core/nn/network";
import { networkByName } from "@fovea/core/nn/network-by-name";
import { type Parameter, parametersOf } from "@fovea/core/nn/parameters";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { describe, expect, test } from "vitest";
import { sharedAvailable } from "../../../../test/shared";
import { deterministic, forwardSummaries, goldenText, type Summary } from "./golden-numbers";
import { load } from "./reference-model";

const HEIGHT = 96;
const WIDTH = 128;
const TOLERANCE = 1e-4;

/**
 * From its global attention on, YOLO12l multiplies rounding on these weights: PyTorch in float32 is itself up to 7e-3 of
 * the largest entry away from float64.
 */
const LARGE_TOLERANCE = 2e-3;
const AFTER_ATTENTION = /^(?!layer [0246]$)/;

/** Values of a parameter as section 14.1 draws them. */
function valuesOf({ name, shape, kind }: Parameter): Float32Array {
  const r = deterministic(
    name,
    shape.reduce((a, b) => a * b, 1),
  );
  const transposed = name.includes(".upsample.");
  if (kind === "fixed") return r.map((_, bin) => bin);
  if (name.endsWith(".gamma")) return r.map((x) => 0.5 + 0.1 * x);
  switch (kind) {
    case "weight": {
      // (O, I, kh, kw); a transposed convolution's weight (I, O, 2, 2) counts its second axis too, as in PyTorch.
      const scale = Math.sqrt(3 / (shape[1] * shape[2] * shape[3]));
      return r.map((x) => x * scale);
    }
    case "bias":
      return transposed || name.endsWith(".pe.conv.bias") ? r.map((x) => 0.1 * x) : r;
    case "norm.weight":
      return r.map((x) => 1 + 0.1 * x);
    case "running_var":
      return r.map((x) => 1 + 0.2 * x);
    default:
      return r.map((x) => 0.1 * x);
  }
}

/** Everything the text has numbers for, each with a batch of 1. */
async function run(network: NetworkRows, values: ParameterValues): Promise<Readonly<Record<string, Value>>> {
  const images = input("images", "float32", [1, 3, HEIGHT, WIDTH]);
  const leaves = inferenceLeaves(values);
  const { maps, features } = buildNetwork(network, images, () => leaves);
  const model = toModelBytes({
    ...Object.fromEntries(features.map((feature, i) => [`layer ${i}`, feature])),
    ...Object.fromEntries(
      maps.boxes.map((boxes, i) => [`raw level ${i}`, concat([boxes, maps.scores[i]], { axis: 1 })]),
    ),
    // Without the mask coefficients, which the text counts by themselves.
    decoded: decode({ boxes: maps.boxes, scores: maps.scores }, network.strides),
    ...(maps.coefficients && { maskcoef: joinLevels(maps.coefficients) }),
    ...(maps.prototypes && { proto: maps.prototypes }),
  });
  const session = await load(model);
  const pixels = deterministic("input", 3 * HEIGHT * WIDTH).map((r) => (r + 1) / 2);
  const results = await session.run({ images: { dtype: "float32", shape: [1, 3, HEIGHT, WIDTH], data: pixels } });
  await session.release();
  return results;
}

/**
 * Compares within a share of the root mean square of the entries, and a sum within that share of what all entries
 * together can come to. An error in the values counts twice in their squares.
 */
function expectSummary({ what, shape, sum, squares, first, last }: Summary, value: Value, tolerance: number): void {
  const data = value.data as Float32Array;
  expect(value.shape, what).toEqual([1, ...shape]);
  const typical = Math.sqrt(squares / data.length);
  const total = (f: (x: number) => number) => data.reduce((all, x) => all + f(x), 0);
  expect(Math.abs(total((x) => x) - sum), `${what}: sum`).toBeLessThan(tolerance * typical * data.length);
  expect(Math.abs(total((x) => x * x) / squares - 1), `${what}: squares`).toBeLessThan(2 * tolerance);
  for (const [got, expected] of [
    [data[0], first],
    [data[data.length - 1], last],
  ]) {
    expect(Math.abs(got - expected), `${what}: an end`).toBeLessThan(tolerance * Math.max(typical, Math.abs(expected)));
  }
}

const CASES = [
  ["yolov8n", "yolov8n"],
  ["yolov8n-p2", "yolov8n-p2"],
  ["yolov8n-seg", "yolov8n-seg"],
  ["yolo12n(v1.0, pe no bias)", "yolo12n"],
  ["yolo12n(v1.0, pe bias)", "yolo12n"],
  ["yolov8m", "yolov8m"],
  ["yolo12m(v1.0)", "yolo12m"],
  ["yolo12l(v1.0)", "yolo12l"],
] as const;

describe.skipIf(!sharedAvailable)("on deterministic weights", () => {
  // Section 14.1 gives h("input") = 1709 and these.
  test("parity: the weights are those of the reference text", () => {
    expect(goldenText()).toContain('r("input") = 0.75740113, 0.36394029, 0.47272151, −0.42815836, −0.59239290');
    [0.75740113, 0.36394029, 0.47272151, -0.42815836, -0.5923929].forEach((value, i) => {
      expect(deterministic("input", 5)[i]).toBeCloseTo(value, 7);
    });
    [0.16629017, -0.08993365, 0.59955872].forEach((value, i) => {
      expect(deterministic("model.0.conv.weight", 3)[i]).toBeCloseTo(value, 7);
    });
  });

  test.for(CASES)("parity: %s has the sums of the reference text", async ([heading, name]) => {
    const { network } = networkByName(name, { nc: 3 });
    const { parameters, tensors } = forwardSummaries(heading);
    const list = parametersOf(network, { peBias: heading.includes("pe bias") });
    const counted = list.filter(({ kind }) => kind !== "running_mean" && kind !== "running_var");
    expect(counted.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0)).toBe(parameters);
    const results = await run(network, new Map(list.map((parameter) => [parameter.name, valuesOf(parameter)])));
    // Six layers, the levels, the decoded output, and two more of a segmenting network.
    expect(tensors.length).toBe(6 + network.strides.length + 1 + (network.task === "segment" ? 2 : 0));
    for (const summary of tensors) {
      const grown = name === "yolo12l" && AFTER_ATTENTION.test(summary.what);
      expectSummary(summary, results[summary.what], grown ? LARGE_TOLERANCE : TOLERANCE);
    }
  });
});
