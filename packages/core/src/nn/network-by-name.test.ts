import { describe, expect, test } from "vitest";
import { isNetworkName, networkByName, networkNames } from "./network-by-name";
import type { Row } from "./rows";

function widths(rows: readonly Row[]): (number | undefined)[] {
  return rows.map((row) => ("c2" in row ? row.c2 : undefined));
}

function repeats(rows: readonly Row[]): number[] {
  return rows.flatMap((row) => ("n" in row ? [row.n] : []));
}

const none = undefined;

describe("networkByName", () => {
  // yolo-reference.md 1.7: output channels of rows 0 to 21, repeats of the C2f rows.
  test.each([
    [
      "yolov8n",
      [16, 32, 32, 64, 64, 128, 128, 256, 256, 256, none, none, 128, none, none, 64, 64, none, 128, 128, none, 256],
      [1, 2, 2, 1, 1, 1, 1, 1],
    ],
    [
      "yolov8m",
      [48, 96, 96, 192, 192, 384, 384, 576, 576, 576, none, none, 384, none, none, 192, 192, none, 384, 384, none, 576],
      [2, 4, 4, 2, 2, 2, 2, 2],
    ],
    [
      "yolov8x",
      [
        80,
        160,
        160,
        320,
        320,
        640,
        640,
        640,
        640,
        640,
        none,
        none,
        640,
        none,
        none,
        320,
        320,
        none,
        640,
        640,
        none,
        640,
      ],
      [3, 6, 6, 3, 3, 3, 3, 3],
    ],
    [
      "yolo12n",
      [16, 32, 64, 64, 128, 128, 128, 256, 256, none, none, 128, none, none, 64, 64, none, 128, 128, none, 256],
      [1, 1, 2, 2, 1, 1, 1, 1],
    ],
    [
      "yolo12x",
      [96, 192, 384, 384, 768, 768, 768, 768, 768, none, none, 768, none, none, 384, 384, none, 768, 768, none, 768],
      [2, 2, 4, 4, 2, 2, 2, 2],
    ],
  ])("parity: %s has the published channels and repeats", (name, channels, inner) => {
    const { rows } = networkByName(name).network;
    expect(widths(rows).slice(0, -1)).toEqual(channels);
    expect(repeats(rows)).toEqual(inner);
  });

  // 1.3: min(256, most channels) x width.
  test.each([
    ["yolov8n-seg", 64],
    ["yolov8m-seg", 192],
    ["yolov8x-seg", 320],
    ["yolo12m-seg", 256],
    ["yolo12x-seg", 384],
  ])("parity: %s has prototypes of %d hidden channels", (name, npr) => {
    expect(networkByName(name).network.rows.at(-1)).toMatchObject({ module: "Segment", nm: 32, npr });
  });

  test.each([
    ["yolov8s", [8, 16, 32], [128, 256, 512], true],
    ["yolov8n-p2", [4, 8, 16, 32], [32, 64, 128, 256], true],
    ["yolo12n", [8, 16, 32], [64, 128, 256], false],
  ])("%s detects at strides %j", (name, strides, ch, legacy) => {
    const { network } = networkByName(name, { nc: 3 });
    expect(network).toMatchObject({ name, task: "detect", nc: 3, ch: 3, strides });
    expect(network.rows.at(-1)).toMatchObject({ module: "Detect", nc: 3, ch, legacy });
  });

  // 1.6: m, l and x turn c3k on; l and x add the residual and narrow the perceptron.
  test.each([
    ["yolo12n", false, false, 2],
    ["yolo12m", true, false, 2],
    ["yolo12l", true, true, 1.2],
  ])("parity: %s has c3k %s, residual %s and mlp_ratio %d", (name, c3k, residual, mlpRatio) => {
    const { rows } = networkByName(name).network;
    expect(rows[2]).toMatchObject({ module: "C3k2", c3k, e: 0.25, shortcut: true });
    expect(rows[6]).toMatchObject({ module: "A2C2f", a2: true, area: 4, residual, mlpRatio });
  });

  test("gives attention heads a depth of 32 channels", () => {
    // Hidden channels are half of 128 and of 768.
    expect(networkByName("yolo12n").network.rows[6]).toMatchObject({ heads: 2 });
    expect(networkByName("yolo12x").network.rows[6]).toMatchObject({ heads: 12 });
  });

  test("takes size n where the name has none, and says so", () => {
    const { network, warnings } = networkByName("yolov8-p2.yaml");
    expect(network.name).toBe("yolov8n-p2");
    expect(warnings).toEqual(["yolov8-p2.yaml names no size: n is taken (yolov8n-p2)"]);
    expect(networkByName("YOLOv8n.yaml").warnings).toEqual([]);
  });

  test("knows every family in five sizes", () => {
    expect(networkNames).toHaveLength(25);
    expect(networkNames).toContain("yolo12s-seg");
    expect(isNetworkName("yolov8x-p2.yml")).toBe(true);
    expect(isNetworkName("yolo12")).toBe(true);
    expect(isNetworkName("constructor")).toBe(false);
    expect(isNetworkName("")).toBe(false);
  });

  test("refuses other names, with the nearest", () => {
    expect(() => networkByName("yolo8n")).toThrow(/no network is called "yolo8n"; did you mean yolov8n\?/);
    expect(() => networkByName("resnet50")).toThrow(expect.objectContaining({ code: "invalid_model" }));
  });
});
