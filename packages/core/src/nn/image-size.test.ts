import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { checkImageSize, largestStride } from "./image-size";
import { parseModelYaml } from "./model-yaml";
import { networkByName } from "./network-by-name";

const { network } = networkByName("yolov8n");

describe("largestStride", () => {
  test("is that of the coarsest map, even where the head does not read it", () => {
    expect(largestStride(network)).toBe(32);
    expect(largestStride(networkByName("yolov8n-p2").network)).toBe(32);
  });
});

describe("checkImageSize", () => {
  test.each([32, 64, 640])("takes %d px", (side) => {
    expect(() => checkImageSize(network, { width: side, height: 32 })).not.toThrow();
  });

  test.each([
    [100, "imgsz: got 100, wanted a multiple of 32, the largest stride of yolov8n: 96 or 128"],
    [31, "imgsz: got 31, wanted a multiple of 32, the largest stride of yolov8n: 32"],
    [0, "imgsz: got 0, wanted a multiple of 32"],
    [48.5, "imgsz: got 48.5, wanted a multiple of 32"],
  ])("refuses %d px and names the sizes beside it", (side, message) => {
    expect(() => checkImageSize(network, { width: 64, height: side })).toThrow(ArgumentError);
    expect(() => checkImageSize(network, { width: side, height: 64 })).toThrow(message);
  });

  test("refuses maps that an area attention cannot cut into its stripes", () => {
    // Row 2 sees 64 / 4 = 16 by 32 / 4 = 8 cells: 128, which is no multiple of 3.
    const { network: striped } = parseModelYaml(`
nc: 1
backbone:
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, A2C2f, [64, True, 3]]
head:
  - [[2], 1, Detect, [nc]]
`);
    expect(() => checkImageSize(striped, { width: 96, height: 32 })).not.toThrow();
    expect(() => checkImageSize(striped, { width: 64, height: 32 })).toThrow(
      "imgsz: 32 x 64 gives row 2 a map of 128 cells, which its attention cannot cut into 3 stripes; try 12",
    );
  });
});
