import { describe, expect, test } from "vitest";
import type { Vector } from "./slice-geometry";
import { planeName, type Slice, sortVolumes } from "./volume";

/** An axial slice of 4 x 4 pixels of 0.5 mm whose first pixel lies at (x, y, z). */
function slice(name: string, positionMm: Vector, more: Partial<Slice> = {}): Slice {
  return {
    name,
    seriesInstanceUid: "1",
    rows: 4,
    columns: 4,
    positionMm,
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    spacingMm: { row: 0.5, column: 0.5 },
    ...more,
  };
}

const kinds = (slices: readonly Slice[]) => sortVolumes(slices).flatMap(({ problems }) => problems.map((p) => p.kind));
const at = (...depths: number[]) => depths.map((z, i) => slice(`s${i}`, [-10, -20, z], { instanceNumber: i + 1 }));

describe("sortVolumes", () => {
  test("sorts by position along the normal, not by order", () => {
    const [volume] = sortVolumes(at(4, 0, 2, 6));
    expect(volume.slices.map(({ name }) => name)).toEqual(["s1", "s2", "s0", "s3"]);
    expect(volume.sliceDistanceMm).toBe(2);
    expect(volume.problems).toEqual([]);
    // Columns go along x by 0.5, rows along y by 0.5, slices along z by 2, from (-10, -20, 0).
    expect(volume.patientFromIndex).toEqual([
      [0.5, 0, 0, -10],
      [0, 0.5, 0, -20],
      [0, 0, 2, 0],
      [0, 0, 0, 1],
    ]);
  });

  test("sorts coronal slices by their own normal", () => {
    // Rows to the left, columns to the feet: x × (-z) = y, so that depth grows to the back.
    const coronal = { rowDirection: [1, 0, 0], columnDirection: [0, 0, -1] } as const;
    const [volume] = sortVolumes([slice("back", [0, 9, 50], coronal), slice("front", [0, 3, 50], coronal)]);
    expect(volume.slices.map(({ name }) => name)).toEqual(["front", "back"]);
    expect(volume.patientFromIndex?.[1]).toEqual([0, 0, 6, 3]);
  });

  test("finds a gap and counts what is missing", () => {
    const [volume] = sortVolumes(at(0, 2, 4, 10, 12));
    // From 4 to 10 mm at 2 mm: two slices, at 6 and 8.
    expect(volume.problems).toEqual([
      { kind: "gap", message: "a gap between s2 and s3 (6 mm); slices missing at 2 mm: about 2" },
    ]);
  });

  test("tells uneven distances from a gap", () => {
    expect(kinds(at(0, 2, 4.4, 6.4))).toEqual(["uneven_spacing"]);
    expect(kinds(at(0, 2, 4.005, 6))).toEqual([]);
  });

  test("keeps the lowest InstanceNumber of slices at one place", () => {
    const twice = [
      slice("late", [0, 0, 2], { instanceNumber: 9 }),
      ...at(0, 2, 4).map((s, i) => slice(s.name, [0, 0, 2 * i], { instanceNumber: i + 1 })),
    ];
    const [volume] = sortVolumes(twice);
    expect(volume.slices.map(({ name }) => name)).toEqual(["s0", "s1", "s2"]);
    expect(volume.duplicates.map(({ name }) => name)).toEqual(["late"]);
    expect(volume.problems.map(({ kind }) => kind)).toEqual(["duplicate_position"]);
  });

  test("finds a tilted gantry, and shears the volume", () => {
    // 1 mm sideways for each 5 mm of depth: atan(1 / 5) = 11.3 degrees.
    const tilted = [0, 1, 2].map((i) => slice(`s${i}`, [0, i, 5 * i]));
    const [volume] = sortVolumes(tilted);
    expect(volume.problems.map(({ kind }) => kind)).toEqual(["tilted"]);
    expect(volume.problems[0].message).toContain("11.3 degrees");
    expect(volume.patientFromIndex?.map((row) => row[2])).toEqual([0, 1, 5, 0]);
  });

  test("finds a slice beside the line", () => {
    const positions: Vector[] = [
      [0, 0, 0],
      [3, 0, 2],
      [0, 0, 4],
    ];
    expect(kinds(positions.map((position, i) => slice(`s${i}`, position)))).toEqual(["not_in_line"]);
  });

  test("parts what a series mixes, and says so", () => {
    const scout = slice("scout", [0, 0, 0], { rows: 8, rowDirection: [0, 1, 0], columnDirection: [0, 0, -1] });
    const volumes = sortVolumes([scout, ...at(0, 2)]);
    expect(volumes.map(({ slices, stack }) => [stack, slices.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(volumes[1].problems).toEqual([]);
    expect(volumes[0].problems[0]).toEqual({
      kind: "mixed",
      message:
        "the series mixes slices that form no one volume: 1 of 4 x 8 px, 0.5 x 0.5 mm, sagittal; 2 of 4 x 4 px, 0.5 x 0.5 mm, axial",
    });
  });

  test("keeps series apart", () => {
    const volumes = sortVolumes([slice("a", [0, 0, 0]), slice("b", [0, 0, 1], { seriesInstanceUid: "2" })]);
    expect(volumes.map(({ seriesInstanceUid }) => seriesInstanceUid)).toEqual(["1", "2"]);
    expect(volumes[0].sliceDistanceMm).toBeUndefined();
  });

  test("leaves slices without position in the order of their files", () => {
    const [volume] = sortVolumes(["b", "a"].map((name) => slice(name, [0, 0, 0], { positionMm: undefined })));
    expect(volume.slices.map(({ name }) => name)).toEqual(["b", "a"]);
    expect(volume.problems.map(({ kind }) => kind)).toEqual(["missing_position"]);
    expect(volume.patientFromIndex).toBeUndefined();
  });

  test("finds nothing odd in the frames of a film, which have no position", () => {
    expect(
      kinds(["0", "1"].map((name) => slice(name, [0, 0, 0], { positionMm: undefined, file: "film.dcm" }))),
    ).toEqual([]);
  });

  test("says that frames of reference cannot be compared", () => {
    const two = at(0, 2).map((s, i) => ({ ...s, frameOfReferenceUid: String(i) }));
    expect(kinds(two)).toEqual(["several_frames_of_reference"]);
  });
});

test("planeName calls a plane by its normal up to 20 degrees off", () => {
  expect(planeName([0, 0, -1])).toBe("axial");
  expect(planeName([0, 0.94, 0.34])).toBe("coronal"); // acos .94 = 19.9 degrees
  expect(planeName([0.7, 0.7, 0])).toBe("oblique");
});
