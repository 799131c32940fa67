/**
 * @file Pictures of validation images with what is marked to the left and what a model finds to the right.
 *
 * A bounded number of images, spread evenly over the data set, is looked at; those that came out worst are shown, and
 * some others for a fair impression.
 */
import type { Dataset, Sample } from "@fovea/core/dataset/sample";
import { Detector } from "@fovea/core/detect/detector";
import type { Finding } from "@fovea/core/finding";
import type { Runtime } from "@fovea/core/graph/runtime";
import type { ByteImage } from "@fovea/core/imaging/image";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { resizeBilinear } from "@fovea/core/imaging/resample";
import { judgeFindings, pickImages } from "@fovea/core/report/judge-findings";
import { readSourceImage } from "../data/source-image";
import { drawFindings, labelOf } from "../imaging/draw-findings";
import { prepareFont } from "../imaging/picture-font";
import { openDetector } from "../model/open-detector";
import { type EncodedPicture, encoded } from "./batch-picture";

export interface ValidationPicturesOptions {
  readonly imgsz: number;
  /** Images that are looked at. @default 48 */
  readonly looked?: number;
  /** Images that are shown, half of them the worst. @default 12 */
  readonly shown?: number;
  /** Longer side of each half, pixels. @default 420 */
  readonly maxSide?: number;
}

export interface DrawnValidation {
  readonly picture: EncodedPicture;
  readonly file: string;
  readonly marked: number;
  readonly found: number;
  readonly falseAlarms: number;
  readonly worst: boolean;
}

/**
 * Runs the weights at `weights` over some images of `dataset`.
 *
 * @throws {FoveaError} what opening the weights finds wrong; an image that cannot be read is left out
 */
export async function drawValidationPictures(
  runtime: Runtime,
  weights: string,
  dataset: Dataset,
  { imgsz, looked = 48, shown = 12, maxSide = 420 }: ValidationPicturesOptions,
): Promise<DrawnValidation[]> {
  const file = await openDetector(weights);
  const session = await runtime.load(file.graph);
  const tileSession = file.tileGraph && (await runtime.load(file.tileGraph));
  const judged: (ReturnType<typeof judgeFindings> & { readonly sample: Sample; readonly findings: Finding[] })[] = [];
  try {
    const detector = new Detector({ ...file.signature, session, tileSession }, { imgsz });
    for (const sample of spread(dataset.samples, looked)) {
      const image = await readable(sample.file, file.signature.normalize);
      if (!image) continue;
      const findings = await detector.detect(image);
      judged.push({ ...judgeFindings(findings, sample, image), sample, findings });
    }
  } finally {
    await session.release();
    await tileSession?.release();
  }
  const drawn: DrawnValidation[] = [];
  for (const { index, worst } of pickImages(judged, shown)) {
    const { sample, findings, marked, found, falseAlarms } = judged[index];
    const image = await readable(sample.file);
    if (!image) continue;
    const picture = await pair(image, markedOf(sample, image, dataset.names), findings, maxSide);
    drawn.push({ picture, file: sample.file, marked, found, falseAlarms, worst });
  }
  return drawn;
}

/** @param normalize left out for what is drawn */
function readable(file: string, normalize?: Normalisation): Promise<ByteImage | undefined> {
  return readSourceImage(file, { normalize }).catch(() => undefined);
}

/** At most `count` of `items`, at even distances, the first one among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
}

/** The labels of an image as findings of full confidence. */
function markedOf({ labels }: Sample, { width, height }: ByteImage, names: readonly string[]): Finding[] {
  return labels.map(({ classId, cx, cy, w, h }) => ({
    classId,
    className: names[classId] ?? String(classId),
    confidence: 1,
    box: { x1: (cx - w / 2) * width, y1: (cy - h / 2) * height, x2: (cx + w / 2) * width, y2: (cy + h / 2) * height },
  }));
}

const GAP = 6;

async function pair(
  image: ByteImage,
  marked: readonly Finding[],
  findings: readonly Finding[],
  maxSide: number,
): Promise<EncodedPicture> {
  const scale = maxSide / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const small = resizeBilinear(image, width, height);
  await prepareFont(findings.map(labelOf).join(""));
  const { createCanvas } = await import("@napi-rs/canvas");
  const canvas = createCanvas(2 * width + GAP, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#101418";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const pixels = context.createImageData(width, height);
  for (let p = 0, i = 0; p < pixels.data.length; p += 4, i += small.channels) {
    pixels.data[p] = small.data[i];
    pixels.data[p + 1] = small.channels === 1 ? small.data[i] : small.data[i + 1];
    pixels.data[p + 2] = small.channels === 1 ? small.data[i] : small.data[i + 2];
    pixels.data[p + 3] = 255;
  }
  [marked, findings].forEach((boxes, half) => {
    const left = half * (width + GAP);
    context.putImageData(pixels, left, 0);
    context.save();
    context.beginPath();
    context.rect(left, 0, width, height);
    context.clip();
    context.translate(left, 0);
    drawFindings(context, boxes, { width, height, scale }, { lineWidth: 2, labels: half === 1 });
    context.restore();
  });
  return encoded(canvas);
}
