/**
 * @file Draws a frame with its findings for a Secondary Capture.
 */
import type { CapturedPicture } from "@fovea/core/dicom/objects/secondary-capture";
import type { Finding } from "@fovea/core/finding";
import type { ByteImage } from "@fovea/core/imaging/image";
import { canvasOf } from "../imaging/annotate";
import { drawFindings } from "../imaging/draw-findings";
import { FONT_FAMILY, prepareFont } from "../imaging/picture-font";

/** Longer side of a capture at most, pixels: 12 MB. The report has the coordinates of the full size. */
const CAPTURE_SIDE = 2048;

/** Pictures smaller than this are enlarged by a whole factor, so that labels can be read. */
const COMFORTABLE_SIDE = 512;

export interface CaptureText {
  /** Written at each box. */
  readonly label: (finding: Finding) => string;
  /** Written at the lower edge: what made the picture. */
  readonly footer: string;
}

/** The frame as it is shown, boxes, outlines and labels burned in. */
export async function capturePicture(
  image: ByteImage,
  findings: readonly Finding[],
  { label, footer }: CaptureText,
): Promise<CapturedPicture> {
  await prepareFont(findings.map(label).join("") + footer);
  const longer = Math.max(image.width, image.height);
  const scale = longer > CAPTURE_SIDE ? CAPTURE_SIDE / longer : Math.max(1, Math.floor(COMFORTABLE_SIDE / longer));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const { createCanvas } = await import("@napi-rs/canvas");
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(await canvasOf(image), 0, 0, width, height);
  drawFindings(context, findings, { width, height, scale }, { text: label });
  const size = Math.max(10, Math.round(longer * scale * 0.016));
  context.font = `500 ${size}px "${FONT_FAMILY}"`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = "rgba(0, 0, 0, 0.6)";
  context.fillRect(0, height - 1.6 * size, width, 1.6 * size);
  context.fillStyle = "#f2f3f5";
  context.fillText(footer, 0.5 * size, height - 0.8 * size, width - size);
  return { width, height, rgb: withoutAlpha(canvas.data()) };
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}
