/**
 * @file The confidence above which a model speaks, chosen on its FROC curve by a rule that a reader can state: "at most
 * half a false positive per image".
 *
 * A point is a real one of the curve: what it says was counted, not interpolated. Choose it on other images than those
 * that the model is judged on, or it is judged too well.
 */
import { ArgumentError } from "../errors";
import type { FrocCurve } from "./froc";
import type { RocCurve } from "./roc";

/** How to choose. */
export type OperatingRule =
  /** The most lesions at no more than so many false positives per scan. */
  | { readonly by: "fp"; readonly atMost: number }
  /** The fewest false positives at no less than this share of the lesions. In (0, 1]. */
  | { readonly by: "sensitivity"; readonly atLeast: number }
  /** Best harmonic mean of precision and sensitivity, of lesions. */
  | { readonly by: "f1" }
  /** Best sum of sensitivity and specificity, of cases: Youden, "Index for rating diagnostic tests", Cancer 3 (1950). */
  | { readonly by: "youden" };

/** Where a model works; plain data, as it is kept with the model. */
export interface OperatingPoint {
  /** Findings of at least this confidence count. */
  readonly threshold: number;
  /** False positives per scan (image or patient) on the cases that it was chosen on. */
  readonly fpPerScan: number;
  /** Share of their lesions that were found. */
  readonly sensitivity: number;
  /** The rule as text, as `parseOperatingRule` reads it. */
  readonly rule: string;
  /** What a scan was: `image`, `patient`, or the name of a column. @default not said */
  readonly per?: string;
}

/** What some rules need beside the curve. */
export interface OperatingPointContext {
  /** Lesions divided by scans, for `f1`. */
  readonly lesionsPerScan?: number;
  /** Of the cases, for `youden`. */
  readonly roc?: RocCurve;
}

/**
 * The operating point by a rule. Of equally good points the one of the highest threshold: fewer findings to look at.
 *
 * @throws {ArgumentError} if no point of the curve keeps the rule, or what the rule needs is missing
 */
export function operatingPoint(
  curve: FrocCurve,
  rule: OperatingRule,
  context: OperatingPointContext = {},
): OperatingPoint {
  const threshold = thresholdBy(curve, rule, context);
  const at = lastAtLeast(curve.thresholds, threshold);
  return {
    threshold,
    fpPerScan: curve.fpPerScan[at],
    sensitivity: curve.sensitivity[at],
    rule: operatingRuleText(rule),
  };
}

/** Index of the last of falling `thresholds` that is not below `threshold`; the first is infinite. */
function lastAtLeast(thresholds: Float64Array, threshold: number): number {
  let at = 0;
  while (at + 1 < thresholds.length && thresholds[at + 1] >= threshold) at++;
  return at;
}

function thresholdBy(curve: FrocCurve, rule: OperatingRule, { lesionsPerScan, roc }: OperatingPointContext): number {
  const { fpPerScan, sensitivity, thresholds } = curve;
  switch (rule.by) {
    case "fp": {
      const best = bestOf(thresholds, (k) => (fpPerScan[k] <= rule.atMost ? sensitivity[k] : undefined));
      if (best !== undefined) return best;
      const first =
        thresholds.length > 1 ? `${fpPerScan[1]} at the most confident` : "none, for there are no detections";
      throw new ArgumentError(`operatingPoint: no threshold has at most ${rule.atMost} false positives: ${first}`);
    }
    case "sensitivity": {
      const best = bestOf(thresholds, (k) => (sensitivity[k] >= rule.atLeast ? -fpPerScan[k] : undefined));
      if (best !== undefined) return best;
      const most = sensitivity[sensitivity.length - 1];
      throw new ArgumentError(`operatingPoint: a sensitivity of ${rule.atLeast} is never reached; the most is ${most}`);
    }
    case "f1": {
      if (!(lesionsPerScan !== undefined && lesionsPerScan > 0)) {
        throw new ArgumentError("operatingPoint: f1 needs the number of lesions per scan");
      }
      // 2 TP / (TP + FP + lesions), each divided by the number of scans.
      const f1 = (k: number) =>
        (2 * sensitivity[k] * lesionsPerScan) / (sensitivity[k] * lesionsPerScan + fpPerScan[k] + lesionsPerScan);
      return found(bestOf(thresholds, f1));
    }
    case "youden": {
      if (roc === undefined) throw new ArgumentError("operatingPoint: youden needs the ROC curve of the cases");
      // A threshold below every score says nothing about findings: no case without any is called positive.
      return found(
        bestOf(roc.thresholds, (k) => (Number.isFinite(roc.thresholds[k]) ? roc.tpr[k] - roc.fpr[k] : undefined)),
      );
    }
  }
}

function found(threshold: number | undefined): number {
  if (threshold !== undefined) return threshold;
  throw new ArgumentError("operatingPoint: there are no detections to choose a threshold from");
}

/** The threshold, but the infinite first, with the greatest worth; the first of several. */
function bestOf(thresholds: Float64Array, worth: (k: number) => number | undefined): number | undefined {
  let best: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 1; k < thresholds.length; k++) {
    const own = worth(k);
    if (own !== undefined && own > most) [best, most] = [thresholds[k], own];
  }
  return best;
}

/** `fp<=0.5`, `sensitivity>=0.9`, `f1`, `youden`. */
export function operatingRuleText(rule: OperatingRule): string {
  if (rule.by === "fp") return `fp<=${rule.atMost}`;
  if (rule.by === "sensitivity") return `sensitivity>=${rule.atLeast}`;
  return rule.by;
}

const RULE = /^(fp|sensitivity)\s*(<=|>=|=)\s*([\d.eE+-]+)$/;

/**
 * Reads a rule: `fp<=0.5` (also `fp=0.5`), `sensitivity>=0.9` (also `sensitivity=0.9`), `f1`, `youden`.
 *
 * @throws {ArgumentError} if it is none
 */
export function parseOperatingRule(text: string): OperatingRule {
  const plain = text.trim().toLowerCase();
  if (plain === "f1" || plain === "youden") return { by: plain };
  const [, by, sign, number] = RULE.exec(plain) ?? [];
  const value = Number(number);
  if (by === "fp" && sign !== ">=" && value >= 0) return { by, atMost: value };
  if (by === "sensitivity" && sign !== "<=" && value > 0 && value <= 1) return { by, atLeast: value };
  throw new ArgumentError(
    `operating point "${text}": wanted fp<=0.5 (false positives per image), sensitivity>=0.9, f1 or youden`,
  );
}
