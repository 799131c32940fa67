/**
 * @file The lesions that readers disagree about most, with what each of them marked there.
 *
 * Three things add up: how evenly readers are divided over whether anything is there, 4 s (1 - s) for a share s; how
 * divided the votes for its class are; and how badly the boxes of those who saw it fit. Of equal ones the larger first.
 */
import type { Box } from "../finding";
import type { Consensus, Lesion } from "./consensus";
import { lesionSide, meanIou } from "./lesion-sizes";
import type { Readings, Sighting } from "./readings";
import { hull, touches } from "./sightings";

/** What one reader marked in the picture. */
export interface ShownMark {
  /** Index into the readings' readers. */
  readonly reader: number;
  /** Whether it is of this lesion, not of one beside it. */
  readonly own: boolean;
  readonly box: Box;
  readonly className: string;
  /** Outlines x, y, x, y ..., pixels. */
  readonly outlines: readonly (readonly number[])[];
}

/** One disagreement, as it is to be drawn. */
export interface Disagreement {
  readonly file: string;
  readonly patient: string;
  /** What adds up: in [0, 3]. */
  readonly score: number;
  readonly saw: number;
  readonly read: number;
  /** Readers who read it and marked nothing. */
  readonly missedBy: readonly number[];
  readonly className: string;
  readonly classShare: number;
  /** Mean IoU with the fused box; absent where one reader alone saw it. */
  readonly meanIou?: number;
  readonly accepted: boolean;
  readonly fused: Box;
  /** Part of the image that is shown, whole pixels. */
  readonly view: Box;
  /** All marks of this lesion, and others in view, in this image. */
  readonly marks: readonly ShownMark[];
}

export interface DisagreementOptions {
  /** @default 24 */
  readonly most?: number;
  /** Of one case at most. @default 2 */
  readonly perCase?: number;
  /** Least side of the view, pixels. @default 32 */
  readonly leastView?: number;
}

function disagreementScore(lesion: Lesion): number {
  const split = 4 * lesion.agreement * (1 - lesion.agreement);
  return split + (1 - lesion.classShare) + (lesion.readers.length > 1 ? 1 - meanIou(lesion) : 0);
}

/** The worst first; lesions that only one reader read are no disagreement. */
export function worstDisagreements(
  readings: Readings,
  { sightings, lesions }: Consensus,
  { most = 24, perCase = 2, leastView = 32 }: DisagreementOptions = {},
): Disagreement[] {
  const ranked = lesions
    .filter(({ readBy }) => readBy.length > 1)
    .map((lesion) => ({ lesion, score: disagreementScore(lesion), side: lesionSide(lesion) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.side - a.side || a.lesion.sightings[0] - b.lesion.sightings[0]);
  const shown = new Map<number, number>();
  const chosen: Disagreement[] = [];
  for (const { lesion, score } of ranked) {
    if (chosen.length === most) break;
    const before = shown.get(lesion.case) ?? 0;
    if (before === perCase) continue;
    shown.set(lesion.case, before + 1);
    chosen.push(disagreement(readings, sightings, lesion, { score, leastView }));
  }
  return chosen;
}

function disagreement(
  readings: Readings,
  sightings: readonly Sighting[],
  lesion: Lesion,
  { score, leastView }: { readonly score: number; readonly leastView: number },
): Disagreement {
  // The image that most readers marked; of equal ones that with the larger box.
  const { image, box: fused } = [...lesion.boxes].sort((a, b) => b.experts - a.experts || widthOf(b) - widthOf(a))[0];
  const { file, width, height } = readings.images[image];
  const members = lesion.sightings.map((i) => sightings[i]);
  const own = new Set(members.flatMap(({ marks }) => marks));
  const here = readings.marks.filter((mark) => mark.image === image);
  const extent = members.flatMap(({ boxes }) => boxes.get(image) ?? []).reduce(hull, fused);
  const view = viewOf(extent, { leastView, width, height });
  return {
    file,
    patient: readings.cases[lesion.case].patient,
    score,
    saw: lesion.readers.length,
    read: lesion.readBy.length,
    missedBy: lesion.readBy.filter((reader) => !lesion.readers.includes(reader)),
    className: readings.categories[lesion.classId].name,
    classShare: lesion.classShare,
    ...(lesion.readers.length > 1 && { meanIou: meanIou(lesion) }),
    accepted: lesion.accepted,
    fused,
    view,
    marks: here.flatMap((mark) => {
      const { reader, annotation } = mark;
      const { box, classId, segmentation } = annotation;
      if (!touches(box, view)) return [];
      const outlines = segmentation && !("counts" in segmentation) ? segmentation : [];
      return [{ reader, own: own.has(mark), box, className: readings.categories[classId].name, outlines }];
    }),
  };
}

function widthOf({ box }: { readonly box: Box }): number {
  return box.x2 - box.x1;
}

interface ViewOptions {
  readonly leastView: number;
  readonly width?: number;
  readonly height?: number;
}

/** A square of whole pixels around `box`, as wide again as the box, moved into the image where it is larger. */
function viewOf({ x1, y1, x2, y2 }: Box, { leastView, width, height }: ViewOptions): Box {
  const side = Math.ceil(Math.max(leastView, 2 * (x2 - x1), 2 * (y2 - y1)));
  const place = (middle: number, end = Number.POSITIVE_INFINITY): [number, number] => {
    const from = Math.max(0, Math.min(Math.round(middle - side / 2), end - side));
    return [from, Math.min(from + side, end)];
  };
  const [left, right] = place((x1 + x2) / 2, width);
  const [top, bottom] = place((y1 + y2) / 2, height);
  return { x1: left, y1: top, x2: right, y2: bottom };
}
