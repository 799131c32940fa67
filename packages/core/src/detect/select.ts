/**
 * @file From the decoded output of a detection head to the detections of one image.
 *
 * The decoded output holds, per anchor, `cx, cy, w, h` in pixels of the network's input, then one score per class in
 * [0, 1], then `extra` values that travel along (mask coefficients).
 */
import { ShapeError } from "../errors";
import type { Boxes } from "../geometry/box";
import { type Candidates, type Detections, roomFor, type SuppressOptions, suppress } from "./suppress";

export interface SelectOptions extends SuppressOptions {
  /** Number of anchors, A. */
  readonly anchors: number;
  /** Number of classes, K. */
  readonly nc: number;
  /** Values per anchor after the classes. @default 0 */
  readonly extra?: number;
  /** `CA`: (4 + K + extra, A), as the networks give it; `AC`: its transpose. @default "CA" */
  readonly layout?: "CA" | "AC";
  /** Scores must exceed this. @default 0.25 */
  readonly conf?: number;
  /** One detection for every class above `conf` instead of the best class alone. @default false */
  readonly multiLabel?: boolean;
  /** Keep these classes only. An anchor whose best class is another is not given to its second best. @default all */
  readonly classes?: readonly number[];
}

/** Distances between neighbours of the decoded array. */
interface Strides {
  readonly anchor: number;
  readonly channel: number;
}

/**
 * Detections in the decoded output of one image.
 *
 * Equal scores keep the order of anchors, then classes. Scores that are not a number are passed over.
 *
 * @param decoded (4 + nc + extra) x anchors values
 * @throws {ShapeError} if `decoded` has another length
 */
export function selectDetections(decoded: Float32Array, options: SelectOptions): Detections {
  const { anchors, nc, extra = 0, layout = "CA" } = options;
  const channels = 4 + nc + extra;
  if (decoded.length !== channels * anchors) {
    throw new ShapeError(
      `selectDetections: ${decoded.length} values, expected ${channels} x ${anchors} for ${nc} classes and ${extra} extra`,
    );
  }
  const strides = layout === "CA" ? { anchor: 1, channel: anchors } : { anchor: channels, channel: 1 };
  return suppress(
    collect(decoded, strides, options),
    (anchorIndex) => gatherBoxes(decoded, strides, anchorIndex),
    options,
  );
}

/** Every (anchor, class) whose score exceeds `conf`, anchors rising, then classes. */
function collect(
  decoded: Float32Array,
  strides: Strides,
  { anchors, nc, conf = 0.25, multiLabel = false, classes }: SelectOptions,
): Candidates {
  const wanted = new Uint8Array(nc).fill(classes === undefined ? 1 : 0);
  for (const classId of classes ?? []) wanted[classId] = 1;
  // The network computes in single precision, and so does the comparison.
  const bestScore = new Float32Array(anchors).fill(conf);
  const bestClass = new Int32Array(anchors).fill(-1);
  if (strides.anchor === 1) bestByClass(decoded, nc, bestScore, bestClass);
  else bestByAnchor(decoded, nc, strides.anchor, bestScore, bestClass);
  return multiLabel
    ? everyClass(decoded, strides, Math.fround(conf), wanted, bestClass)
    : bestOnly(bestScore, bestClass, wanted);
}

/** Raises `bestScore` to the best class score of each anchor, and says in `bestClass` whose it is. Layout CA. */
function bestByClass(decoded: Float32Array, nc: number, bestScore: Float32Array, bestClass: Int32Array): void {
  const anchors = bestScore.length;
  for (let c = 0; c < nc; c++) {
    const start = (4 + c) * anchors;
    for (let a = 0; a < anchors; a++) {
      if (decoded[start + a] > bestScore[a]) {
        bestScore[a] = decoded[start + a];
        bestClass[a] = c;
      }
    }
  }
}

/** As `bestByClass`, for layout AC with `channels` values per anchor: each order reads memory from start to end. */
function bestByAnchor(
  decoded: Float32Array,
  nc: number,
  channels: number,
  bestScore: Float32Array,
  bestClass: Int32Array,
): void {
  for (let a = 0; a < bestScore.length; a++) {
    const start = a * channels + 4;
    for (let c = 0; c < nc; c++) {
      if (decoded[start + c] > bestScore[a]) {
        bestScore[a] = decoded[start + c];
        bestClass[a] = c;
      }
    }
  }
}

/** Candidates of one class per anchor. */
function bestOnly(bestScore: Float32Array, bestClass: Int32Array, wanted: Uint8Array): Candidates {
  let n = 0;
  for (let a = 0; a < bestClass.length; a++) if (bestClass[a] >= 0 && wanted[bestClass[a]] === 1) n++;
  const found = roomFor(n);
  for (let a = 0, i = 0; i < n; a++) {
    if (bestClass[a] < 0 || wanted[bestClass[a]] === 0) continue;
    found.scores[i] = bestScore[a];
    found.classIds[i] = bestClass[a];
    found.anchorIndex[i++] = a;
  }
  return found;
}

/** Candidates of all wanted classes above `conf`; only anchors with a best class can have any. */
function everyClass(
  decoded: Float32Array,
  strides: Strides,
  conf: number,
  wanted: Uint8Array,
  bestClass: Int32Array,
): Candidates {
  const fill = (found: Candidates | undefined): number => {
    let n = 0;
    for (let a = 0; a < bestClass.length; a++) {
      if (bestClass[a] < 0) continue;
      for (let c = 0; c < wanted.length; c++) {
        const score = decoded[(4 + c) * strides.channel + a * strides.anchor];
        if (!(score > conf) || wanted[c] === 0) continue;
        if (found !== undefined) {
          found.scores[n] = score;
          found.classIds[n] = c;
          found.anchorIndex[n] = a;
        }
        n++;
      }
    }
    return n;
  };
  const found = roomFor(fill(undefined));
  fill(found);
  return found;
}

/** Corners of the boxes of some anchors. */
function gatherBoxes(decoded: Float32Array, { anchor, channel }: Strides, anchorIndex: Int32Array): Boxes {
  const boxes = new Float32Array(4 * anchorIndex.length);
  for (let i = 0; i < anchorIndex.length; i++) {
    const p = anchorIndex[i] * anchor;
    const halfWidth = decoded[p + 2 * channel] / 2;
    const halfHeight = decoded[p + 3 * channel] / 2;
    boxes[4 * i] = decoded[p] - halfWidth;
    boxes[4 * i + 1] = decoded[p + channel] - halfHeight;
    boxes[4 * i + 2] = decoded[p] + halfWidth;
    boxes[4 * i + 3] = decoded[p + channel] + halfHeight;
  }
  return boxes;
}
