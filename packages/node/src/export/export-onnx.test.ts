import { ArgumentError } from "@fovea/core/errors";
import { decodeModel } from "@fovea/core/graph/onnx/codec";
import type { Session, Value } from "@fovea/core/graph/runtime";
import { Random } from "@fovea/core/math/random";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { readOnnxCheckpoint } from "@fovea/core/nn/weights/onnx-initialisers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Model, openTrainableModel } from "../model/open-model";
import { openRuntime } from "../runtime/onnx-runtime";
import { checkExport } from "./check-export";
import { type ExportOptions, exportOnnx } from "./export-onnx";

const date = "2026-01-02T03:04:05Z";
const names = ["nodule", "large 'mass'"];

/** Fresh weights, made larger so that what the image shows reaches the outputs, and scores that are not all tiny. */
async function model(name: string): Promise<Model> {
  const opened = await openTrainableModel(name, { names });
  const random = new Random(1);
  for (const [path, values] of opened.values) {
    const isScoreBias = /cv3\.\d\.2\.bias$/.test(path);
    for (let i = 0; i < values.length; i++) {
      if (isScoreBias) values[i] = random.uniform(-2, 2);
      else if (path.endsWith(".conv.weight")) values[i] *= 2.5;
    }
  }
  return opened;
}

function noise(batch: number, height: number, width: number): Value {
  const random = new Random(7);
  const data = Float32Array.from({ length: batch * 3 * height * width }, () => random.uniform(0, 1));
  return { dtype: "float32", shape: [batch, 3, height, width], data };
}

async function load(bytes: Uint8Array): Promise<Session> {
  return (await openRuntime({ threads: 2 })).load(bytes);
}

function largestDifference(a: Value, b: Value): number {
  expect(a.shape).toEqual(b.shape);
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  return most;
}

describe.each(["yolov8n-p2", "yolov8n-seg", "yolo12n"])("an export of %s", (name) => {
  let source: Model;
  beforeAll(async () => {
    source = await model(name);
  });
  const exported = (options: Omit<ExportOptions, "date">) => exportOnnx(source, { date, ...options });

  test("uses standard operators only", () => {
    const { graph, opsetImport } = decodeModel(exported({ height: 64, width: 64 }));
    expect(opsetImport.map(({ domain }) => domain)).toEqual([""]);
    expect(new Set(graph?.node.map(({ domain }) => domain))).toEqual(new Set([""]));
  });

  test("with open sizes gives what fixed sizes give, at every size", async () => {
    const session = await load(exported({ dynamic: true }));
    for (const [batch, height, width] of [
      [1, 64, 64],
      [2, 96, 64],
      [1, 32, 160],
    ]) {
      const images = noise(batch, height, width);
      const fixed = await load(inferenceGraph(source.network, source.values, { batch, height, width }));
      const [found, wanted] = [await session.run({ images }), await fixed.run({ images })];
      for (const output of session.outputNames) {
        // Boxes are up to 160 px: float32 rounds at 1e-5 of that, and kernels sum in different orders.
        expect(largestDifference(found[output], wanted[output])).toBeLessThan(0.01);
      }
      await fixed.release();
    }
    await session.release();
  });

  test("in half precision is half as large, takes float32, and finds nearly the same", async () => {
    const half = exported({ height: 64, width: 64, half: true });
    expect(half.length).toBeLessThan(0.6 * exported({ height: 64, width: 64 }).length);
    const check = { height: 64, width: 64, batch: 1, half: true, file: "x.onnx" };
    const { box, score } = await checkExport(await openRuntime(), half, source, check);
    expect(box).toBeGreaterThan(0);
    expect(box).toBeLessThan(1);
    expect(score).toBeLessThan(0.01);
  });
});

describe("an export", () => {
  test("says what it is, in the words of the public exporter", async () => {
    const bytes = exportOnnx(await model("yolov8n"), { height: 64, width: 96, batch: 2, date });
    const { metadataProps } = decodeModel(bytes);
    const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata).toMatchObject({
      ...{ description: "Fovea yolov8n model", author: "Fovea", date, license: "Apache-2.0" },
      ...{ stride: "32", task: "detect", batch: "2", imgsz: "[64, 96]", channels: "3" },
      names: `{0: 'nodule', 1: "large 'mass'"}`,
    });
  });

  test("is read back with its rows and names", async () => {
    const source = await model("yolov8n");
    const checkpoint = readOnnxCheckpoint(exportOnnx(source, { height: 64, width: 64, date }));
    expect(checkpoint).toMatchObject({ names, nc: 2, yaml: { nc: 2, yaml_file: "yolov8n.yaml" } });
    expect([...checkpoint.state.keys()]).toContain("model.0.conv.weight");
  });

  test("refuses sizes that the network does not take", async () => {
    const source = await model("yolov8n");
    expect(() => exportOnnx(source, { height: 64, width: 100, date })).toThrow(ArgumentError);
  });

  test("in half precision refuses weights that float16 cannot hold", async () => {
    const source = await model("yolov8n");
    source.values.get("model.22.cv3.0.2.bias")![0] = 1e6;
    expect(() => exportOnnx(source, { height: 64, width: 64, half: true, date })).toThrow(
      expect.objectContaining({ code: "invalid_checkpoint", message: expect.stringContaining("1000000") }),
    );
  });
});

describe("checkExport", () => {
  test("refuses a file that computes something else", async () => {
    const [source, other] = [await model("yolov8n"), await model("yolov8n")];
    other.values.get("model.22.cv3.0.2.bias")![0] += 1;
    const check = { height: 64, width: 64, batch: 1, half: false, file: "x.onnx" };
    const bytes = exportOnnx(other, { height: 64, width: 64, date });
    await expect(checkExport(await openRuntime(), bytes, source, check)).rejects.toMatchObject({
      code: "runtime_failed",
      message: expect.stringMatching(/^x\.onnx: the exported model differs from its source: boxes by 0\.000 px/),
    });
  });
});
