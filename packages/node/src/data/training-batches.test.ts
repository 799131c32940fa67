import { EpochOrder } from "@fovea/core/dataset/epoch-order";
import { describe, expect, test } from "vitest";
import { largestSide, sideAt, trainingBatches } from "./training-batches";

const sized = (...sizes: readonly (readonly [number, number])[]) =>
  sizes.map(([width, height], i) => ({ file: `${i}`, width, height, labels: [] }));

describe("sideAt", () => {
  test("is imgsz without multi-scale", () => {
    expect(sideAt({ imgsz: 100, seed: 0 }, 3, 7)).toBe(100);
  });

  test("draws multiples of the stride within the share, evenly, anew every ten batches", () => {
    // 320 * .75 = 240 and 320 * 1.25 = 400: 256, 288, 320, 352, 384.
    const options = { imgsz: 320, seed: 4, multiScale: 0.25 };
    const counts = new Map<number, number>();
    for (let epoch = 0; epoch < 50; epoch++) {
      for (let batch = 0; batch < 200; batch += 10) {
        const side = sideAt(options, epoch, batch);
        counts.set(side, (counts.get(side) ?? 0) + 1);
        expect(sideAt(options, epoch, batch + 9)).toBe(side);
      }
    }
    expect([...counts.keys()].sort()).toEqual([256, 288, 320, 352, 384]);
    // 1000 draws: 200 each, standard deviation 12.6.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(60);
  });

  test("reaches the bounds where they are multiples", () => {
    // 640 * .9 = 576 = 18 * 32; 640 * 1.1 = 704 = 22 * 32, however floating point rounds it.
    const sides = Array.from({ length: 300 }, (_, epoch) => sideAt({ imgsz: 640, seed: 0, multiScale: 0.1 }, epoch, 0));
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([576, 704]);
  });
});

describe("largestSide", () => {
  test.each([
    [{ imgsz: 100 }, 100],
    [{ imgsz: 640, multiScale: 0.1 }, 704],
    [{ imgsz: 640, multiScale: 0.5, stride: 64 }, 960],
    [{ imgsz: 320, multiScale: 0.25 }, 384],
  ])("of %j is %d", (options, side) => {
    expect(largestSide(options)).toBe(side);
  });

  test.each([
    [{ imgsz: 640, multiScale: 1 }, "multi_scale is 1"],
    [{ imgsz: 640, multiScale: -0.1 }, "multi_scale is -0.1"],
    [{ imgsz: 100, multiScale: 0.1 }, "imgsz is 100"],
    [{ imgsz: 100, rect: true }, "imgsz is 100"],
  ])("refuses %j", (options, message) => {
    expect(() => largestSide(options)).toThrow(message);
  });
});

describe("trainingBatches", () => {
  test("follows the order in squares", () => {
    const order = new EpochOrder(5, 1, 0);
    expect(trainingBatches(order, [], 0, { imgsz: 64, batch: 2, seed: 1 })).toEqual([
      { width: 64, height: 64, positions: [0, 1] },
      { width: 64, height: 64, positions: [2, 3] },
      { width: 64, height: 64, positions: [4] },
    ]);
  });

  // Ratios 2, .5, 1, .5, 2: sorted .5 .5 | 1 2 | 2.
  const samples = sized([100, 200], [200, 100], [90, 90], [400, 200], [10, 20]);

  test("groups images of like proportions in every epoch, in batches that hold them without margin", () => {
    const seen = new Set<string>();
    for (let epoch = 0; epoch < 20; epoch++) {
      const order = new EpochOrder(5, 1, epoch);
      const batches = trainingBatches(order, samples, epoch, { imgsz: 320, batch: 2, seed: 1, rect: true });
      const shown = batches.map(({ width, height, positions }) => ({
        width,
        height,
        images: positions.map((p) => order.at(p)),
      }));
      expect(shown.flatMap(({ images }) => images).toSorted()).toEqual([0, 1, 2, 3, 4]);
      seen.add(JSON.stringify(shown.map(({ width }) => width)));
      for (const { width, height, images } of shown) {
        const kind = images.toSorted().join();
        // .5 * 320 = 160 = 5 * 32; squares with one that is 2; alone 160 wide.
        if (kind === "1,3") expect([width, height]).toEqual([320, 160]);
        else if (images.length === 1) expect([width, height]).toEqual([160, 320]);
        else expect([width, height, kind.includes("2")]).toEqual([320, 320, true]);
      }
    }
    // Batches come in an order of their own: more than one of the six.
    expect(seen.size).toBeGreaterThan(2);
  });

  test("follows sides that vary", () => {
    const order = new EpochOrder(5, 1, 7);
    const options = { imgsz: 320, batch: 2, seed: 1, rect: true, multiScale: 0.5 };
    const side = sideAt(options, 7, 0);
    for (const { width, height } of trainingBatches(order, samples, 7, options)) {
      expect(Math.max(width, height)).toBe(side);
      expect([width % 32, height % 32]).toEqual([0, 0]);
    }
  });

  test("refuses images of unknown size under rect, naming the file", () => {
    const order = new EpochOrder(1, 0, 0);
    const run = () =>
      trainingBatches(order, [{ file: "a.dcm", labels: [] }], 0, { imgsz: 64, batch: 1, seed: 0, rect: true });
    expect(run).toThrow("a.dcm: rect needs the size");
  });
});
