/**
 * @file Forward passes of the reference checkpoints: raw maps, inputs of the head, decoded output, prototypes.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import { input } from "@fovea/core/graph/tensor";
import { joinLevels } from "@fovea/core/nn/head";
import { inferenceLeaves, type ParameterValues } from "@fovea/core/nn/inference";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { buildNetwork } from "@fovea/core/nn/network";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { describe, expect, test } from "vitest";
import { type Fixture, readFixture } from "../../../../test/fixture";
import { sharedAvailable } from "../../../../test/shared";
import { relativeError, rowError } from "../agreement";
import { LAYOUTS, lanesOf, load, REFERENCE_MODELS, referenceModel, tableNetwork } from "./reference-model";

/** Relative to the largest entry, of each channel where channels differ in kind. */
const TOLERANCE = 1e-4;

/** Raw maps and head inputs under the names of the fixture. */
function rawGraph(
  network: NetworkRows,
  values: ParameterValues,
  [, , height, width]: readonly number[],
  lanes: number,
) {
  const images = input("images", "float32", ["batch", 3, height, width]);
  const leaves = inferenceLeaves(values);
  const { maps, features } = buildNetwork(network, images, () => leaves);
  const head = network.rows[network.rows.length - 1];
  const outputs = {
    "eval.1.boxes": joinLevels(maps.boxes),
    "eval.1.scores": joinLevels(maps.scores),
    ...Object.fromEntries(head.from.map((row, i) => [`eval.1.feats.${i}`, features[row]])),
    ...(maps.coefficients && { "eval.1.mask_coefficient": joinLevels(maps.coefficients) }),
    ...(maps.prototypes && { "eval.1.proto": maps.prototypes }),
  };
  return toModelBytes(outputs, { lanes });
}

async function run(model: Uint8Array, { shape, data }: Fixture) {
  const session = await load(model);
  const results = await session.run({ images: { dtype: "float32", shape, data } });
  await session.release();
  return results;
}

const cases = REFERENCE_MODELS.flatMap((name) => (["checkpoint", "table"] as const).map((rows) => ({ name, rows })));
const inLayouts = cases.flatMap((one) => LAYOUTS.map((layout) => ({ ...one, layout })));

describe.skipIf(!sharedAvailable)("a forward pass", () => {
  test.for(inLayouts)("parity: $name, rows of the $rows, $layout: raw maps, head inputs", async (one, context) => {
    const lanes = await lanesOf(one.layout, context);
    const model = await referenceModel(one.name);
    const network = one.rows === "table" ? tableNetwork(one.name) : model.network;
    const fixture = readFixture(`reference/yolo/${one.name}/forward.safetensors`);
    const x = fixture.get("x")!;
    const results = await run(rawGraph(network, model.values, x.shape, lanes), x);
    const expected = [...fixture].filter(([name]) => name.startsWith("eval.1."));
    expect(Object.keys(results).sort()).toEqual(expected.map(([name]) => name).sort());
    for (const [name, { shape, data }] of expected) {
      expect(results[name].shape, name).toEqual(shape);
      expect(relativeError(results[name].data as Float32Array, data), name).toBeLessThan(TOLERANCE);
    }
  });

  test.for(cases)("parity: $name, rows of the $rows: decoded output and prototypes", async ({ name, rows }) => {
    const model = await referenceModel(name);
    const network = rows === "table" ? tableNetwork(name) : model.network;
    const fixture = readFixture(`reference/yolo/${name}/forward.safetensors`);
    const x = fixture.get("x")!;
    const [, , height, width] = x.shape;
    const { output0, output1 } = await run(inferenceGraph(network, model.values, { width, height }), x);
    const decoded = (fixture.get("eval.0") ?? fixture.get("eval.0.0"))!;
    expect(output0.shape).toEqual(decoded.shape);
    expect(rowError(output0.data as Float32Array, decoded.data, decoded.shape)).toBeLessThan(TOLERANCE);
    const prototypes = fixture.get("eval.0.1");
    expect(output1?.shape).toEqual(prototypes?.shape);
    if (prototypes) expect(relativeError(output1.data as Float32Array, prototypes.data)).toBeLessThan(TOLERANCE);
  });

  // The graph knows neither size nor batch until it runs: what is exported with --dynamic.
  test.for(REFERENCE_MODELS)("parity: %s, size open until the graph runs: decoded output", async (name) => {
    const { network, values } = await referenceModel(name);
    const fixture = readFixture(`reference/yolo/${name}/forward.safetensors`);
    const { output0 } = await run(
      inferenceGraph(network, values, { width: "width", height: "height" }),
      fixture.get("x")!,
    );
    const decoded = (fixture.get("eval.0") ?? fixture.get("eval.0.0"))!;
    expect(output0.shape).toEqual(decoded.shape);
    expect(rowError(output0.data as Float32Array, decoded.data, decoded.shape)).toBeLessThan(TOLERANCE);
  });
});
