import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Detector } from "@fovea/core/detect/detector";
import type { Finding } from "@fovea/core/finding";
import { decodeModel, encodeModel } from "@fovea/core/graph/onnx/codec";
import type { ModelProto } from "@fovea/core/graph/onnx/generated/onnx_pb";
import { image } from "@fovea/core/imaging/image";
import { Random } from "@fovea/core/math/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExportOptions, exportOnnx } from "../export/export-onnx";
import { loadNetwork } from "./load-network";
import { type DetectorFile, openDetector, openExport } from "./open-detector";
import { type Model, openTrainableModel } from "./open-model";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-detector-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Fresh weights whose scores are high here and there. */
async function model(name: string): Promise<Model> {
  const opened = await openTrainableModel(name, { names: ["nodule", "mass"] });
  const random = new Random(1);
  for (const [path, values] of opened.values) {
    const isScoreBias = /cv3\.\d\.2\.bias$/.test(path);
    for (let i = 0; i < values.length; i++) {
      if (isScoreBias) values[i] = random.uniform(-2, 1);
      else if (path.endsWith(".conv.weight")) values[i] *= 2.5;
    }
  }
  return opened;
}

const exported = (source: Model, options: Omit<ExportOptions, "date"> = {}) =>
  exportOnnx(source, { height: 96, width: 64, date: "2026-01-02T03:04:05Z", ...options });

async function put(bytes: Uint8Array): Promise<string> {
  const file = join(folder, "model.onnx");
  await writeFile(file, bytes);
  return file;
}

const changed = (bytes: Uint8Array, change: (model: ModelProto) => void): Uint8Array => {
  const model = decodeModel(bytes);
  change(model);
  return encodeModel(model);
};

const SEEN = image(
  50,
  70,
  3,
  Uint8Array.from({ length: 3 * 50 * 70 }, (_, i) => (i * i) % 251),
);

async function findings(file: DetectorFile): Promise<Finding[]> {
  const network = await loadNetwork(file);
  try {
    return await new Detector(network, { conf: 0.3 }).detect(SEEN);
  } finally {
    await network.session.release();
    await network.tileSession?.release();
  }
}

describe.each(["yolov8n", "yolov8n-p2", "yolov8n-seg", "yolo12n"])("an export of %s", (name) => {
  test("is run by the graphs of weights, and they find what its own graph finds", async () => {
    const file = await put(exported(await model(name)));
    const [opened, asItIs] = [await openDetector(file), await openExport(file)];
    expect([opened.signature.outputs, asItIs.signature.outputs]).toEqual(["scores", "decoded"]);
    expect(opened.signature).toMatchObject({ inputSize: { width: 64, height: 96 }, names: ["nodule", "mass"] });
    const [found, wanted] = [await findings(opened), await findings(asItIs)];
    expect(wanted.length).toBeGreaterThan(2);
    expect(found.length).toBe(wanted.length);
    for (const [i, { box, confidence, classId, polygon }] of found.entries()) {
      expect(classId).toBe(wanted[i].classId);
      expect(confidence).toBeCloseTo(wanted[i].confidence, 4);
      expect(polygon === undefined).toBe(!name.endsWith("-seg"));
      for (const side of ["x1", "y1", "x2", "y2"] as const) expect(box[side]).toBeCloseTo(wanted[i].box[side], 2);
    }
  });
});

describe("is run as it is:", () => {
  const outputsOf = async (bytes: Uint8Array) => (await openDetector(await put(bytes))).signature.outputs;

  test("an export of any size, of several images, and in half precision", async () => {
    const source = await model("yolov8n");
    expect(await outputsOf(exported(source))).toBe("scores");
    expect(await outputsOf(exported(source, { dynamic: true }))).toBe("decoded");
    expect(await outputsOf(exported(source, { half: true }))).toBe("decoded");
  });

  test("a graph in which one attribute of one node was changed", async () => {
    const bytes = changed(exported(await model("yolov8n")), ({ graph }) => {
      const pool = graph?.node.find(({ opType }) => opType === "MaxPool");
      const kernel = pool?.attribute.find(({ name }) => name === "kernel_shape");
      if (kernel === undefined) throw new Error("the network has a pooling");
      kernel.ints = [3n, 3n];
    });
    expect(await outputsOf(bytes)).toBe("decoded");
  });

  test("one whose constants were changed, where they are no weights", async () => {
    const bytes = changed(exported(await model("yolov8n")), ({ graph }) => {
      const constants = graph?.initializer.filter(({ name, dataType }) => dataType === 1 && !name.startsWith("model."));
      if (!constants?.length) throw new Error("the decoding has constants");
      constants[0].rawData = constants[0].rawData.map((byte) => byte ^ 1);
    });
    expect(await outputsOf(bytes)).toBe("decoded");
  });

  test("one whose rows are another network's, or no network", async () => {
    const bytes = exported(await model("yolov8n"));
    const withYaml = (yaml: string) =>
      changed(bytes, ({ metadataProps }) => {
        for (const property of metadataProps) if (property.key === "yaml") property.value = yaml;
      });
    expect(await outputsOf(withYaml("{}"))).toBe("decoded");
    expect(await outputsOf(withYaml("no JSON"))).toBe("decoded");
  });
});
