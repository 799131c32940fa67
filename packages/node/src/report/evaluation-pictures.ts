/**
 * @file Pictures of the worst cases of an evaluation: the place of the mistake, and the whole image, each with its boxes.
 *
 * Each image is read once, and one at a time: memory stays that of one image and of the pictures made.
 */
import { isAbsolute, join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { Box, Finding } from "@fovea/core/finding";
import type { ShownBox, WorstCase } from "@fovea/core/metrics/evaluation";
import { BOX_COLOURS, type PagePicture, type WorstPictures } from "@fovea/core/report/evaluation-gallery";
import type { Canvas } from "@napi-rs/canvas";
import { readSourceImage } from "../data/source-image";
import { FrameDecoder } from "../dicom/frame-decoder";
import { canvasOf } from "../imaging/annotate";
import { drawFindings } from "../imaging/draw-findings";
import { prepareFont } from "../imaging/picture-font";

export interface EvaluationPicturesOptions {
  /** Folder that the cases' files are relative to. @default the working folder */
  readonly root?: string;
  /** Side of the small pictures, pixels. @default 300 */
  readonly thumb?: number;
  /** Longer side of the large ones at most, pixels. @default 1100 */
  readonly large?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Pixels around a place that are shown at least: smaller would be a blur. */
const LEAST_VIEW = 64;
/** Sides of the lesion that a small picture spans. */
const VIEW = 3;
/** A small image is enlarged this much at most. */
const MOST_ENLARGED = 3;
const QUALITY = 80;

/** Pictures of each case, in their order; nothing for one whose image is missing or cannot be read. */
export async function evaluationPictures(
  worst: readonly WorstCase[],
  { root = "", thumb = 300, large = 1100, onProgress }: EvaluationPicturesOptions = {},
): Promise<(WorstPictures | undefined)[]> {
  const pictures: (WorstPictures | undefined)[] = worst.map(() => undefined);
  const numbers = worst.map((_, i) => i).sort((a, b) => (worst[a].file < worst[b].file ? -1 : 1));
  const names = worst.flatMap(({ truth, detections }) => [...truth, ...detections]).map(({ className }) => className);
  await prepareFont(`${[...new Set(names)].join("")} 0123456789.`);
  let decoder: FrameDecoder | undefined;
  let open: { readonly file: string; readonly canvas: Canvas | undefined } | undefined;
  let done = 0;
  try {
    for (const i of numbers) {
      const { file } = worst[i];
      if (open?.file !== file) {
        decoder ??= new FrameDecoder();
        open = { file, canvas: await shown(isAbsolute(file) ? file : join(root, file), decoder) };
      }
      if (open.canvas) {
        pictures[i] = {
          thumb: await placePicture(open.canvas, worst[i], thumb),
          large: await wholePicture(open.canvas, worst[i], large),
        };
      }
      onProgress?.(++done, worst.length);
    }
  } finally {
    await decoder?.close();
  }
  return pictures;
}

/** The image as it is looked at, windowed or stretched to 8 bits; `undefined` if it cannot be read. */
async function shown(path: string, decoder: FrameDecoder): Promise<Canvas | undefined> {
  try {
    return await canvasOf(await readSourceImage(path, { decoder }));
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}

function wholePicture(source: Canvas, one: WorstCase, maxSide: number): Promise<PagePicture> {
  const scale = Math.min(maxSide / Math.max(source.width, source.height), MOST_ENLARGED);
  const view = { x1: 0, y1: 0, x2: source.width, y2: source.height };
  return picture(source, one, view, scale, true);
}

/** A square around the box, moved into the image where it would reach beyond. */
function placePicture(source: Canvas, one: WorstCase, side: number): Promise<PagePicture> {
  const { x1, y1, x2, y2 } = one.box;
  const most = Math.max(source.width, source.height);
  const extent = Math.min(most, Math.max(LEAST_VIEW, VIEW * Math.max(x2 - x1, y2 - y1)));
  const start = (centre: number, length: number) =>
    extent >= length ? (length - extent) / 2 : Math.min(Math.max(0, centre - extent / 2), length - extent);
  const [left, top] = [start((x1 + x2) / 2, source.width), start((y1 + y2) / 2, source.height)];
  const view = { x1: left, y1: top, x2: left + extent, y2: top + extent };
  return picture(source, one, view, side / extent, false);
}

/** What `view` shows of the image, enlarged by `scale`, with the boxes of the case. */
async function picture(
  source: Canvas,
  { truth, detections, box: place, kind }: WorstCase,
  view: Box,
  scale: number,
  labels: boolean,
): Promise<PagePicture> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const width = Math.max(1, Math.round((view.x2 - view.x1) * scale));
  const height = Math.max(1, Math.round((view.y2 - view.y1) * scale));
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#101418";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  const [left, top] = [view.x1 * scale, view.y1 * scale];
  context.drawImage(source, -left, -top, source.width * scale, source.height * scale);
  const boxes = [...truth.map((box) => drawn(box, TRUTH)), ...detections.map((box) => drawn(box, FOUND))];
  context.save();
  context.translate(-left, -top);
  const whole = { width: source.width * scale, height: source.height * scale, scale };
  drawFindings(context, boxes, whole, { colours: COLOURS, lineWidth: 2, labels, text: textOf });
  // The box in question stands out among its neighbours.
  const own = { classId: kind === "miss" ? 1 : FOUND + 1, className: "", confidence: 1, box: place };
  drawFindings(context, [own], whole, { colours: COLOURS, lineWidth: 4, labels: false });
  context.restore();
  return { jpeg: (await canvas.encode("jpeg", QUALITY)).toString("base64"), width, height };
}

/** Colours by number: of lesions found and missed, of findings that hit and that do not. */
const COLOURS = [BOX_COLOURS.truth, BOX_COLOURS.missed, BOX_COLOURS.hit, BOX_COLOURS.falseAlarm];
const TRUTH = 0;
const FOUND = 2;

function drawn({ box, className, score = 0, right }: ShownBox, first: number): Finding {
  return { classId: first + Number(!right), className, confidence: score, box };
}

function textOf({ classId, className, confidence }: Finding): string {
  return classId < FOUND ? className : `${className} ${confidence.toFixed(2)}`;
}
