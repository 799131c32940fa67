/**
 * @file Where boxes and their labels are drawn.
 */
import type { FindingRecord } from "@fovea/core/contract/study";
import { canvasFromImage, type Mapping, type Size } from "../viewer/image-view";

export interface ScreenBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box of continuous corners on the canvas: no half pixel, no plus one. */
export function screenBox({ x1, y1, x2, y2 }: FindingRecord["bbox"], mapping: Mapping): ScreenBox {
  const start = canvasFromImage(mapping, { x: x1, y: y1 });
  const end = canvasFromImage(mapping, { x: x2, y: y2 });
  return { x: start.x, y: start.y, width: end.x - start.x, height: end.y - start.y };
}

/** Points of an SVG polygon from `x, y` pairs in image coordinates. */
export function screenPolygon(polygon: readonly number[], mapping: Mapping): string {
  const points: string[] = [];
  for (let i = 0; i + 1 < polygon.length; i += 2) {
    const { x, y } = canvasFromImage(mapping, { x: polygon[i], y: polygon[i + 1] });
    points.push(`${x},${y}`);
  }
  return points.join(" ");
}

/** Upper left corner of a label: above its box, below where there is no room, and never beyond the canvas. */
export function labelPlace(box: ScreenBox, label: Size, canvas: Size): { readonly x: number; readonly y: number } {
  const gap = 3;
  const above = box.y - label.height - gap;
  const below = box.y + box.height + gap;
  const y = above >= 0 || below + label.height > canvas.height ? above : below;
  return {
    x: Math.max(0, Math.min(box.x, canvas.width - label.width)),
    y: Math.max(0, Math.min(y, canvas.height - label.height)),
  };
}

/**
 * Which labels are drawn: each that covers no earlier one. Boxes tell all of themselves in the list; labels over one another tell
 * nothing.
 *
 * @param labels the most important first
 */
export function legibleLabels(labels: readonly ScreenBox[]): boolean[] {
  const drawn: ScreenBox[] = [];
  return labels.map((label) => {
    if (drawn.some((other) => overlap(label, other))) return false;
    drawn.push(label);
    return true;
  });
}

function overlap(a: ScreenBox, b: ScreenBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
