import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { type SelectOptions, selectDetections } from "./select";

/** Anchors given as [cx, cy, w, h, scores ...], laid out as the networks give them: (C, A). */
function decoded(...anchors: readonly (readonly number[])[]): Float32Array {
  return Float32Array.from(anchors[0].flatMap((_, c) => anchors.map((anchor) => anchor[c])));
}

function select(anchors: readonly (readonly number[])[], options: Partial<SelectOptions> = {}) {
  return selectDetections(decoded(...anchors), { anchors: anchors.length, nc: 2, ...options });
}

describe("selectDetections", () => {
  test("gives corners, best class, score and anchor, best first", () => {
    const found = select([
      [10, 20, 4, 6, 0.1, 0.5],
      [50, 50, 10, 10, 0.75, 0.2],
    ]);
    expect([...found.boxes]).toEqual([45, 45, 55, 55, 8, 17, 12, 23]);
    expect([...found.scores]).toEqual([0.75, 0.5]);
    expect([...found.classIds]).toEqual([0, 1]);
    expect([...found.anchorIndex]).toEqual([1, 0]);
  });

  test("a score must exceed the threshold", () => {
    expect([...select([[10, 10, 4, 4, 0.25, 0]], { conf: 0.25 }).scores]).toEqual([]);
  });

  test("the threshold is compared in single precision", () => {
    // 0.3 in single precision is above 0.3 in double: the network's 0.3 does not exceed 0.3.
    expect([...select([[10, 10, 4, 4, 0.3, 0]], { conf: 0.3 }).scores]).toEqual([]);
  });

  test("multiLabel gives every class above the threshold, classes rising where scores are equal", () => {
    const found = select([[10, 10, 4, 4, 0.5, 0.5]], { multiLabel: true });
    expect([...found.classIds]).toEqual([0, 1]);
    expect([...found.anchorIndex]).toEqual([0, 0]);
  });

  test("agnostic drops an overlapping box of another class", () => {
    const anchors = [
      [10, 10, 4, 4, 0.9, 0],
      [10, 10, 4, 4, 0, 0.8],
    ];
    expect([...select(anchors).classIds]).toEqual([0, 1]);
    expect([...select(anchors, { agnostic: true }).classIds]).toEqual([0]);
  });

  test("a class filter leaves out anchors whose best class is another", () => {
    const anchors = [
      [10, 10, 4, 4, 0.9, 0.8],
      [50, 50, 4, 4, 0, 0.7],
    ];
    expect([...select(anchors, { classes: [1] }).anchorIndex]).toEqual([1]);
    expect([...select(anchors, { classes: [1], multiLabel: true }).anchorIndex]).toEqual([0, 1]);
    expect([...select(anchors, { classes: [] }).anchorIndex]).toEqual([]);
  });

  test("only the best candidates enter, and only so many leave", () => {
    const anchors = [0.3, 0.9, 0.5].map((score, i) => [100 * i, 10, 4, 4, score, 0]);
    expect([...select(anchors, { maxCandidates: 2 }).anchorIndex]).toEqual([1, 2]);
    expect([...select(anchors, { maxDetections: 1 }).anchorIndex]).toEqual([1]);
  });

  test("extra values are stepped over in either layout", () => {
    const row = [10, 10, 4, 4, 0.1, 0.75, 9, 9, 9];
    const options = { anchors: 1, nc: 2, extra: 3 } as const;
    for (const layout of ["CA", "AC"] as const) {
      const found = selectDetections(Float32Array.from(row), { ...options, layout });
      expect([...found.boxes, ...found.scores, ...found.classIds]).toEqual([8, 8, 12, 12, 0.75, 1]);
    }
  });

  test("passes over scores that are not a number", () => {
    expect([...select([[10, 10, 4, 4, Number.NaN, 0.5]]).classIds]).toEqual([1]);
  });

  test("of no anchors is empty", () => {
    const found = selectDetections(new Float32Array(0), { anchors: 0, nc: 2 });
    expect([found.boxes.length, found.scores.length]).toEqual([0, 0]);
  });

  test("refuses an output of another size", () => {
    const broken = () => selectDetections(new Float32Array(11), { anchors: 2, nc: 2 });
    expect(broken).toThrow(ShapeError);
    expect(broken).toThrow("11 values, expected 6 x 2 for 2 classes and 0 extra");
  });
});
