/**
 * @file Draws findings onto a canvas: box, outline, label.
 */
import type { Finding } from "@fovea/core/finding";
import type { SKRSContext2D } from "@napi-rs/canvas";
import { FONT_FAMILY } from "./picture-font";

export interface FindingStyle {
  /** CSS colour of each class, in turn. @default ten that can be told apart on grey and on stained tissue */
  readonly colours?: readonly string[];
  /** Width of the lines in pixels of the picture. @default by the size of the picture, at least 2 */
  readonly lineWidth?: number;
  /** Write at each box what `text` says. @default true */
  readonly labels?: boolean;
  /** What is written. @default class and confidence */
  readonly text?: (finding: Finding) => string;
}

/** The picture that is drawn upon. */
interface Picture {
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture per pixel of the source image. */
  readonly scale: number;
}

/** Colours of the classes, in turn. */
export const FINDING_COLOURS: readonly string[] = [
  ...["#ff4b4b", "#21d07a", "#3aa0ff", "#ffc531", "#c86bff"],
  ...["#00d5d5", "#ff8a3d", "#ff6fb5", "#a4d233", "#8f9bff"],
];

/** What stands at a box: `nodule 0.87`. */
export function labelOf({ className, confidence }: Finding): string {
  return `${className} ${confidence.toFixed(2)}`;
}

/** Draws `findings`, whose coordinates are pixels of the source image, the most confident on top. */
export function drawFindings(
  context: SKRSContext2D,
  findings: readonly Finding[],
  picture: Picture,
  {
    colours = FINDING_COLOURS,
    lineWidth = automaticLineWidth(picture),
    labels = true,
    text = labelOf,
  }: FindingStyle = {},
): void {
  const rising = findings.toSorted((a, b) => a.confidence - b.confidence);
  const colourOf = ({ classId }: Finding) => colours[classId % colours.length];
  context.lineJoin = "round";
  for (const finding of rising) drawOutline(context, finding, picture.scale, lineWidth, colourOf(finding));
  if (!labels) return;
  // Labels after all boxes: a line through a number can turn it into another.
  for (const finding of rising) drawLabel(context, finding, text(finding), picture, lineWidth, colourOf(finding));
}

function automaticLineWidth({ width, height }: Picture): number {
  return Math.max(2, Math.round((width + height) * 0.0015));
}

function drawOutline(
  context: SKRSContext2D,
  { box, polygon }: Finding,
  scale: number,
  lineWidth: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = lineWidth;
  context.strokeRect(box.x1 * scale, box.y1 * scale, (box.x2 - box.x1) * scale, (box.y2 - box.y1) * scale);
  if (polygon === undefined || polygon.length < 6) return;
  context.beginPath();
  for (let i = 0; i < polygon.length; i += 2) context.lineTo(polygon[i] * scale, polygon[i + 1] * scale);
  context.closePath();
  context.save();
  context.globalAlpha = 0.25;
  context.fillStyle = colour;
  context.fill();
  context.restore();
  context.stroke();
}

/** A tag above the box, below it where there is no room above, within the picture in any case. */
function drawLabel(
  context: SKRSContext2D,
  finding: Finding,
  text: string,
  { width, height, scale }: Picture,
  lineWidth: number,
  colour: string,
): void {
  const fontSize = Math.max(12, Math.round(lineWidth * 6));
  context.font = `600 ${fontSize}px "${FONT_FAMILY}"`;
  const padding = Math.round(fontSize * 0.3);
  const tagWidth = Math.ceil(context.measureText(text).width) + 2 * padding;
  const tagHeight = Math.round(fontSize * 1.4);
  const half = lineWidth / 2;
  const above = finding.box.y1 * scale - half - tagHeight;
  const below = finding.box.y2 * scale + half;
  const top = above >= 0 ? above : below + tagHeight <= height ? below : 0;
  const left = Math.max(0, Math.min(finding.box.x1 * scale - half, width - tagWidth));
  context.fillStyle = colour;
  context.fillRect(left, top, tagWidth, tagHeight);
  context.fillStyle = readableOn(colour);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + padding, top + tagHeight / 2);
}

/** Black or white, whichever stands out more from `#rrggbb`; black for colours written otherwise. */
function readableOn(colour: string): string {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (parts === null) return "#000000";
  const [red, green, blue] = parts.slice(1).map((part) => Number.parseInt(part, 16));
  // Brightness of ITU-R BT.601.
  return 0.299 * red + 0.587 * green + 0.114 * blue < 110 ? "#ffffff" : "#000000";
}
