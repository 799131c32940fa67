/**
 * @file Two detectors on the same images: differences with paired intervals, p values and effect sizes.
 *
 * Images are drawn again and again, for both detectors the same (patients, where they are known). Cohen's h is the difference of the arcsines of the
 * roots of two shares: Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988; 0.2 is small, 0.5 medium, 0.8
 * large.
 */
import { ShapeError } from "../errors";
import { type BootstrapOptions, bootstrap, type Interval } from "../math/stats";
import { type AucDifference, delong, delongTest } from "./delong";
import type { EvaluationRecord } from "./evaluation-record";
import { evaluationView, judgedImages, selectedScans } from "./evaluation-view";
import { cpm, froc, LUNA16_POINTS, sensitivityAt } from "./froc";
import { frocReader } from "./froc-intervals";
import { type McNemar, mcnemar } from "./mcnemar";

/** One measure of both; differences are B less A. */
export interface ModelDifference extends Interval {
  readonly a: number;
  readonly b: number;
  readonly difference: number;
  /** Two-sided: twice the share of the resamples on the rarer side of 0. */
  readonly p: number;
}

export interface ModelComparison {
  readonly images: number;
  readonly lesions: number;
  /** At one false positive per image. */
  readonly sensitivity: ModelDifference;
  /** Of the two sensitivities. */
  readonly cohensH: number;
  readonly cpm: ModelDifference;
  /** Lesions that only one of them finds, each at the confidence where it has at most one false positive per image. */
  readonly lesionsFound: McNemar;
  /** Of images that are judged, by DeLong; absent where all images are of one kind. */
  readonly auc?: { readonly a: number; readonly b: number } & AucDifference;
  /** Mean over classes, without interval. */
  readonly ap50: { readonly a: number; readonly b: number; readonly difference: number };
  readonly level: number;
}

const ONE = LUNA16_POINTS.indexOf(1);

/**
 * Compares two records of the same truth.
 *
 * @throws {ShapeError} if their images or lesions differ
 * @throws {ArgumentError} if there is no lesion
 */
export function compareModels(
  a: EvaluationRecord,
  b: EvaluationRecord,
  options: BootstrapOptions = {},
): ModelComparison {
  const views = [evaluationView(a), evaluationView(b)] as const;
  const scans = views.map((view) => selectedScans(view));
  const [{ scanCount, lesionCount, clusters }] = scans;
  if (scans[1].scanCount !== scanCount || scans[1].lesionCount !== lesionCount) {
    const of = (one: (typeof scans)[number]) => `${one.lesionCount} lesions in ${one.scanCount} images`;
    throw new ShapeError(`compareModels: ${of(scans[0])} and ${of(scans[1])}, wanted the same`);
  }
  const curves = scans.map((one) => froc(one));
  const readers = scans.map((curve) => frocReader({ curve, points: LUNA16_POINTS }));
  const [atA, atB] = [new Float64Array(LUNA16_POINTS.length), new Float64Array(LUNA16_POINTS.length)];
  const drawn: [number[], number[]] = [[], []];
  const weights = new Uint32Array(scanCount);
  const intervals = bootstrap(
    views[0].clusterCount,
    2,
    (ofClusters, out) => {
      for (let s = 0; s < scanCount; s++) weights[s] = ofClusters[clusters[s]];
      readers[0](weights, atA, 0);
      readers[1](weights, atB, 0);
      out[0] = atB[ONE] - atA[ONE];
      out[1] = mean(atB) - mean(atA);
      drawn.forEach((list, k) => {
        if (!Number.isNaN(out[k])) list.push(out[k]);
      });
    },
    options,
  );
  const differ = (k: 0 | 1, [one, two]: readonly number[]): ModelDifference => ({
    ...{ a: one, b: two, difference: two - one, p: shareP(drawn[k]) },
    ...intervals[k],
  });
  const sensitivity = differ(
    0,
    curves.map((curve) => sensitivityAt(curve, 1)),
  );
  const maps = [a, b].map((record) => record.metrics.summary().map50);
  const [{ scores: scoresA, positive, bothKinds }, { scores: scoresB }] = views.map(judgedImages);
  return {
    images: scanCount,
    lesions: lesionCount,
    sensitivity,
    cohensH: 2 * Math.asin(Math.sqrt(sensitivity.b)) - 2 * Math.asin(Math.sqrt(sensitivity.a)),
    cpm: differ(1, curves.map(cpm)),
    lesionsFound: discordant(views, curves),
    ...(bothKinds && {
      auc: {
        ...{ a: delong(scoresA, positive).auc, b: delong(scoresB, positive).auc },
        ...delongTest(scoresB, scoresA, positive),
      },
    }),
    ap50: { a: maps[0], b: maps[1], difference: maps[1] - maps[0] },
    level: options.level ?? 0.95,
  };
}

function discordant(
  views: readonly ReturnType<typeof evaluationView>[],
  curves: readonly ReturnType<typeof froc>[],
): McNemar {
  const [one, two] = views.map(({ lesions }, k) => {
    const { fpPerScan, thresholds } = curves[k];
    let last = 0;
    while (last + 1 < fpPerScan.length && fpPerScan[last + 1] <= 1) last++;
    return lesions.score.map((score) => Number(score >= 0 && score >= thresholds[last]));
  });
  const only = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, own, j) => sum + Number(own === 1 && y[j] === 0), 0);
  return mcnemar(only(one, two), only(two, one));
}

/** Half of the resamples at exactly 0 stand on either side; never below one of them, for fewer was not looked at. */
function shareP(drawn: readonly number[]): number {
  const share = (side: (x: number) => boolean) => drawn.filter(side).length / drawn.length;
  const zero = share((x) => x === 0) / 2;
  const rarer =
    Math.min(
      share((x) => x < 0),
      share((x) => x > 0),
    ) + zero;
  return Math.min(1, 2 * Math.max(rarer, 1 / drawn.length));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
