/**
 * @file The graph that prediction runs against the one that is exported: the same findings from either.
 */
import { Detector } from "@fovea/core/detect/detector";
import type { DetectorNetwork } from "@fovea/core/detect/detector-network";
import type { Finding } from "@fovea/core/finding";
import { polygonArea } from "@fovea/core/geometry/polygon";
import { type ByteImage, image } from "@fovea/core/imaging/image";
import { Random } from "@fovea/core/math/random";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { initialise } from "@fovea/core/nn/initialise";
import { networkByName } from "@fovea/core/nn/network-by-name";
import { scoreGraph, tileGraph } from "@fovea/core/nn/prediction-graph";
import { describe, expect, test } from "vitest";
import { openRuntime } from "../src/runtime/onnx-runtime";

/** Noise in blocks, so that neighbouring cells see different things. */
function noise(width: number, height: number): ByteImage {
  const random = new Random(1);
  const blocks = Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(0, 256));
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    data[i] = blocks[((y >> 4) % 32) * 96 + ((x >> 4) % 32) * 3 + (i % 3)];
  }
  return image(width, height, 3, data);
}

/** An untrained network whose norms keep the image's contrast alive to the last layer, so that scores spread out. */
function untrained(name: string, gain: number) {
  const { network } = networkByName(name, { nc: 3 });
  const values = initialise(network, { seed: 3 });
  for (const [key, data] of values) {
    if (key.endsWith("bn.weight")) data.fill(gain);
    if (/\.cv3\.\d\.2\.bias$/.test(key)) data.fill(-3);
  }
  return { network, values };
}

const coordinates = ({ box }: Finding) => [box.x1, box.y1, box.x2, box.y2];

describe("scoreGraph and tileGraph", () => {
  test.each([
    ["yolov8n", 2.7],
    ["yolov8n-p2", 2.7],
    ["yolov8n-seg", 2.7],
    ["yolo12n", 2.77],
  ])("%s: gives the findings of the exported graph", async (name, gain) => {
    const { network, values } = untrained(name, gain);
    const runtime = await openRuntime({ threads: 2 });
    const maskCount = name.endsWith("seg") ? 32 : 0;
    const common = { names: ["a", "b", "c"], strides: network.strides, maskCount };
    const detect = (detector: DetectorNetwork) => {
      // 160 x 128: on the coarsest level 5 x 4 cells, which tiles of 4 x 4 do not fill.
      return new Detector(detector, { imgsz: 160, conf: 0.1, maxDetections: 50 }).detect(noise(300, 210));
    };
    const exported = inferenceGraph(network, values, { width: "width", height: "height" });
    const expected = await detect({
      ...{ ...common, outputs: "decoded", pixels: "float32", channels: [] },
      session: await runtime.load(exported),
    });
    const head = network.rows.at(-1);
    const found = await detect({
      ...{ ...common, outputs: "scores", pixels: "interleaved", channels: head && "ch" in head ? head.ch : [] },
      session: await runtime.load(scoreGraph(network, values)),
      tileSession: await runtime.load(tileGraph(network, values)),
    });
    expect(expected.length).toBeGreaterThan(5);
    expect(found.map(({ classId }) => classId)).toEqual(expected.map(({ classId }) => classId));
    for (const [i, finding] of found.entries()) {
      expect(finding.confidence).toBeCloseTo(expected[i].confidence, 4);
      for (const [j, x] of coordinates(finding).entries()) expect(x).toBeCloseTo(coordinates(expected[i])[j], 1);
      const [area, wanted] = [finding, expected[i]].map(({ polygon = [] }) => polygonArea(polygon));
      expect(Math.abs(area - wanted)).toBeLessThanOrEqual(1 + 0.01 * wanted);
    }
    if (maskCount > 0) expect(found.some(({ polygon = [] }) => polygon.length > 8)).toBe(true);
  });
});
