import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import type { Session, Value } from "../graph/runtime";
import { image } from "../imaging/image";
import { Detector } from "./detector";
import type { DetectorNetwork, NetworkSignature } from "./detector-network";

/** A network that remembers what it was given and answers as it is told. */
class FakeSession implements Session {
  readonly inputNames = ["images"];
  readonly outputNames: readonly string[];
  readonly seen: Value[] = [];
  readonly #answer: (input: Value) => Readonly<Record<string, Value>>;

  constructor(outputNames: readonly string[], answer: (input: Value) => Readonly<Record<string, Value>>) {
    this.outputNames = outputNames;
    this.#answer = answer;
  }

  async run(feeds: Readonly<Record<string, Value>>): Promise<Readonly<Record<string, Value>>> {
    this.seen.push(feeds.images);
    return this.#answer(feeds.images);
  }

  async release(): Promise<void> {}
}

const SIGNATURE: NetworkSignature = {
  names: ["nodule", "mass"],
  strides: [8, 16, 32],
  outputs: "decoded",
  pixels: "uint8",
  maskCount: 0,
  channels: [],
};

/** One anchor: cx, cy, w, h, score of either class, mask coefficients. */
function decodedNetwork(
  anchor: readonly number[],
  more: Partial<NetworkSignature> = {},
  outputs: Readonly<Record<string, Value>> = {},
): DetectorNetwork & { readonly session: FakeSession } {
  const output0: Value = { dtype: "float32", shape: [1, anchor.length, 1], data: Float32Array.from(anchor) };
  const all = { output0, ...outputs };
  return { ...SIGNATURE, ...more, session: new FakeSession(Object.keys(all), () => all) };
}

const grey = (width: number, height: number) => image(width, height, 1, new Uint8Array(width * height).fill(200));

describe("Detector", () => {
  test("gives findings in pixels of the source image, clipped to it", async () => {
    // 100 x 50 into 64: scale .64, content 64 x 32, no margin under auto. Box 16 ... 48, 0 ... 40 in the input is
    // 25 ... 75 and 0 ... 62.5, of which 50 is in the image.
    const network = decodedNetwork([32, 20, 32, 40, 0.1, 0.75]);
    const found = await new Detector(network, { imgsz: 64 }).detect(grey(100, 50));
    expect(found).toEqual([
      { classId: 1, className: "mass", confidence: 0.75, box: { x1: 25, y1: 0, x2: 75, y2: 50 } },
    ]);
    expect(network.session.seen[0].shape).toEqual([1, 3, 32, 64]);
  });

  test("pads to the full square if asked to", async () => {
    // Content rows 16 ... 48: the box 16 ... 48, 16 ... 48 is 25 ... 75, 0 ... 50.
    const network = decodedNetwork([32, 32, 32, 32, 0.5, 0]);
    const [finding] = await new Detector(network, { imgsz: 64, letterbox: "square" }).detect(grey(100, 50));
    expect(finding.box).toEqual({ x1: 25, y1: 0, x2: 75, y2: 50 });
    const [{ shape, data }] = network.session.seen;
    expect(shape).toEqual([1, 3, 64, 64]);
    expect([data[0], data[16 * 64], data[47 * 64], data[48 * 64]]).toEqual([114, 200, 200, 114]);
  });

  test("fits the size that a graph fixes", async () => {
    const network = decodedNetwork([0, 0, 0, 0, 0, 0], { inputSize: { width: 96, height: 32 } });
    await new Detector(network, { imgsz: 640 }).detect(grey(100, 50));
    expect(network.session.seen[0].shape).toEqual([1, 3, 32, 96]);
  });

  test("gives half precision what half precision reads", async () => {
    const network = decodedNetwork([0, 0, 0, 0, 0, 0], { pixels: "float16" });
    await new Detector(network, { imgsz: 32 }).detect(image(32, 32, 1, new Uint8Array(1024).fill(255)));
    // 1 is 0x3c00 in IEEE half precision.
    expect(network.session.seen[0]).toMatchObject({ dtype: "float16", shape: [1, 3, 32, 32] });
    expect(network.session.seen[0].data[5]).toBe(0x3c00);
  });

  test("uses its memory again for images of one size", async () => {
    const network = decodedNetwork([0, 0, 0, 0, 0, 0]);
    const detector = new Detector(network, { imgsz: 64 });
    for (const [width, height] of [
      [100, 50],
      [200, 100],
      [50, 100],
    ]) {
      await detector.detect(grey(width, height));
    }
    const [first, second, third] = network.session.seen;
    expect(second).toBe(first);
    expect(third.shape).toEqual([1, 3, 64, 32]);
  });

  test.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
    [3, 2],
  ])("takes an image of %d x %d pixels", async (width, height) => {
    const network = decodedNetwork([16, 16, 8, 8, 0.5, 0]);
    const found = await new Detector(network, { imgsz: 64 }).detect(grey(width, height));
    expect(found).toHaveLength(1);
    const { x1, y1, x2, y2 } = found[0].box;
    expect(x1 >= 0 && x2 <= width && y1 >= 0 && y2 <= height && x1 <= x2 && y1 <= y2).toBe(true);
  });

  test("gives outlines in pixels of the source image", async () => {
    // Input 32 x 32, prototypes 8 x 8 of value 1, coefficient 1, box 8 ... 24: prototype pixels 2 ... 5 blended into
    // the zeros around, from 1.5 * 4 = 6 to 6.5 * 4 = 26. The pixels in there are 6 ... 25, so the line runs through
    // the centres 5.5 and 26.5 of the first ones outside. The source is twice as large.
    const prototypes: Value = { dtype: "float32", shape: [1, 1, 8, 8], data: new Float32Array(64).fill(1) };
    const network = decodedNetwork([16, 16, 16, 16, 0.5, 0, 1], { maskCount: 1 }, { output1: prototypes });
    const [{ polygon = [] }] = await new Detector(network, { imgsz: 32 }).detect(grey(64, 64));
    const xs = polygon.filter((_, i) => i % 2 === 0);
    expect(Math.min(...xs)).toBeCloseTo(11, 3);
    expect(Math.max(...xs)).toBeCloseTo(53, 3);
  });

  test("refuses sizes that the network cannot take, and classes that it does not know", () => {
    const network = decodedNetwork([0, 0, 0, 0, 0, 0]);
    expect(() => new Detector(network, { imgsz: 100 })).toThrow(ArgumentError);
    expect(() => new Detector(network, { imgsz: 100 })).toThrow("imgsz is 100, expected a multiple of 32");
    expect(() => new Detector(network, { classes: [0, 2] })).toThrow("classes: got 2, the network knows 0 to 1");
  });

  test.each([
    ["conf", 25],
    ["conf", -0.1],
    ["iou", Number.NaN],
  ])("refuses %s of %d", (name, value) => {
    const network = decodedNetwork([0, 0, 0, 0, 0, 0]);
    expect(() => new Detector(network, { imgsz: 32, [name]: value })).toThrow(`${name} is ${value}, expected a number`);
  });

  // cx, cy, w, h, two classes.
  test.each([
    ["a score", [16, 16, 8, 8, 0.5, Number.NaN], "output0"],
    ["a box", [Number.NaN, 16, 8, 8, 0.5, 0], "boxes"],
  ])("says so when %s is no number, instead of finding nothing", async (_, values, at) => {
    const detector = new Detector(decodedNetwork(values, { file: "m.onnx" }), { imgsz: 32 });
    await expect(detector.detect(grey(32, 32))).rejects.toMatchObject({
      code: "scores_not_finite",
      place: { file: "m.onnx", at },
    });
  });

  test("refuses outputs of another shape than the classes say", async () => {
    const detector = new Detector(decodedNetwork([0, 0, 0, 0, 0, 0, 0]), { imgsz: 32 });
    await expect(detector.detect(grey(32, 32))).rejects.toMatchObject({
      code: "invalid_onnx",
      message: expect.stringContaining("output0: is 1 x 7 x 1, expected 1 x 6 x anchors"),
    });
  });
});
