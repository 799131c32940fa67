/**
 * @file Small pictures of findings, for a page that holds them itself: the image with its boxes, those in question in
 * red, what a model saw in yellow, all others thin and blue; beside it a close look where the box is small.
 */
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { CheckFinding } from "@fovea/core/dataset/check/finding-kinds";
import type { Box, Finding } from "@fovea/core/finding";
import { cropImage } from "@fovea/core/imaging/crop";
import type { ByteImage } from "@fovea/core/imaging/image";
import { mapBounded } from "../data/map-bounded";
import { readSourceImage } from "../data/source-image";
import { FrameDecoder } from "../dicom/frame-decoder";
import { canvasOf } from "../imaging/annotate";
import { drawFindings } from "../imaging/draw-findings";
import { prepareFont } from "../imaging/picture-font";
import { scaledTo } from "../imaging/scaled";

/** Longer side of a picture, pixels. */
const SIDE = 360;

/** A box smaller than this share of the image is shown close too. */
const SMALL_SHARE = 0.12;

/** Pixels that a close look shows at least. */
const CLOSE_SIDE = 48;

const COLOURS = { others: "#58a6ff", flagged: "#ff4b4b", seen: "#ffd23f" } as const;

export interface FindingPicture {
  /** JPEG as a data URI. */
  readonly uri: string;
  /** File name, for the caption. */
  readonly file: string;
  /** Part of the image, enlarged. */
  readonly close: boolean;
}

/** What there is to draw upon. */
interface Scene {
  readonly image: AnnotatedImage;
  readonly names: readonly string[];
  readonly flagged: readonly number[];
  readonly seen: NonNullable<CheckFinding["seen"]>;
}

export interface PicturesOfAllOptions {
  /** Findings of one kind that get pictures. */
  readonly most: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files read at one time. */
const CONCURRENCY = 4;

/** Pictures of the first findings of each kind. */
export async function picturesOfAll(
  findings: readonly CheckFinding[],
  { set, paths }: { readonly set: AnnotationSet; readonly paths: readonly string[] },
  { most, onProgress }: PicturesOfAllOptions,
): Promise<ReadonlyMap<CheckFinding, readonly FindingPicture[]>> {
  const counts = new Map<string, number>();
  const shown = findings.filter(({ kind, images }) => {
    if (images.length === 0) return false;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return (counts.get(kind) ?? 0) <= most;
  });
  const decoder = new FrameDecoder();
  const names = set.categories.map(({ name }) => name);
  let done = 0;
  try {
    const pictures = await mapBounded(shown, CONCURRENCY, async (one) => {
      const own = await picturesOf(one, set.images, paths, { names, decoder });
      onProgress?.(++done, shown.length);
      return [one, own] as const;
    });
    return new Map(pictures);
  } finally {
    await decoder.close();
  }
}

/** Images of one finding that are shown. */
const MOST_IMAGES = 2;

/** Pictures of a finding; none where its files cannot be read. */
async function picturesOf(
  finding: CheckFinding,
  images: readonly AnnotatedImage[],
  paths: readonly string[],
  { names, decoder }: { readonly names: readonly string[]; readonly decoder: FrameDecoder },
): Promise<FindingPicture[]> {
  const pictures: FindingPicture[] = [];
  for (const [k, i] of finding.images.slice(0, MOST_IMAGES).entries()) {
    const flagged = k === 0 ? finding.annotations : [];
    const scene = { image: images[i], names, flagged, seen: k === 0 ? (finding.seen ?? []) : [] };
    try {
      const image = await readSourceImage(paths[i], { decoder });
      pictures.push(...(await drawScene(image, scene)));
    } catch {
      // The finding itself says that the file is broken.
    }
  }
  return pictures;
}

async function drawScene(image: ByteImage, scene: Scene): Promise<FindingPicture[]> {
  const file = scene.image.file;
  const whole = {
    uri: await draw(image, scene, { x1: 0, y1: 0, x2: image.width, y2: image.height }),
    file,
    close: false,
  };
  const boxes = [...scene.flagged.map((k) => scene.image.annotations[k].box), ...scene.seen.map(({ box }) => box)];
  const region = boxes.length === 0 ? undefined : closeRegion(boxes, image);
  if (region === undefined) return [whole];
  return [whole, { uri: await draw(image, scene, region), file, close: true }];
}

/** The surroundings of small boxes, within the image; `undefined` if they are seen well enough. */
function closeRegion(boxes: readonly Box[], { width, height }: ByteImage): Box | undefined {
  const [x1, y1] = [Math.min(...boxes.map((b) => b.x1)), Math.min(...boxes.map((b) => b.y1))];
  const [x2, y2] = [Math.max(...boxes.map((b) => b.x2)), Math.max(...boxes.map((b) => b.y2))];
  const side = Math.max(x2 - x1, y2 - y1);
  if (!(side < SMALL_SHARE * Math.max(width, height))) return undefined;
  const room = Math.min(Math.max(3 * side, CLOSE_SIDE), width, height);
  const left = Math.round(Math.min(Math.max(0, (x1 + x2 - room) / 2), width - room));
  const top = Math.round(Math.min(Math.max(0, (y1 + y2 - room) / 2), height - room));
  const size = Math.floor(room);
  return { x1: left, y1: top, x2: left + size, y2: top + size };
}

async function draw(
  image: ByteImage,
  { image: { annotations }, names, flagged, seen }: Scene,
  view: Box,
): Promise<string> {
  const [width, height] = [view.x2 - view.x1, view.y2 - view.y1];
  const small = await scaledTo(width === image.width && height === image.height ? image : crop(image, view), SIDE);
  const picture = { width: small.width, height: small.height, scale: small.width / width };
  const moved = ({ x1, y1, x2, y2 }: Box) => ({
    ...{ x1: x1 - view.x1, y1: y1 - view.y1, x2: x2 - view.x1, y2: y2 - view.y1 },
  });
  const marked = (k: number): Finding => {
    const { classId, box } = annotations[k];
    return { classId: 0, className: names[classId] ?? "?", confidence: 1, box: moved(box) };
  };
  const isFlagged = new Set(flagged);
  const others = annotations.flatMap((_, k) => (isFlagged.has(k) ? [] : [marked(k)]));
  const shown = seen.map(
    ({ box, className, score }): Finding => ({ classId: 0, className, confidence: score, box: moved(box) }),
  );
  await prepareFont([...names, ...shown.map(({ className }) => className)].join(""));
  const canvas = await canvasOf(small);
  const context = canvas.getContext("2d");
  drawFindings(context, others, picture, { colours: [COLOURS.others], lineWidth: 1.5, labels: false });
  const text = ({ className }: Finding) => className;
  drawFindings(context, flagged.map(marked), picture, { colours: [COLOURS.flagged], lineWidth: 2, text });
  drawFindings(context, shown, picture, { colours: [COLOURS.seen], lineWidth: 2 });
  return `data:image/jpeg;base64,${(await canvas.encode("jpeg", 82)).toString("base64")}`;
}

function crop(image: ByteImage, { x1, y1, x2, y2 }: Box): ByteImage {
  return cropImage(image, { x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
}
