import { describe, expect, test } from "vitest";
import { initialise } from "./initialise";
import { networkByName } from "./network-by-name";

const v8 = initialise(networkByName("yolov8n", { nc: 3 }).network, { seed: 1 });
const segment = initialise(networkByName("yolov8n-seg", { nc: 3 }).network, { seed: 1 });
const v12 = initialise(networkByName("yolo12l", { nc: 1 }).network, { peBias: true });

function at(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const data = values.get(name);
  if (!data) throw new Error(`no ${name}`);
  return data;
}

function deviation(data: Float32Array): number {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  return Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
}

describe("initialise", () => {
  // PyTorch's default: uniform within 1 / sqrt(fan-in), whose deviation is the bound over sqrt(3).
  test.each([
    ["a 3 x 3 convolution of 128 channels", v8, "model.7.conv.weight", 1 / Math.sqrt(128 * 9)],
    ["a plain convolution of the head", v8, "model.22.cv2.0.2.weight", 1 / Math.sqrt(64)],
    ["the bias of mask coefficients", segment, "model.22.cv4.0.2.bias", 1 / Math.sqrt(32)],
    // Weight (64, 64, 2, 2): the second axis times the kernel.
    ["a transposed convolution", segment, "model.22.proto.upsample.weight", 1 / Math.sqrt(64 * 4)],
    ["the bias of a transposed convolution", segment, "model.22.proto.upsample.bias", 1 / Math.sqrt(64 * 4)],
    // One input channel per group.
    ["a depthwise convolution", v12, "model.21.cv3.0.0.0.conv.weight", 1 / Math.sqrt(9)],
  ])("draws %s uniformly within its fan-in", (_, values, name, bound) => {
    const data = at(values, name);
    const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest).toBeGreaterThan(0.85 * bound);
    expect(deviation(data) / (bound / Math.sqrt(3))).toBeCloseTo(1, data.length > 1000 ? 1 : 0);
  });

  test.each(["attn.qkv", "attn.proj", "attn.pe", "mlp.0", "mlp.1"])("draws %s normally, deviation 0.02", (part) => {
    expect(deviation(at(v12, `model.6.m.0.0.${part}.conv.weight`))).toBeCloseTo(0.02, 3);
  });

  test("starts norms as the identity, residuals at 0.01 and bins at 0 to 15", () => {
    for (const [field, value] of Object.entries({ weight: 1, bias: 0, running_mean: 0, running_var: 1 })) {
      expect([...at(v8, `model.0.bn.${field}`)]).toEqual(new Array(16).fill(value));
    }
    expect([...new Set(at(v12, "model.6.gamma"))]).toEqual([Math.fround(0.01)]);
    expect([...at(v8, "model.22.dfl.conv.weight")]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  // yolo-reference.md section 4: ln(5 / nc / (640 / stride)^2).
  test.each([
    ["yolov8n", 80, [-11.536642, -10.150348, -8.764053]],
    ["yolov8n", 3, [-8.253228, -6.866933, -5.480639]],
    ["yolov8n", 1, [-7.154615, -5.768321, -4.382027]],
    ["yolov8n-p2", 80, [-12.922936, -11.536642, -10.150348, -8.764053]],
  ])("parity: %s with %d classes expects few objects: class biases %j", (name, nc, biases) => {
    const values = initialise(networkByName(name, { nc }).network);
    biases.forEach((bias, level) => {
      const row = name === "yolov8n" ? 22 : 28;
      const cls = at(values, `model.${row}.cv3.${level}.2.bias`);
      expect(cls).toHaveLength(nc);
      for (const x of cls) expect(x).toBeCloseTo(bias, 5);
      expect([...new Set(at(values, `model.${row}.cv2.${level}.2.bias`))]).toEqual([1]);
    });
  });

  test("gives the same seed the same values, another seed others", () => {
    const { network } = networkByName("yolov8n", { nc: 3 });
    const [same, other] = [1, 2].map((seed) => initialise(network, { seed }));
    expect([...same.keys()]).toEqual([...v8.keys()]);
    for (const [name, data] of same) expect(data.every((x, i) => x === at(v8, name)[i])).toBe(true);
    expect(at(other, "model.0.conv.weight")).not.toEqual(at(v8, "model.0.conv.weight"));
  });

  test("starts shared rows alike in different networks", () => {
    expect(at(segment, "model.4.m.0.cv1.conv.weight")).toEqual(at(v8, "model.4.m.0.cv1.conv.weight"));
  });

  test("leaves random values at 0 if the weights come from a file, and sets the others", () => {
    const { network } = networkByName("yolov8n", { nc: 3 });
    const values = initialise(network, { fixedOnly: true });
    expect([...values.keys()]).toEqual([...v8.keys()]);
    expect(at(values, "model.0.conv.weight").every((x) => x === 0)).toBe(true);
    expect([...at(values, "model.22.dfl.conv.weight")]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });
});
