/**
 * @file Classes, sizes and subgroups of an evaluation, each with intervals.
 *
 * A class has the false alarms of its own. What is not there has no size, so that sizes share all false alarms: they are
 * found at one and the same setting of the detector. A subgroup has the images, lesions and false alarms that are its.
 */
import type { BootstrapOptions } from "../math/stats";
import { type ClusterRatio, clusterRatios, type Measured } from "./cluster-ratio";
import type { FrocPoint, GroupMeasures } from "./evaluation";
import { type EvaluationView, type Selection, selectedCounts, selectedScans } from "./evaluation-view";
import { LUNA16_POINTS } from "./froc";
import { LESION_SIZES } from "./lesion-size";
import { measuredFroc } from "./measured-froc";
import { subgroupColumns } from "./subgroup-values";

/** A group before it is measured. */
export interface Group {
  readonly by: string;
  readonly value: string;
  readonly selection: Selection;
}

export function classGroups({ names, lesions, alarms }: EvaluationView): (Group & { readonly classId: number })[] {
  return names.map((value, classId) => ({
    by: "class",
    value,
    classId,
    selection: { lesion: (j) => lesions.classId[j] === classId, alarm: (k) => alarms.classId[k] === classId },
  }));
}

/** Small, medium and large as `lesion-size.ts` has them, in words that say so. */
const PIXEL_SIZES: Readonly<Record<(typeof LESION_SIZES)[number], readonly [text: string, from: number, to: number]>> =
  {
    small: ["< 32 px", 0, 32],
    medium: ["32 to 96 px", 32, 96],
    large: ["> 96 px", 96, Number.POSITIVE_INFINITY],
  };

export function pixelSizeGroups({ lesions: { sizePx } }: EvaluationView): Group[] {
  return LESION_SIZES.map((size) => {
    const [value, from, to] = PIXEL_SIZES[size];
    // 32² and 96² px² themselves are medium.
    const lesion = (j: number) =>
      size === "medium" ? sizePx[j] >= from && sizePx[j] <= to : size === "small" ? sizePx[j] < to : sizePx[j] > from;
    return { by: "size_px", value, selection: { lesion } };
  });
}

/** Millimetres at which classes of size begin. */
const MM_EDGES = [0, 5, 10, 20, 30] as const;

/** None where no image says its spacing. */
export function millimetreGroups({ lesions: { sizeMm } }: EvaluationView): Group[] {
  if (sizeMm.every(Number.isNaN)) return [];
  return MM_EDGES.map((from, i) => {
    const to = MM_EDGES[i + 1] ?? Number.POSITIVE_INFINITY;
    const value = from === 0 ? `< ${to} mm` : Number.isFinite(to) ? `${from} to < ${to} mm` : `≥ ${from} mm`;
    return { by: "size_mm", value, selection: { lesion: (j) => sizeMm[j] >= from && sizeMm[j] < to } };
  });
}

/** By each column of the cases that makes groups; see `subgroup-values.ts`. */
export function attributeGroups({ cases, lesions, alarms }: EvaluationView, only?: readonly string[]): Group[] {
  return subgroupColumns(cases, only).flatMap(({ name, values, order }) =>
    order.map((value) => {
      const image = (s: number) => values[s] === value;
      const lesion = (j: number) => image(lesions.image[j]);
      const alarm = (k: number) => image(alarms.image[k]);
      return { by: name, value, selection: { image, lesion, alarm } };
    }),
  );
}

/** Every group at `threshold`; those without any image or lesion too. */
export function measureGroups(
  view: EvaluationView,
  groups: readonly Group[],
  threshold: number,
  options: BootstrapOptions,
): (GroupMeasures & { readonly precision: Measured })[] {
  if (groups.length === 0) return [];
  const counted = groups.map(({ selection }) => selectedCounts(view, threshold, selection));
  const measured = clusterRatios(
    counted.flatMap(({ found, lesions, falseAlarms, images }): ClusterRatio[] => [
      { over: found, under: lesions },
      { over: falseAlarms, under: images, share: false },
      { over: found, under: found.map((n, c) => n + falseAlarms[c]) },
    ]),
    view.clusters,
    options,
  );
  return groups.map(({ by, value, selection }, g) => {
    const { images, lesions, found, falseAlarms } = counted[g];
    const [sensitivity, fpPerImage, precision] = measured.slice(3 * g, 3 * g + 3);
    const total = (values: Float64Array) => values.reduce((sum, n) => sum + n, 0);
    return {
      ...{ by, value, images: total(images), lesions: total(lesions) },
      ...(view.byPatient && { patients: images.filter((n) => n > 0).length }),
      ...{ found: total(found), falseAlarms: total(falseAlarms), sensitivity, fpPerImage, precision },
      froc: frocPoints(view, selection, LUNA16_POINTS, options),
    };
  });
}

/** Sensitivity of a selection at each of `points`, with intervals; none without lesions. */
export function frocPoints(
  view: EvaluationView,
  selection: Selection,
  points: readonly number[],
  options: BootstrapOptions,
): FrocPoint[] {
  const measured = measuredFroc(selectedScans(view, selection), points, options);
  return measured.map((one, i) => ({ fpPerImage: points[i], ...one }));
}
