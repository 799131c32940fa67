/**
 * @file Agreement by size: are it the small ones that readers disagree about?
 *
 * The size of a lesion is the side of a square as large as its largest box, pixels. Bins are its quartiles.
 */
import { quantile } from "../math/stats";
import type { Lesion } from "./consensus";
import { type Measure, PatientSum, patientsOf, ratio } from "./estimates";
import type { Readings } from "./readings";
import { boxArea } from "./sightings";

export interface SizeBin {
  /** Sides from `low` on, below `high`; the last bin holds its upper end too. Pixels. */
  readonly low: number;
  readonly high: number;
  readonly lesions: number;
  /** Seen by all who read, by one alone. */
  readonly byAll: number;
  readonly byOne: number;
  /** Mean share of readers who saw a lesion. */
  readonly agreement: Measure;
  /** Mean IoU with the fused box, of lesions that two or more saw. */
  readonly iou: Measure;
}

export function lesionSide({ boxes }: Lesion): number {
  return Math.sqrt(Math.max(...boxes.map(({ box }) => Math.max(0, boxArea(box)))));
}

/** Bins with a lesion, from small to large. */
export function sizeBins(readings: Readings, lesions: readonly Lesion[]): SizeBin[] {
  if (lesions.length === 0) return [];
  const { patientOf, patients } = patientsOf(readings);
  const sides = lesions.map(lesionSide);
  const edges = [...new Set([0, 0.25, 0.5, 0.75, 1].map((p) => quantile(sides, p)))];
  if (edges.length === 1) edges.push(edges[0]);
  return edges.slice(1).flatMap((high, k) => {
    const low = edges[k];
    const last = k === edges.length - 2;
    const own = lesions.filter((_, i) => sides[i] >= low && (sides[i] < high || last));
    if (own.length === 0) return [];
    const [count, share, several, iou] = Array.from({ length: 4 }, () => new PatientSum(patients));
    for (const lesion of own) {
      const patient = patientOf[lesion.case];
      count.add(patient, 1);
      share.add(patient, lesion.agreement);
      if (lesion.readers.length < 2) continue;
      several.add(patient, 1);
      iou.add(patient, meanIou(lesion));
    }
    return {
      ...{ low, high, lesions: own.length },
      byAll: own.filter((one) => one.readers.length === one.readBy.length).length,
      byOne: own.filter((one) => one.readers.length === 1).length,
      agreement: ratio(share, count),
      iou: ratio(iou, several),
    };
  });
}

/** Mean over the boxes that two or more marked. */
export function meanIou({ boxes }: Lesion): number {
  const several = boxes.filter(({ experts }) => experts > 1);
  return several.length === 0 ? 0 : several.reduce((sum, box) => sum + box.meanIou, 0) / several.length;
}
