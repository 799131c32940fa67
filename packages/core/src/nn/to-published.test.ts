import { describe, expect, test } from "vitest";
import { readModel } from "./model-yaml";
import { networkByName, networkNames } from "./network-by-name";
import type { NetworkRows } from "./rows";
import { toPublished } from "./to-published";

function stored(network: NetworkRows): unknown {
  return JSON.parse(JSON.stringify(toPublished(network)));
}

describe("toPublished", () => {
  test("writes rows as the published form does, with sizes applied", () => {
    const { nc, ch, backbone, head } = toPublished(networkByName("yolov8n", { nc: 3 }).network);
    expect({ nc, ch }).toEqual({ nc: 3, ch: 3 });
    expect((backbone as unknown[]).slice(0, 3)).toEqual([
      [-1, 1, "Conv", [16, 3, 2]],
      [-1, 1, "Conv", [32, 3, 2]],
      [-1, 1, "C2f", [32, true]],
    ]);
    expect((head as unknown[]).slice(0, 2)).toEqual([
      [-1, 1, "Upsample", [null, 2, "nearest"]],
      [[-1, 6], 1, "Concat", [1]],
    ]);
    expect((head as unknown[]).at(-1)).toEqual([[15, 18, 21], 1, "Detect", ["nc"]]);
  });

  test.each(networkNames)("gives %s back through readModel, without a warning", (name) => {
    const { network } = networkByName(name, { nc: 2, ch: 1 });
    expect(readModel(stored(network))).toEqual({ network, warnings: [] });
  });

  test("keeps every argument that is not the default", () => {
    const rows = [
      [-1, 1, "Conv", [20, 6, 2, 2]],
      [-1, 1, "Conv", [40, 3, 2, null, 4, 1, false]],
      [-1, 1, "DWConv", [80, 3, 1]],
      [-1, 2, "C3", [80, false, 2, 0.25]],
      [-1, 2, "C3k2", [64, true, 0.25, 2, false]],
      [-1, 2, "A2C2f", [80, { area: 2, heads: 5, mlp_ratio: 1.5, residual: false }]],
      [-1, 2, "A2C2f", [64, { a2: false, g: 2, shortcut: false, e: 0.5 }]],
      [[-1], 1, "Detect", ["nc", { legacy: true }]],
    ];
    const { network } = readModel({ nc: 4, ch: 2, width_multiple: 1, backbone: [], head: rows, yaml_file: "own.yaml" });
    expect(network.rows.map(({ module }) => module)).toEqual([
      "Conv",
      "Conv",
      "Conv",
      "C3",
      "C3k2",
      "A2C2f",
      "A2C2f",
      "Detect",
    ]);
    expect(network.rows.at(-1)).toMatchObject({ legacy: true });
    expect(readModel(stored(network)).network).toEqual(network);
  });
});
