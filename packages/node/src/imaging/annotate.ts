/**
 * @file Pictures of findings: the image with boxes, outlines and labels, alone or beside the untouched original.
 *
 * 16-bit and float images are shown between quantiles of their values; a caller that knows a better window passes the
 * image in 8 bits.
 */
import type { Finding } from "@fovea/core/finding";
import type { Image } from "@fovea/core/imaging/image";
import { isByteImage, stretchToBytes } from "@fovea/core/imaging/intensity";
import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import { drawFindings, type FindingStyle, labelOf } from "./draw-findings";
import { FONT_FAMILY, prepareFont } from "./picture-font";
import { sharpLibrary } from "./sharp-library";

export interface AnnotateOptions extends FindingStyle {
  /** @default "png" */
  readonly format?: "png" | "jpeg";
  /** Of a JPEG, 1 ... 100. @default 90 */
  readonly quality?: number;
}

/** `image` at its own size with `findings` drawn upon it, as the bytes of a picture file. */
export async function annotate(
  image: Image,
  findings: readonly Finding[],
  options: AnnotateOptions = {},
): Promise<Buffer> {
  await prepareFont(lettersOf(findings, options));
  const canvas = await canvasOf(image);
  drawFindings(canvas.getContext("2d"), findings, { width: image.width, height: image.height, scale: 1 }, options);
  return encode(canvas, options);
}

/** All that is written at the boxes: the font must have it. */
const lettersOf = (findings: readonly Finding[], { text = labelOf }: FindingStyle) => findings.map(text).join("");

/** `结节 0.87`: what stands at a box, where the class has another name than the model's. */
export function translatedLabel(names: Readonly<Record<string, string>>): (finding: Finding) => string {
  return (finding) => {
    const { className } = finding;
    return labelOf(Object.hasOwn(names, className) ? { ...finding, className: names[className] } : finding);
  };
}

export interface SideBySideOptions extends AnnotateOptions {
  /** Longer side of each of the two pictures at most, pixels. @default 1600 */
  readonly maxSide?: number;
}

const LEFT_CAPTION = "Original 原图";
const RIGHT_CAPTION = "Detected 检出";
const BACKGROUND = "#16181d";
const FOREGROUND = "#f2f3f5";

/** Pictures narrower than this are enlarged by a whole factor, so that captions and labels find room. */
const COMFORTABLE_SIDE = 400;

/** The original to the left, the same with `findings` to the right, each with its caption; bytes of a picture file. */
export async function sideBySide(
  image: Image,
  findings: readonly Finding[],
  options: SideBySideOptions = {},
): Promise<Buffer> {
  const { maxSide = 1600 } = options;
  const captions = [LEFT_CAPTION, `${RIGHT_CAPTION} (${findings.length})`];
  await prepareFont(lettersOf(findings, options) + captions.join(""));
  const original = await canvasOf(image);
  const longer = Math.max(image.width, image.height);
  const scale = longer > maxSide ? maxSide / longer : Math.max(1, Math.floor(COMFORTABLE_SIDE / image.width));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const gap = Math.max(8, Math.round(width / 60));
  const fontSize = Math.min(Math.max(Math.round(width / 24), 14), 40);
  const captionHeight = Math.round(fontSize * 2);

  const { createCanvas } = await import("@napi-rs/canvas");
  const canvas = createCanvas(2 * width + 3 * gap, height + captionHeight + gap);
  const context = canvas.getContext("2d");
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  captions.forEach((caption, i) => {
    const left = gap + i * (width + gap);
    drawCaption(context, caption, left, width, captionHeight, fontSize);
    context.drawImage(original, left, captionHeight, width, height);
  });
  context.save();
  context.translate(2 * gap + width, captionHeight);
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  drawFindings(context, findings, { width, height, scale }, options);
  context.restore();
  return encode(canvas, options);
}

function drawCaption(
  context: SKRSContext2D,
  text: string,
  left: number,
  width: number,
  height: number,
  fontSize: number,
): void {
  context.fillStyle = FOREGROUND;
  context.font = `500 ${fontSize}px "${FONT_FAMILY}"`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, left + width / 2, height / 2, width);
}

/** A canvas of the image's size that shows it. */
export async function canvasOf(image: Image): Promise<Canvas> {
  const { createCanvas } = await import("@napi-rs/canvas");
  const { data, width, height, channels } = isByteImage(image) ? image : stretchToBytes(image);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const rgba = picture.data;
  for (let p = 0, i = 0; p < rgba.length; p += 4, i += channels) {
    rgba[p] = data[i];
    rgba[p + 1] = channels === 1 ? data[i] : data[i + 1];
    rgba[p + 2] = channels === 1 ? data[i] : data[i + 2];
    rgba[p + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** PNG by libvips: six times as fast as the drawing library, and no larger. */
export async function encode(canvas: Canvas, { format = "png", quality = 90 }: AnnotateOptions = {}): Promise<Buffer> {
  if (format === "jpeg") return canvas.encode("jpeg", quality);
  const sharp = await sharpLibrary();
  const raw = { width: canvas.width, height: canvas.height, channels: 4 } as const;
  return sharp(canvas.data(), { raw }).removeAlpha().png({ compressionLevel: 3, adaptiveFiltering: true }).toBuffer();
}
