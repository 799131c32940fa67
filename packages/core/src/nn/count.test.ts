import { describe, expect, test } from "vitest";
import { countNetwork } from "./count";
import { networkByName } from "./network-by-name";

// yolo-reference.md 3.6, nc 80 at 640 px: parameters, fused parameters, convolution GFLOPs.
const PUBLISHED = [
  ["yolov8n", 3157200, 3151904, 8.743],
  ["yolov8s", 11166560, 11156544, 28.602],
  ["yolov8m", 25902640, 25886080, 78.936],
  ["yolov8l", 43691520, 43668288, 165.147],
  ["yolov8x", 68229648, 68200608, 257.803],
  ["yolov8n-p2", 3354144, 3348240, 17.223],
  ["yolov8s-p2", 10884336, 10873680, 39.342],
  ["yolov8m-p2", 25082496, 25064944, 98.424],
  ["yolov8l-p2", 42888080, 42863184, 205.411],
  ["yolov8x-p2", 66637536, 66606544, 316.922],
  ["yolov8n-seg", 3409968, 3404320, 12.002],
  ["yolov8s-seg", 11821056, 11810560, 40.085],
  ["yolov8m-seg", 27285968, 27268704, 104.537],
  ["yolov8l-seg", 45997728, 45973568, 210.392],
  ["yolov8x-seg", 71827888, 71797696, 328.356],
  ["yolo12n", 2602288, 2590824, 6.487],
  ["yolo12s", 9284096, 9261840, 21.375],
  ["yolo12m", 20199168, 20166592, 67.445],
  ["yolo12l", 26450784, 26400752, 88.876],
  ["yolo12x", 59210784, 59135744, 199.019],
  ["yolo12n-seg", 2855056, 2843240, 9.746],
  ["yolo12s-seg", 9938592, 9915856, 32.858],
  ["yolo12m-seg", 22505376, 22471872, 112.69],
  ["yolo12l-seg", 28756992, 28706032, 134.121],
  ["yolo12x-seg", 64387264, 64310848, 300.478],
] as const;

describe("countNetwork", () => {
  test.each(PUBLISHED)("parity: %s has %d parameters, %d fused, %d GFLOPs", (name, parameters, fused, gflops) => {
    const count = countNetwork(networkByName(name).network);
    expect([count.parameters, count.fusedParameters]).toEqual([parameters, fused]);
    expect(count.gflops).toBeCloseTo(gflops, 3);
  });

  // 3.6, below the table.
  test.each([
    ["yolov8n", 1, 3011043],
    ["yolov8n", 2, 3011238],
    ["yolov8n", 3, 3011433],
    ["yolov8n", 4, 3011628],
    ["yolo12n", 1, 2568243],
    ["yolo12n", 2, 2568438],
    ["yolo12n", 3, 2568633],
    ["yolo12n", 4, 2568828],
    ["yolov8n-p2", 1, 2926692],
    ["yolov8n-p2", 2, 2926824],
    ["yolov8n-p2", 3, 2926956],
    ["yolov8n-p2", 4, 2927088],
    ["yolov8n-seg", 1, 3263811],
    ["yolov8n-seg", 2, 3264006],
    ["yolov8n-seg", 3, 3264201],
    ["yolov8n-seg", 4, 3264396],
  ])("parity: %s with %d classes has %d parameters", (name, nc, parameters) => {
    expect(countNetwork(networkByName(name, { nc }).network).parameters).toBe(parameters);
  });

  test("parity: yolo12n with one class has 2,556,923 fused parameters", () => {
    expect(countNetwork(networkByName("yolo12n", { nc: 1 }).network).fusedParameters).toBe(2556923);
  });

  // 2.9: one bias per channel of every attention block.
  test.each([
    ["yolo12n", 768],
    ["yolo12s", 1536],
    ["yolo12m", 2048],
    ["yolo12l", 4096],
    ["yolo12x", 6144],
  ])("parity: the pe biases of %s are %d more, and none once fused", (name, more) => {
    const { network } = networkByName(name);
    const [without, with_] = [false, true].map((peBias) => countNetwork(network, { peBias }));
    expect(with_.parameters - without.parameters).toBe(more);
    expect(with_.fusedParameters).toBe(without.fusedParameters);
  });

  test("parity: counts transposed convolutions four times as published tables do", () => {
    // 3.6 names 12.6 for yolov8n-seg. By hand: 64 x 64 channels, 2 x 2 kernel, 80 x 80 cells, two operations each, are
    // .20972 GFLOPs, of which three more are added to 12.0017.
    const count = countNetwork(networkByName("yolov8n-seg").network);
    expect(count.publishedGflops - count.gflops).toBeCloseTo(3 * 0.20972, 4);
    expect(count.publishedGflops.toFixed(1)).toBe("12.6");
  });

  test("counts row by row", () => {
    const { rows, parameters, gflops, trainableParameters } = countNetwork(networkByName("yolov8n").network);
    // Row 0: 16 x 3 x 3 x 3 weights and 2 x 16 of the norm; 432 products in each of 320 x 320 cells.
    expect(rows[0]).toEqual({
      module: "Conv",
      parameters: 464,
      fusedParameters: 448,
      gflops: expect.closeTo(0.0884736),
    });
    expect(rows[10]).toEqual({ module: "Upsample", parameters: 0, fusedParameters: 0, gflops: 0 });
    expect(rows.reduce((sum, row) => sum + row.parameters, 0)).toBe(parameters);
    expect(rows.reduce((sum, row) => sum + row.gflops, 0)).toBeCloseTo(gflops, 9);
    // The 16 bins of the head are not trained.
    expect(trainableParameters).toBe(parameters - 16);
  });

  test("scales operations with the area of the image, whatever its side", () => {
    const { network } = networkByName("yolov8n");
    expect(countNetwork(network, { imgsz: 320 }).gflops).toBeCloseTo(countNetwork(network).gflops / 4, 9);
    expect(countNetwork(network, { imgsz: 100 }).gflops).toBeCloseTo(countNetwork(network).gflops / 40.96, 9);
  });
});
