/**
 * @file Many pictures with their boxes on one sheet.
 */
import type { Finding } from "@fovea/core/finding";
import type { ByteImage } from "@fovea/core/imaging/image";
import { canvasOf, encode } from "./annotate";
import { drawFindings } from "./draw-findings";
import { prepareFont } from "./picture-font";

/** A picture of the sheet; its findings are in its own pixels. */
export interface SheetPicture {
  readonly image: ByteImage;
  readonly findings: readonly Finding[];
}

export interface ContactSheetOptions {
  /** Side of the square that each picture is fitted into, pixels. @default 320 */
  readonly cell?: number;
  /** Pictures in a row. @default so many that the sheet is about three wide to two high */
  readonly columns?: number;
}

const GAP = 8;
const BACKGROUND = "#16181d";

/** A sheet of `pictures` with their boxes and class names, row by row, as the bytes of a PNG. */
export async function contactSheet(
  pictures: readonly SheetPicture[],
  {
    cell = 320,
    columns = Math.max(1, Math.min(pictures.length, Math.round(Math.sqrt(1.5 * pictures.length)))),
  }: ContactSheetOptions = {},
): Promise<Buffer> {
  const text = ({ className }: Finding) => className;
  await prepareFont(pictures.flatMap(({ findings }) => findings.map(text)).join(""));
  const { createCanvas } = await import("@napi-rs/canvas");
  const rows = Math.ceil(pictures.length / columns);
  const canvas = createCanvas(columns * (cell + GAP) + GAP, rows * (cell + GAP) + GAP);
  const context = canvas.getContext("2d");
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [i, { image, findings }] of pictures.entries()) {
    const scale = cell / Math.max(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    context.save();
    context.translate(GAP + (i % columns) * (cell + GAP), GAP + Math.floor(i / columns) * (cell + GAP));
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    context.imageSmoothingQuality = "high";
    context.drawImage(await canvasOf(image), 0, 0, width, height);
    drawFindings(context, findings, { width, height, scale }, { text });
    context.restore();
  }
  return encode(canvas);
}
