import { describe, expect, test } from "vitest";
import { PERSPECTIVE, REMAPPED, ROTATED } from "../../../test/opencv";
import { pattern, waves } from "../../../test/patterns";
import { type Affine, compose, IDENTITY, rotation, scaling, translation } from "../../geometry/affine";
import { projective, squareToCorners } from "../../geometry/projective";
import { type ByteImage, image } from "../image";
import { paintTile } from "./paint-tile";
import { paintWarpedTiles } from "./paint-warped-tiles";
import type { Tile } from "./tile";
import { projectiveStep, type WarpStep } from "./warp";

const SIZE = 24;

function tileOf(source: ByteImage): Tile {
  const region = { x1: 0, y1: 0, x2: source.width, y2: source.height };
  return { image: source, labels: { rows: new Float32Array(0) }, canvasFromImage: IDENTITY, region };
}

function painted(source: ByteImage, steps: readonly WarpStep[]): ByteImage {
  const target = image(source.width, source.height, source.channels, new Uint8Array(source.data.length));
  paintWarpedTiles([tileOf(source)], steps, target);
  return target;
}

/** The square [low, high) x [low, high). */
function inner({ data }: ByteImage, low: number, high: number): number[] {
  const side = high - low;
  return Array.from({ length: side * side }, (_, i) => data[(low + Math.floor(i / side)) * SIZE + low + (i % side)]);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

// OpenCV counts positions from the middle of a pixel, and holds them to 1/32 px: within a 60th of a pixel of ours, over
// which these waves change by less than half a grey level; rounding adds another.
describe("paintWarpedTiles", () => {
  test("turns and scales as OpenCV's warpAffine", () => {
    const about: Affine = compose(translation(12, 12), rotation(15), scaling(1.1), translation(-12, -12));
    const turned = painted(waves(SIZE), [projectiveStep(projective(about))]);
    expect(largestDifference(inner(turned, 6, 18), ROTATED)).toBeLessThanOrEqual(1);
    const fast = image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE));
    paintTile(tileOf(waves(SIZE)), about, fast);
    expect(largestDifference(inner(fast, 6, 18), ROTATED)).toBeLessThanOrEqual(1);
  });

  test("tilts as OpenCV's warpPerspective", () => {
    // Corners as pixel middles, from the square of 23 between the outermost middles.
    const tilt = squareToCorners(23, [1, 2, 22, 0, 23, 21, 2, 22]);
    const shift = (by: number) => projectiveStep(projective(translation(by, by)));
    const inverse = projectiveStep(tilt);
    if (inverse.kind !== "projective") throw new Error("unreachable: another step");
    const steps = [shift(-0.5), projectiveStep(inverse.inputFromOutput), shift(0.5)];
    expect(largestDifference(inner(painted(waves(SIZE), steps), 4, 20), PERSPECTIVE)).toBeLessThanOrEqual(1);
  });

  test("bends as OpenCV's remap with the same shifts", () => {
    // A node at every pixel corner: between four of them the waves of the map are straight within .01 px.
    const nodes = SIZE + 1;
    const at = (f: (x: number, y: number) => number) =>
      Float32Array.from({ length: nodes * nodes }, (_, i) => f((i % nodes) - 0.5, Math.floor(i / nodes) - 0.5));
    const field = {
      spacing: 1,
      columns: nodes,
      rows: nodes,
      dx: at((_, y) => 1.7 * Math.sin(y / 5)),
      dy: at((x) => -1.3 * Math.cos(x / 6)),
    };
    expect(
      largestDifference(inner(painted(waves(SIZE), [{ kind: "elastic", field }]), 4, 20), REMAPPED),
    ).toBeLessThanOrEqual(1);
  });

  test("gives what paintTile gives where the transform is affine", () => {
    for (const channels of [1, 3] as const) {
      const source = pattern(SIZE, SIZE, channels);
      const affine: Affine = [0.9, 0.2, 1.3, -0.3, 1.1, 2.7];
      const fast = image(SIZE, SIZE, channels, new Uint8Array(source.data.length));
      paintTile(tileOf(source), affine, fast);
      const slow = painted(source, [projectiveStep(projective(affine))]);
      // Neighbours differ by up to 255, weights by up to 1/256 on either axis.
      expect(largestDifference([...fast.data], [...slow.data])).toBeLessThanOrEqual(3);
    }
  });

  test("leaves what is beyond the horizon and beside the tile as it was", () => {
    // w = 1 - x / 16 at the output's x: from 16 on nothing is seen.
    const step = projectiveStep([1, 0, 0, 0, 1, 0, 1 / 16, 0, 1]);
    const white = image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE).fill(255));
    const { data } = painted(white, [step]);
    expect([data[0], data[8], data[16], data[23]]).toEqual([255, 255, 0, 0]);
  });

  test("shows grey in three channels", () => {
    const target = image(SIZE, SIZE, 3, new Uint8Array(3 * SIZE * SIZE));
    paintWarpedTiles([tileOf(waves(SIZE))], [projectiveStep(projective(IDENTITY))], target);
    expect([...target.data]).toEqual([...waves(SIZE).data].flatMap((value) => [value, value, value]));
  });
});
