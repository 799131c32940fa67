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

/** Width of a label at 12 px: Chinese characters are as wide as they are high, others two thirds at most. */
export function labelWidth(text: string): number {
  let width = 12;
  for (const letter of text) width += letter.codePointAt(0)! > 0x2e7f ? 12 : 8;
  return Math.ceil(width);
}
