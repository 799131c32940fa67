/**
 * @file What an evaluation comes to, as plain data: the page, the JSON, the tables and the summary are made from it.
 *
 * Intervals are of the bootstrap by patient where every image says whose it is, else by image (`rules.unit`); NaN where
 * there is nothing to count.
 */
import type { Box } from "../finding";
import type { AveragePrecision } from "./average-precision";
import type { ReliabilityBin, TemperatureFit } from "./calibration";
import type { Measured } from "./cluster-ratio";
import type { ConfusionMatrix } from "./confusion-matrix";

/** Sensitivity at so many false positives per image. */
export interface FrocPoint extends Measured {
  readonly fpPerImage: number;
}

/** What is measured of a group of lesions or images, detections from the operating point's threshold on. */
export interface GroupMeasures {
  /** `class`, `size_px`, `size_mm`, or an attribute: `site`. */
  readonly by: string;
  readonly value: string;
  readonly images: number;
  /** Absent where patients are not known. */
  readonly patients?: number;
  readonly lesions: number;
  readonly found: number;
  readonly falseAlarms: number;
  readonly sensitivity: Measured;
  readonly fpPerImage: Measured;
  /** At 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives per image, whatever the operating point; empty without lesions. */
  readonly froc: readonly FrocPoint[];
}

export interface ClassMeasures extends GroupMeasures {
  readonly classId: number;
  /** Of this class's detections at the operating point, the share that hits. */
  readonly precision: Measured;
  /** As the YOLO tools compute them. */
  readonly ap50: number;
  readonly ap: number;
  /** As COCO computes it, 0.50 ... 0.95. */
  readonly cocoAp: number;
}

/** Cases called rightly and wrongly at the operating point, by whether they hold any lesion and any finding. */
export interface CaseMeasures {
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
  readonly sensitivity: Measured;
  readonly specificity: Measured;
}

export interface OperatingMeasures {
  /** `fp<=1`; `threshold` where one was given without the rule that chose it. */
  readonly rule: string;
  /** Detections of at least this confidence count; absent where there is none at all. */
  readonly threshold?: number;
  /** Whether the threshold was given from outside, rather than chosen on these very images. */
  readonly given: boolean;
  readonly lesions: number;
  readonly found: number;
  readonly falseAlarms: number;
  readonly sensitivity: Measured;
  readonly precision: Measured;
  readonly fpPerImage: Measured;
  readonly fpPerPatient?: Measured;
  readonly images: CaseMeasures;
  readonly patients?: CaseMeasures;
}

export interface CaseRoc {
  readonly of: "image" | "patient";
  readonly positives: number;
  readonly negatives: number;
  readonly auc: Measured;
  readonly fpr: readonly number[];
  readonly tpr: readonly number[];
  readonly thresholds: readonly number[];
}

export interface Calibration {
  /** Detections below this confidence are left out. */
  readonly floor: number;
  readonly detections: number;
  readonly bins: readonly ReliabilityBin[];
  readonly ece: number;
  /** Absent where all or none are right. */
  readonly temperature?: TemperatureFit;
  /** Of the same detections under that temperature. */
  readonly eceAfter?: number;
}

/** COCO's numbers over all classes; NaN where there is no such lesion. */
export interface CocoNumbers {
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  readonly small: number;
  readonly medium: number;
  readonly large: number;
}

/** Why a lesion was missed, or what a false alarm stands on. */
export type Reason = "unsure" | "loose" | "class" | "nothing";

/** A box as a picture shows it. */
export interface ShownBox {
  readonly box: Box;
  readonly className: string;
  /** Of a detection. */
  readonly score?: number;
  /** A lesion that was found at the operating point, a detection that hits. */
  readonly right: boolean;
}

/** A missed lesion or a false alarm, with all that is needed to show it. */
export interface WorstCase {
  readonly kind: "miss" | "false alarm";
  readonly file: string;
  readonly patient?: string;
  readonly width?: number;
  readonly height?: number;
  readonly box: Box;
  readonly className: string;
  readonly sizePx: number;
  readonly sizeMm?: number;
  readonly reason: Reason;
  /** Of the false alarm; of the detection that would have found the missed lesion, if one does below the threshold. */
  readonly score?: number;
  /** Marked lesions and detections from the threshold on, at most 60 of each. */
  readonly truth: readonly ShownBox[];
  readonly detections: readonly ShownBox[];
}

/** How one image came out at the operating point. */
export interface CaseRow {
  readonly file: string;
  readonly patient?: string;
  /** Of its most confident detection; 0 without one. */
  readonly score: number;
  readonly positive: boolean;
  readonly lesions: number;
  readonly hits: number;
  readonly misses: number;
  readonly falseAlarms: number;
}

/** What a reader should bear in mind. */
export type EvaluationWarning =
  | { readonly code: "few_lesions"; readonly lesions: number }
  | { readonly code: "few_patients"; readonly patients: number }
  | { readonly code: "wide_interval"; readonly low: number; readonly high: number }
  | { readonly code: "no_negatives" }
  | { readonly code: "few_negatives"; readonly images: number }
  | { readonly code: "no_lesions" }
  | { readonly code: "no_detections" }
  | { readonly code: "patients_unknown" }
  | { readonly code: "threshold_chosen_here" }
  | { readonly code: "rule_not_kept"; readonly rule: string }
  | { readonly code: "curve_ends"; readonly fpPerImage: number }
  | { readonly code: "leakage"; readonly shared: number; readonly what: "image" | "patient" };

export interface EvaluationRules {
  readonly hit: "iou" | "centre" | "distance";
  readonly hitIou: number;
  readonly hitMm: number;
  /** What was drawn for intervals. */
  readonly unit: "patient" | "image";
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
  readonly mostDetections: number;
}

export interface Evaluation {
  /** What was tested, and on what, as the page shall call it. */
  readonly title: string;
  /** Names and values: model, data, part ... */
  readonly subject: readonly (readonly [name: string, value: string])[];
  readonly names: readonly string[];
  readonly rules: EvaluationRules;
  readonly counts: {
    readonly images: number;
    readonly positiveImages: number;
    readonly patients?: number;
    readonly lesions: number;
    readonly detections: number;
    readonly ignoredRegions: number;
  };
  readonly operating: OperatingMeasures;
  /** Absent without lesions. */
  readonly froc?: {
    /** A few hundred points, each a real one. */
    readonly fpPerImage: readonly number[];
    readonly sensitivity: readonly number[];
    readonly thresholds: readonly number[];
    /** By rising false positives, LUNA16's seven among them; four to an octave up to the end of the curve, 8 at most. */
    readonly points: readonly FrocPoint[];
    /** Mean of the sensitivities at LUNA16's seven points. */
    readonly cpm: number;
  };
  readonly classes: readonly ClassMeasures[];
  readonly sizesPx: readonly GroupMeasures[];
  /** Of the lesions whose images say their spacing; empty if none does. */
  readonly sizesMm: readonly GroupMeasures[];
  readonly subgroups: readonly GroupMeasures[];
  readonly precisionRecall: AveragePrecision;
  readonly map50: number;
  readonly map5095: number;
  readonly coco: CocoNumbers;
  /** By image, and by patient where known; a level without both kinds of cases is left out. */
  readonly roc: readonly CaseRoc[];
  /** Absent without detections. */
  readonly calibration?: Calibration;
  /** `ConfusionMatrix.counts`, from the operating point on. */
  readonly confusion: ConfusionMatrix["counts"];
  /** All misses and false alarms at the operating point by their reasons. */
  readonly reasons: {
    readonly misses: Readonly<Record<Reason, number>>;
    readonly falseAlarms: Readonly<Record<Reason, number>>;
  };
  readonly worst: readonly WorstCase[];
  readonly cases: readonly CaseRow[];
  readonly warnings: readonly EvaluationWarning[];
}
