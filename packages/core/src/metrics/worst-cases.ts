/**
 * @file The lesions that should not have been missed and the false alarms that a model was surest of, with why.
 *
 * Reasons, of a missed lesion: `unsure`, a detection hits it below the threshold; `loose`, one of its class overlaps it,
 * but too little for a hit; `class`, one of another class would hit it; `nothing`, no detection is there. Of a false
 * alarm: `loose`, it overlaps a lesion of its class too little; `class`, it would hit a lesion of another class;
 * `nothing`, no lesion is there.
 */
import type { Box } from "../finding";
import { type Boxes, iou } from "../geometry/box";
import type { Reason, ShownBox, WorstCase } from "./evaluation";
import type { JudgedCase } from "./evaluation-record";
import type { EvaluationView } from "./evaluation-view";
import { NO_LESION } from "./froc";

export interface WorstOptions {
  /** Detections of at least this score count. */
  readonly threshold: number;
  readonly hitIou: number;
  /** Cases of each kind. */
  readonly most: number;
}

/** An overlap below this is none. */
const TOUCHING = 0.1;
/** Boxes of one kind in one picture. */
const MOST_BOXES = 60;
/** Cases of one patient (or image) and kind: one full of mistakes must not hide the others. */
const MOST_OF_ONE = 2;

/** The reason of every miss (by lesion) and false alarm at the threshold (by its number); `undefined` for the others. */
export interface Reasons {
  readonly misses: readonly (Reason | undefined)[];
  readonly falseAlarms: readonly (Reason | undefined)[];
}

export function reasonsOf({ cases, lesions, alarms }: EvaluationView, options: WorstOptions): Reasons {
  const misses = Array.from(lesions.image, (image, j) => {
    if (lesions.score[j] >= options.threshold) return undefined;
    return lesions.score[j] >= 0 ? "unsure" : reasonOfMiss(cases[image], lesions.place[j], options);
  });
  const falseAlarms = Array.from(alarms.image, (image, k) =>
    alarms.score[k] >= options.threshold ? reasonOfAlarm(cases[image], alarms.place[k], options) : undefined,
  );
  return { misses, falseAlarms };
}

function reasonOfMiss({ truth, detections }: JudgedCase, j: number, { threshold, hitIou }: WorstOptions): Reason {
  let reason: Reason = "nothing";
  detections.classIds.forEach((classId, i) => {
    if (detections.scores[i] < threshold) return;
    const overlap = iou(detections.boxes, i, truth.boxes, j);
    if (classId !== truth.classIds[j] && overlap >= hitIou) reason = "class";
    else if (classId === truth.classIds[j] && overlap >= TOUCHING && reason === "nothing") reason = "loose";
  });
  return reason;
}

function reasonOfAlarm({ truth, detections }: JudgedCase, i: number, { hitIou }: WorstOptions): Reason {
  let reason: Reason = "nothing";
  truth.classIds.forEach((classId, j) => {
    const overlap = iou(detections.boxes, i, truth.boxes, j);
    if (classId !== detections.classIds[i] && overlap >= hitIou) reason = "class";
    else if (classId === detections.classIds[i] && overlap >= TOUCHING && reason === "nothing") reason = "loose";
  });
  return reason;
}

/**
 * Misses, the largest lesions first, those whose readers were sure before others: by area times certainty. Then false
 * alarms, the most confident first.
 */
export function worstCases(view: EvaluationView, reasons: Reasons, options: WorstOptions): WorstCase[] {
  const { cases, lesions, alarms, names, clusters } = view;
  const owners = (images: Int32Array) => images.map((s) => clusters[s]);
  const weight = (j: number) => {
    const certainty = cases[lesions.image[j]].certainty?.[lesions.place[j]] ?? 1;
    return certainty * lesions.sizePx[j] ** 2;
  };
  const missed = chosen(reasons.misses, owners(lesions.image), weight, options.most).map((j): WorstCase => {
    const one = cases[lesions.image[j]];
    return {
      kind: "miss",
      ...shownCase(one, names, options.threshold),
      ...{ box: boxAt(one.truth.boxes, lesions.place[j]), className: nameOf(names, lesions.classId[j]) },
      ...{ sizePx: lesions.sizePx[j], reason: reasons.misses[j] as Reason },
      ...(!Number.isNaN(lesions.sizeMm[j]) && { sizeMm: lesions.sizeMm[j] }),
      ...(lesions.score[j] >= 0 && { score: lesions.score[j] }),
    };
  });
  const sure = chosen(reasons.falseAlarms, owners(alarms.image), (k) => alarms.score[k], options.most).map(
    (k): WorstCase => {
      const one = cases[alarms.image[k]];
      const box = boxAt(one.detections.boxes, alarms.place[k]);
      const sizePx = Math.sqrt(Math.max(0, (box.x2 - box.x1) * (box.y2 - box.y1)));
      const { spacingMm } = one;
      return {
        kind: "false alarm",
        ...shownCase(one, names, options.threshold),
        ...{ box, className: nameOf(names, alarms.classId[k]), sizePx, score: alarms.score[k] },
        ...(spacingMm && { sizeMm: sizePx * Math.sqrt(spacingMm.x * spacingMm.y) }),
        reason: reasons.falseAlarms[k] as Reason,
      };
    },
  );
  return [...missed, ...sure];
}

/** Numbers of those with a reason, of greatest worth first; equal ones in their order. */
function chosen(
  reasons: readonly (Reason | undefined)[],
  owners: Int32Array,
  worth: (i: number) => number,
  most: number,
): number[] {
  const shownOf = new Map<number, number>();
  const sorted = reasons.flatMap((reason, i) => (reason ? [i] : [])).sort((a, b) => worth(b) - worth(a) || a - b);
  return sorted
    .filter((i) => {
      const before = shownOf.get(owners[i]) ?? 0;
      shownOf.set(owners[i], before + 1);
      return before < MOST_OF_ONE;
    })
    .slice(0, most);
}

function shownCase(one: JudgedCase, names: readonly string[], threshold: number) {
  const { file, patient, width, height, truth, detections, hits } = one;
  const found = new Set(Array.from(hits).filter((_, i) => detections.scores[i] >= threshold));
  const marks = Array.from(truth.classIds, (classId, j): ShownBox => {
    return { box: boxAt(truth.boxes, j), className: nameOf(names, classId), right: found.has(j) };
  });
  const findings = Array.from(detections.classIds, (classId, i): ShownBox => {
    const score = detections.scores[i];
    return { box: boxAt(detections.boxes, i), className: nameOf(names, classId), score, right: hits[i] !== NO_LESION };
  });
  return {
    ...{ file, patient, width, height },
    truth: marks.slice(0, MOST_BOXES),
    detections: findings.filter(({ score = 0 }) => score >= threshold).slice(0, MOST_BOXES),
  };
}

function boxAt(boxes: Boxes, i: number): Box {
  const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
  return { x1, y1, x2, y2 };
}

const nameOf = (names: readonly string[], classId: number) => names[classId] ?? String(classId);
