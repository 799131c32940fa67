/**
 * @file From the class scores of a head to the cells that may hold a lesion.
 *
 * Anchors are the cells of all levels in a row, finest level first, row by row, as in the decoded output.
 */
import { ShapeError } from "../errors";
import { type Candidates, roomFor } from "./suppress";

/** One level of a head. */
export interface Level {
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the network's input per cell. */
  readonly stride: number;
}

export interface ScoreOptions {
  /** Number of classes, K. */
  readonly nc: number;
  /** Scores must exceed this. @default 0.25 */
  readonly conf?: number;
  /** Keep these classes only. An anchor whose best class is another is not given to its second best. @default all */
  readonly classes?: readonly number[];
}

/**
 * Cells whose best class exceeds `conf`, in the order of anchors.
 *
 * @param logits of each level (K, height, width)
 * @throws {ShapeError} if a level's logits do not have its size
 */
export function candidatesOf(
  levels: readonly Level[],
  logits: readonly Float32Array[],
  { nc, conf = 0.25, classes }: ScoreOptions,
): Candidates {
  const found: Candidates[] = [];
  let firstAnchor = 0;
  for (const [i, { width, height }] of levels.entries()) {
    const cells = width * height;
    if (logits[i].length !== nc * cells) {
      throw new ShapeError(`candidatesOf: ${logits[i].length} logits for ${nc} classes and ${height} x ${width} cells`);
    }
    found.push(collect(logits[i], cells, nc, firstAnchor, conf, classes));
    firstAnchor += cells;
  }
  return joined(found);
}

function collect(
  logits: Float32Array,
  cells: number,
  nc: number,
  firstAnchor: number,
  conf: number,
  classes: readonly number[] | undefined,
): Candidates {
  // The sigmoid rises, so that all but few cells are passed over by comparing logits; a little below, for rounding.
  const best = new Float32Array(cells).fill(Math.log(conf / (1 - conf)) - 1e-3);
  const bestClass = new Int32Array(cells).fill(-1);
  for (let c = 0, i = 0; c < nc; c++) {
    for (let cell = 0; cell < cells; cell++, i++) {
      if (logits[i] > best[cell]) {
        best[cell] = logits[i];
        bestClass[cell] = c;
      }
    }
  }
  const wanted = (classId: number) => classes === undefined || classes.includes(classId);
  // The network computes in single precision, and so does the comparison.
  const least = Math.fround(conf);
  const kept: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (bestClass[cell] >= 0 && wanted(bestClass[cell]) && sigmoid(best[cell]) > least) kept.push(cell);
  }
  return {
    scores: Float32Array.from(kept, (cell) => sigmoid(best[cell])),
    classIds: Int32Array.from(kept, (cell) => bestClass[cell]),
    anchorIndex: Int32Array.from(kept, (cell) => firstAnchor + cell),
  };
}

const sigmoid = (logit: number): number => Math.fround(1 / (1 + Math.exp(-logit)));

function joined(parts: readonly Candidates[]): Candidates {
  const all = roomFor(parts.reduce((n, { scores }) => n + scores.length, 0));
  let at = 0;
  for (const { scores, classIds, anchorIndex } of parts) {
    all.scores.set(scores, at);
    all.classIds.set(classIds, at);
    all.anchorIndex.set(anchorIndex, at);
    at += scores.length;
  }
  return all;
}
