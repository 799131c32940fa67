import { describe, expect, test } from "vitest";
import { canvasFromImage, fittingView, imageFromCanvas, mappingOf, panned, revealing, zoomed } from "./image-view";

/** 100 x 50 pixels, each 0.5 wide and 1 high: square in the world, 50 x 50. */
const SHAPE = { columns: 100, rows: 50, columnSide: 0.5, rowSide: 1 };
const CANVAS = { width: 400, height: 300 };

describe("fittingView", () => {
  test("fills the canvas the way that the image is larger, and puts it in the middle", () => {
    // 50 units over 300 CSS pixels of height are 6 each; 25 units are left at either side of 400 / 6.
    const mapping = mappingOf(fittingView(SHAPE, CANVAS), SHAPE, CANVAS);
    expect(mapping).toEqual({ scaleX: 3, scaleY: 6, offsetX: 50, offsetY: 0 });
  });

  test("puts the image's corners where it begins and ends, with no half pixel", () => {
    const mapping = mappingOf(fittingView(SHAPE, CANVAS), SHAPE, CANVAS);
    expect(canvasFromImage(mapping, { x: 0, y: 0 })).toEqual({ x: 50, y: 0 });
    expect(canvasFromImage(mapping, { x: 100, y: 50 })).toEqual({ x: 350, y: 300 });
  });
});

describe("mapping", () => {
  test("goes back to where it came from", () => {
    const mapping = mappingOf({ center: { x: 31.25, y: 7.5 }, scale: 8 }, SHAPE, CANVAS);
    const there = canvasFromImage(mapping, { x: 12.5, y: 40.75 });
    expect(imageFromCanvas(mapping, there)).toEqual({ x: 12.5, y: 40.75 });
  });
});

describe("zoomed", () => {
  test("leaves the point under the pointer where it is", () => {
    const before = fittingView(SHAPE, CANVAS);
    const at = { x: 110, y: 240 };
    const under = imageFromCanvas(mappingOf(before, SHAPE, CANVAS), at);
    const after = zoomed(before, SHAPE, CANVAS, at, 2.5);
    expect(after.scale).toBeCloseTo(15, 10);
    const now = canvasFromImage(mappingOf(after, SHAPE, CANVAS), under);
    expect(now.x).toBeCloseTo(110, 8);
    expect(now.y).toBeCloseTo(240, 8);
  });

  test("ends at a quarter of the fitting size, and at 64 CSS pixels for a pixel's shorter side", () => {
    const view = fittingView(SHAPE, CANVAS);
    expect(zoomed(view, SHAPE, CANVAS, { x: 0, y: 0 }, 1e-9).scale).toBe(1.5);
    expect(zoomed(view, SHAPE, CANVAS, { x: 0, y: 0 }, 1e9).scale).toBe(128);
  });
});

describe("panned", () => {
  test("moves the image with the pointer", () => {
    const view = fittingView(SHAPE, CANVAS);
    const before = canvasFromImage(mappingOf(view, SHAPE, CANVAS), { x: 20, y: 20 });
    const after = canvasFromImage(mappingOf(panned(view, SHAPE, { x: 30, y: -12 }), SHAPE, CANVAS), { x: 20, y: 20 });
    expect([after.x - before.x, after.y - before.y]).toEqual([30, -12]);
  });

  test("does not lose the image", () => {
    expect(panned(fittingView(SHAPE, CANVAS), SHAPE, { x: -1e6, y: 1e6 }).center).toEqual({ x: 100, y: 0 });
  });
});

describe("revealing", () => {
  test("leaves a view alone that shows the point", () => {
    const view = fittingView(SHAPE, CANVAS);
    expect(revealing(view, SHAPE, CANVAS, { x: 50, y: 25 })).toBe(view);
  });

  test("puts a point in the middle that lies outside, at the same zoom", () => {
    const view = { center: { x: 10, y: 10 }, scale: 60 };
    expect(revealing(view, SHAPE, CANVAS, { x: 80, y: 40 })).toEqual({ center: { x: 80, y: 40 }, scale: 60 });
  });
});
