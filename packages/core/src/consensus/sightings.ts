/**
 * @file What each reader takes for one lesion, and how much two of these have in common.
 *
 * In single images each box is a lesion. In a volume the boxes of one reader belong together if they overlap in slices
 * next to each other, or if the reader's own numbering (`lesionKey`) says so.
 */
import { ArgumentError } from "../errors";
import type { Box } from "../finding";
import { type Case, type Mark, type Readings, type Sighting, sliceZ } from "./readings";

export interface SightingOptions {
  /**
   * Attribute in which each reader numbers the lesions of a case; boxes of equal value are one lesion. @default none:
   * boxes that overlap
   */
  readonly lesionKey?: string;
  /** Share of the smaller box that two slices must have in common to be linked. In (0, 1]. @default 0.1 */
  readonly linkOverlap?: number;
  /** Slices are neighbours up to so many times the smallest step of the series. @default 1.5 */
  readonly linkSteps?: number;
}

/** Sightings of all readers, in the order of their first marks. */
export function sightingsOf(readings: Readings, options: SightingOptions = {}): Sighting[] {
  const { marks, images } = readings;
  if (!readings.volume) return marks.map((mark) => sighting([mark], images[mark.image].case));
  const byReaderAndCase = new Map<string, Mark[]>();
  for (const mark of marks) {
    const key = `${images[mark.image].case}/${mark.reader}`;
    const list = byReaderAndCase.get(key);
    if (list) list.push(mark);
    else byReaderAndCase.set(key, [mark]);
  }
  const sets = [...byReaderAndCase.values()].flatMap((own) => {
    const at = images[own[0].image].case;
    const parts =
      options.lesionKey === undefined
        ? linked(own, readings, readings.cases[at], options)
        : numbered(own, options.lesionKey, readings);
    return parts.map((part) => sighting(part, at));
  });
  return sets;
}

function sighting(marks: readonly Mark[], at: number): Sighting {
  const boxes = new Map<number, Box>();
  for (const { image, annotation } of marks) {
    const other = boxes.get(image);
    boxes.set(image, other ? hull(other, annotation.box) : annotation.box);
  }
  const largest = marks.reduce((best, mark) =>
    boxArea(mark.annotation.box) > boxArea(best.annotation.box) ? mark : best,
  );
  const score = Math.max(...marks.map(({ annotation }) => annotation.score ?? 1));
  return { reader: marks[0].reader, case: at, classId: largest.annotation.classId, score, marks, boxes };
}

function numbered(marks: readonly Mark[], key: string, { images }: Readings): Mark[][] {
  const parts = new Map<string, Mark[]>();
  for (const mark of marks) {
    const value = mark.annotation.attributes?.[key];
    if (value === undefined || value === null) {
      throw new ArgumentError(
        `${images[mark.image].file}: an annotation has no attribute ${key}; leave --lesion-key out`,
      );
    }
    const list = parts.get(String(value));
    if (list) list.push(mark);
    else parts.set(String(value), [mark]);
  }
  return [...parts.values()];
}

/** Marks of one reader in one series, put together where they overlap from slice to slice. */
function linked(
  marks: readonly Mark[],
  { images }: Readings,
  { images: slices }: Case,
  { linkOverlap = 0.1, linkSteps = 1.5 }: SightingOptions,
): Mark[][] {
  const positions = slices.map((i) => sliceZ(images[i]));
  const steps = positions.slice(1).flatMap((z, i) => (z > positions[i] ? [z - positions[i]] : []));
  const reach = linkSteps * Math.min(...steps);
  const zOf = ({ image }: Mark) => sliceZ(images[image]);
  const order = [...marks].sort((a, b) => zOf(a) - zOf(b));
  const parent = order.map((_, i) => i);
  for (let i = 0; i < order.length; i++) {
    for (let j = i + 1; j < order.length && zOf(order[j]) - zOf(order[i]) <= reach; j++) {
      if (order[i].image === order[j].image) continue;
      const [a, b] = [order[i].annotation.box, order[j].annotation.box];
      // A contour without area, one pixel wide, is linked where it touches.
      const smaller = Math.min(boxArea(a), boxArea(b));
      const shared = sharedArea(a, b);
      if (smaller > 0 ? shared >= linkOverlap * smaller : touches(a, b)) parent[rootOf(parent, i)] = rootOf(parent, j);
    }
  }
  const parts = new Map<number, Mark[]>();
  order.forEach((mark, i) => {
    const root = rootOf(parent, i);
    const list = parts.get(root);
    if (list) list.push(mark);
    else parts.set(root, [mark]);
  });
  return [...parts.values()];
}

/** Root of `i` in a forest of parents. */
export function rootOf(parent: readonly number[], i: number): number {
  let root = i;
  while (parent[root] !== root) root = parent[root];
  return root;
}

export function boxArea({ x1, y1, x2, y2 }: Box): number {
  return (x2 - x1) * (y2 - y1);
}

export function hull(a: Box, b: Box): Box {
  return {
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
    x2: Math.max(a.x2, b.x2),
    y2: Math.max(a.y2, b.y2),
  };
}

export function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/** Whether they have a point in common, be it of an edge. */
export function touches(a: Box, b: Box): boolean {
  return a.x1 <= b.x2 && b.x1 <= a.x2 && a.y1 <= b.y2 && b.y1 <= a.y2;
}

/**
 * Intersection over union of two lesions, in [0, 1]: boxes by image, slices taken as equally thick, so that in a single
 * image it is the usual one.
 */
export function lesionIou(a: ReadonlyMap<number, Box>, b: ReadonlyMap<number, Box>): number {
  let shared = 0;
  let all = 0;
  for (const [image, box] of a) {
    all += boxArea(box);
    const other = b.get(image);
    if (other) shared += sharedArea(box, other);
  }
  if (shared === 0) return 0;
  for (const box of b.values()) all += boxArea(box);
  return shared / (all - shared);
}
