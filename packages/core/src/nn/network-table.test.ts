import { describe, expect, test } from "vitest";
import { networkByName } from "./network-by-name";
import { networkTable } from "./network-table";

describe("networkTable", () => {
  const { network } = networkByName("yolov8n", { nc: 3 });
  const table = networkTable(network);

  test("lists every row with its number, inputs and repeats", () => {
    expect(table.map(({ index }) => index)).toEqual(network.rows.map((_, i) => i));
    expect(table[11]).toMatchObject({ from: [-1, 6], n: 1, module: "Concat", parameters: 0, arguments: [1] });
    expect(table[4]).toMatchObject({ from: [-1], n: 2, module: "C2f", arguments: [64, 64, true] });
  });

  test("puts the input's channels first, and counts convolution and norm", () => {
    // Conv of YOLOv8n: 64 x 0.25 = 16 channels; 16 x 3 x 3 x 3 weights and a scale and shift for each of 16 channels.
    expect(table[0]).toEqual({
      index: 0,
      from: [-1],
      n: 1,
      parameters: 432 + 32,
      module: "Conv",
      arguments: [3, 16, 3, 2],
    });
  });

  test("ends with the head: classes, then the channels of its levels", () => {
    expect(table.at(-1)).toMatchObject({ from: [15, 18, 21], module: "Detect", arguments: [3, [64, 128, 256]] });
    const segmenting = networkTable(networkByName("yolov8n-seg").network);
    expect(segmenting.at(-1)?.arguments[0]).toBe(80);
    expect(segmenting.at(-1)?.arguments.at(-1)).toEqual([64, 128, 256]);
  });
});
