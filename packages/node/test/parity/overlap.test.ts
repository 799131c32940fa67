/**
 * @file The overlap of boxes inside a graph; on plain arrays it is tested in core.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import { input, sub } from "@fovea/core/graph/tensor";
import { iouLoss } from "@fovea/core/nn/iou";
import { describe, expect, test } from "vitest";
import { readFixture } from "../../../../test/fixture";
import { sharedAvailable } from "../../../../test/shared";
import { load } from "./reference-model";

describe.skipIf(!sharedAvailable)("overlap in a graph", () => {
  test.each(["ciou", "diou", "giou"] as const)("parity: %s of 200 pairs within 1e-6", async (type) => {
    const fixture = readFixture("reference/yolo/ops/iou.safetensors");
    const [a, b] = ["a", "b"].map((name) => input(name, "float32", ["pairs", 4]));
    const session = await load(toModelBytes({ overlap: sub(1, iouLoss(type, a, b)) }));
    const feed = (name: string) => {
      const { shape, data } = fixture.get(name)!;
      return { dtype: "float32" as const, shape, data };
    };
    const got = (await session.run({ a: feed("a"), b: feed("b") })).overlap;
    await session.release();
    const expected = fixture.get(type)!;
    expect(got.shape).toEqual([1, 200]);
    const differences = Array.from(expected.data, (value, i) => Math.abs(value - Number(got.data[i])));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });
});
