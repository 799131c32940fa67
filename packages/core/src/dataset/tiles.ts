/**
 * @file A data set of large images as one of their tiles, so that small lesions keep their size in training.
 */
import { ArgumentError } from "../errors";
import { boundsOf, clipPolygon, polygonArea } from "../geometry/polygon";
import { type PixelRect, type TilingOptions, tileRects } from "../geometry/tiling";
import type { Dataset, Label, Problem, Region, Sample } from "./sample";

export interface DatasetTilesOptions extends TilingOptions {
  /**
   * A lesion belongs to a tile that shows at least this share of its area (of its outline's, where it has one), in
   * (0, 1]. @default 0.3
   */
  readonly minVisible?: number;
}

/**
 * Every image of `dataset` in tiles; images that fit into one tile stay as they are. Tiles of one image follow one
 * another, row by row.
 *
 * A lesion is cut at the edges of its tile. A tile that shows nothing is kept: that is its statement. One that shows
 * only pieces too small to be labelled says neither that there is a lesion nor that there is none, and is left out. A
 * lesion of which no tile shows enough is lost, and a warning tells of it.
 *
 * @throws {ArgumentError} if the size of an image is not known, an image is a crop already, or an option is out of range
 */
export function tileDataset(dataset: Dataset, options: DatasetTilesOptions): Dataset {
  const { tile, minVisible = 0.3 } = options;
  if (!(Number.isInteger(tile) && tile >= 32)) throw new ArgumentError(`tile is ${tile}, expected 32 pixels or more`);
  if (!(minVisible > 0 && minVisible <= 1)) {
    throw new ArgumentError(`minVisible is ${minVisible}, expected above 0, at most 1`);
  }
  const problems: Problem[] = [...dataset.problems];
  const samples = dataset.samples.flatMap((sample) => {
    const { tiles, lost } = tilesOf(sample, options, minVisible);
    if (lost > 0) {
      const message = `${lost} of ${sample.labels.length} lesions larger than any tile shows ${minVisible} of, left out; set a larger tile`;
      problems.push({ severity: "warning", code: "invalid_label", file: sample.file, message });
    }
    return tiles;
  });
  return { ...dataset, samples, problems };
}

function tilesOf(
  sample: Sample,
  options: TilingOptions,
  minVisible: number,
): { readonly tiles: readonly Sample[]; readonly lost: number } {
  const { file, width, height, labels, ignored = [], crop } = sample;
  if (crop) throw new ArgumentError("a crop cannot be tiled again; tile the data set once", { file });
  if (!width || !height) throw new ArgumentError("tiles need the size of every image in the data set", { file });
  const rects = tileRects(width, height, options);
  if (rects.length === 1) return { tiles: [sample], lost: 0 };
  const kept = new Set<Label>();
  const tiles: Sample[] = [];
  for (const rect of rects) {
    const inside: Label[] = [];
    let pieces = 0;
    for (const label of labels) {
      const seen = cutMark(label, width, height, rect);
      if (seen === undefined) continue;
      if (seen.share < minVisible) {
        pieces++;
        continue;
      }
      inside.push(seen.mark);
      kept.add(label);
    }
    if (inside.length === 0 && pieces > 0) continue;
    const regions = ignored.flatMap((region) => cutMark(region, width, height, rect)?.mark ?? []);
    tiles.push({
      ...{ file, width: rect.width, height: rect.height, labels: inside, crop: rect },
      ...(regions.length > 0 && { ignored: regions }),
    });
  }
  return { tiles, lost: labels.length - kept.size };
}

/**
 * The part of `mark` inside `rect`, in fractions of it, and its share of the mark's area; `undefined` if there is none.
 *
 * @param width of the image that the mark is a fraction of, pixels
 */
function cutMark<M extends Region>(
  mark: M,
  width: number,
  height: number,
  rect: PixelRect,
): { readonly mark: M; readonly share: number } | undefined {
  const { polygon: outline, cx, cy, w, h } = mark;
  const frame = { x1: rect.x, y1: rect.y, x2: rect.x + rect.width, y2: rect.y + rect.height };
  const onImage = outline?.map((value, i) => value * (i % 2 === 0 ? width : height));
  const polygon = onImage && clipPolygon(onImage, frame);
  const whole = onImage
    ? boundsOf(onImage)
    : { x1: (cx - w / 2) * width, y1: (cy - h / 2) * height, x2: (cx + w / 2) * width, y2: (cy + h / 2) * height };
  const box = polygon
    ? boundsOf(polygon)
    : {
        x1: Math.max(whole.x1, frame.x1),
        y1: Math.max(whole.y1, frame.y1),
        x2: Math.min(whole.x2, frame.x2),
        y2: Math.min(whole.y2, frame.y2),
      };
  if (!(box.x2 > box.x1 && box.y2 > box.y1)) return undefined;
  const area = onImage ? polygonArea(onImage) : (whole.x2 - whole.x1) * (whole.y2 - whole.y1);
  const seen = polygon ? polygonArea(polygon) : (box.x2 - box.x1) * (box.y2 - box.y1);
  return {
    // An outline without area, a line, is there wherever a part of it is.
    share: area > 0 ? seen / area : 1,
    mark: {
      ...mark,
      cx: ((box.x1 + box.x2) / 2 - rect.x) / rect.width,
      cy: ((box.y1 + box.y2) / 2 - rect.y) / rect.height,
      w: (box.x2 - box.x1) / rect.width,
      h: (box.y2 - box.y1) / rect.height,
      ...(polygon && {
        polygon: polygon.map((value, i) =>
          i % 2 === 0 ? (value - rect.x) / rect.width : (value - rect.y) / rect.height,
        ),
      }),
    },
  };
}
