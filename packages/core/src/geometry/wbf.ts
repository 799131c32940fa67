/**
 * @file Boxes of several models, or readers, fused into one: weighted boxes fusion and non-maximum weighted.
 *
 * Solovyev, Wang, Gabruseva, "Weighted boxes fusion: ensembling boxes from different object detection models", Image and
 * Vision Computing 107 (2021), arXiv:1910.13302; Zhou et al., "CAD: scale invariant framework for real-time object
 * detection", ICCV Workshops 2017 (NMW). The rules of confidence are those of the authors' ensemble-boxes 1.0.9 (MIT).
 * Coordinates may be pixels or fractions.
 */
import { ArgumentError, ShapeError } from "../errors";
import type { Boxes } from "./box";

/** Boxes that one model reports. */
export interface ModelBoxes {
  /** n x 4. */
  readonly boxes: Boxes;
  /** n, in (0, 1]. */
  readonly scores: ArrayLike<number>;
  /** n. */
  readonly classIds: ArrayLike<number>;
}

/** Box `index` of model `model`. */
export interface Member {
  readonly model: number;
  readonly index: number;
}

/** Fused boxes, most confident first. */
export interface FusedBoxes {
  /** n x 4. */
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
  readonly classIds: Int32Array;
  /** What each was fused from, most confident first. */
  readonly members: readonly (readonly Member[])[];
}

export const WBF_CONFIDENCES = ["avg", "max", "box_and_model_avg", "absent_model_aware_avg"] as const;

/**
 * Confidence of a fused box. `avg`: mean of its members, less where it has fewer members than there are models. `max`: of
 * its best member. `box_and_model_avg`: mean by weight, times the share of the models' weight that has a member.
 * `absent_model_aware_avg`: mean by weight over members and absent models.
 */
export type WbfConfidence = (typeof WBF_CONFIDENCES)[number];

export interface FusionOptions {
  /** A box joins the fused box that it overlaps most, if by more than this IoU. In [0, 1). @default 0.55 */
  readonly iouThreshold?: number;
  /** Boxes that score less are left out. @default 0 */
  readonly skipBelow?: number;
  /** Weight of each model. @default all 1 */
  readonly weights?: readonly number[];
}

export interface WbfOptions extends FusionOptions {
  /** @default "avg" */
  readonly confidence?: WbfConfidence;
  /** With `avg`, a box with more members than there are models may score above them. @default false */
  readonly allowsOverflow?: boolean;
}

/** A box with the weight of its model. */
interface Entry extends Member {
  readonly box: readonly number[];
  /** Of the model, times its weight. */
  readonly score: number;
  readonly weight: number;
  readonly classId: number;
}

/**
 * Weighted boxes fusion: a fused box is the mean of its members by their confidences.
 *
 * Boxes without area are left out. Of two boxes that score the same the later one goes first, as in the reference.
 *
 * @throws {ShapeError} if lengths do not fit
 * @throws {ArgumentError} if a weight is not positive
 */
export function wbf(models: readonly ModelBoxes[], options: WbfOptions = {}): FusedBoxes {
  const { confidence = "avg", allowsOverflow = false } = options;
  const { weights, classes } = prepared(models, options);
  const { iouThreshold = 0.55 } = options;
  const groups = classes.flatMap((entries) =>
    grouped(entries, iouThreshold, (members) => meanBox(members, ({ score }) => score)),
  );
  return sorted(
    groups.map(({ members, box }) => {
      const score = FUSED_CONFIDENCE[confidence](members, weights, allowsOverflow);
      return { members, box: members.length > 1 ? meanBox(members, (one) => one.score) : box, score };
    }),
  );
}

/**
 * Non-maximum weighted: members are what overlaps the best box of a group, and their mean goes by confidence and by that
 * overlap. The confidence is the best one's, by its model's weight in greatest weights.
 *
 * @throws as `wbf`
 */
export function nmw(models: readonly ModelBoxes[], options: FusionOptions = {}): FusedBoxes {
  const { iouThreshold = 0.55 } = options;
  const { weights, classes } = prepared(models, options);
  const most = Math.max(...weights);
  const groups = classes.flatMap((entries) => grouped(entries, iouThreshold, ([best]) => best.box));
  return sorted(
    groups.map(({ members }) => ({
      members,
      box: meanBox(members, ({ score, box }) => score * overlap(box, members[0].box)),
      score: members[0].score / most,
    })),
  );
}

type Confidence = (members: readonly Entry[], weights: readonly number[], allowsOverflow: boolean) => number;

const mean = (members: readonly Entry[]) => sum(members.map(({ score }) => score)) / members.length;

const FUSED_CONFIDENCE: { readonly [C in WbfConfidence]: Confidence } = {
  avg: (members, weights, allowsOverflow) => {
    const count = allowsOverflow ? members.length : Math.min(weights.length, members.length);
    return (mean(members) * count) / sum(weights);
  },
  max: (members, weights) => Math.max(...members.map(({ score }) => score)) / Math.max(...weights),
  box_and_model_avg: (members, weights) => {
    const present = new Set(members.map(({ model }) => model));
    const share = sum(weights.filter((_, model) => present.has(model))) / sum(weights);
    return (mean(members) * members.length * share) / sum(members.map(({ weight }) => weight));
  },
  absent_model_aware_avg: (members, weights) => {
    const present = new Set(members.map(({ model }) => model));
    const absent = sum(weights.filter((_, model) => !present.has(model)));
    return (mean(members) * members.length) / (sum(members.map(({ weight }) => weight)) + absent);
  },
};

/** Boxes by class, in the order in which classes first come up, most confident first. */
function prepared(models: readonly ModelBoxes[], { skipBelow = 0, weights = models.map(() => 1) }: FusionOptions) {
  if (weights.length !== models.length) {
    throw new ShapeError(`box fusion: ${weights.length} weights for ${models.length} models`);
  }
  const bad = weights.find((weight) => !(weight > 0));
  if (bad !== undefined) throw new ArgumentError(`box fusion: a weight is ${bad}, wanted more than 0`);
  const classes = new Map<number, Entry[]>();
  models.forEach(({ boxes, scores, classIds }, model) => {
    if (boxes.length !== 4 * scores.length || classIds.length !== scores.length) {
      const given = `${boxes.length} box coordinates and ${classIds.length} classes for ${scores.length} scores`;
      throw new ShapeError(`box fusion: model ${model} has ${given}`);
    }
    for (let index = 0; index < scores.length; index++) {
      const box = [...boxes.subarray(4 * index, 4 * index + 4)];
      if (scores[index] < skipBelow || !(box[2] > box[0] && box[3] > box[1])) continue;
      const weight = weights[model];
      const classId = classIds[index];
      const entry = { model, index, box, score: scores[index] * weight, weight, classId };
      const list = classes.get(classId);
      if (list) list.push(entry);
      else classes.set(classId, [entry]);
    }
  });
  for (const entries of classes.values()) entries.reverse().sort((a, b) => b.score - a.score);
  return { weights, classes: [...classes.values()] };
}

interface Group {
  readonly members: Entry[];
  box: readonly number[];
}

/** Each entry to the group whose box it overlaps most, or to a new one. */
function grouped(
  entries: readonly Entry[],
  threshold: number,
  boxOf: (members: readonly Entry[]) => readonly number[],
): Group[] {
  const groups: Group[] = [];
  for (const entry of entries) {
    let best: Group | undefined;
    let most = threshold;
    for (const group of groups) {
      const shared = overlap(group.box, entry.box);
      if (shared > most) [best, most] = [group, shared];
    }
    if (best === undefined) {
      groups.push({ members: [entry], box: entry.box });
    } else {
      best.members.push(entry);
      best.box = boxOf(best.members);
    }
  }
  return groups;
}

function meanBox(members: readonly Entry[], weightOf: (entry: Entry) => number): number[] {
  const box = [0, 0, 0, 0];
  let total = 0;
  for (const entry of members) {
    const weight = weightOf(entry);
    total += weight;
    for (let k = 0; k < 4; k++) box[k] += weight * entry.box[k];
  }
  return box.map((x) => x / total);
}

function overlap(a: readonly number[], b: readonly number[]): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  if (width <= 0) return 0;
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (height <= 0) return 0;
  const shared = width * height;
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}

function sorted(groups: { members: readonly Entry[]; box: readonly number[]; score: number }[]): FusedBoxes {
  groups.reverse().sort((a, b) => b.score - a.score);
  return {
    boxes: Float64Array.from(groups.flatMap(({ box }) => box)),
    scores: Float64Array.from(groups, ({ score }) => score),
    classIds: Int32Array.from(groups, ({ members }) => members[0].classId),
    members: groups.map(({ members }) => members.map(({ model, index }) => ({ model, index }))),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
