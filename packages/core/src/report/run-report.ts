/**
 * @file All that the page of a training run shows, as plain data: it can be stored, sent and drawn.
 */
import type { DetectionSummary } from "../metrics/detection-metrics";
import type { SensitivityIntervals } from "../metrics/sensitivity-intervals";
import type { HistoryRow } from "./history-charts";
import type { LabelStatistics } from "./label-statistics";
import type { LineChart } from "./line-chart";

/** How a run stands. */
export type RunEnd = "running" | "finished" | "stopped early" | "out of time" | "interrupted" | "failed";

/** A picture inside the page. */
export interface ReportPicture {
  /** Base64 of a JPEG. */
  readonly jpeg: string;
  /** Pixels of the JPEG. */
  readonly width: number;
  readonly height: number;
  /** File or batch it shows. */
  readonly caption: string;
}

/** A validation picture: marked lesions to the left, findings to the right. */
export interface ValidationPicture extends ReportPicture {
  /** Lesions marked, those that were found (IoU 0.5, same class), and findings where none is. */
  readonly marked: number;
  readonly found: number;
  readonly falseAlarms: number;
  /** Chosen because it came out worst; the others are spread over the data set. */
  readonly worst: boolean;
}

/** A stretch of epochs under the same rules. */
export interface RunStage {
  readonly name: string;
  /** From 1, both included. */
  readonly firstEpoch: number;
  readonly lastEpoch: number;
  /** What is trained: `all`, `head`, `rows 10 ... 22`. */
  readonly trainable: string;
  /** Learning rate at its start, or of each group. */
  readonly learningRate: string;
}

/** Where the seconds of an epoch went. */
export interface EpochTiming {
  /** From 1. */
  readonly epoch: number;
  /** The whole epoch, validation included. */
  readonly seconds: number;
  /** Of them, in which the step waited for a batch. */
  readonly waitingSeconds: number;
  /** Of them, from the last batch on: validation and writing. */
  readonly validationSeconds: number;
}

/** What was counted of a confusion matrix. */
export interface ReportConfusion {
  /** (K + 1)², as `ConfusionMatrix.counts`. */
  readonly counts: readonly number[];
}

export interface RunReport {
  /** Of the run's folder. */
  readonly name: string;
  readonly end: RunEnd;
  /** What went wrong, of a run that failed. */
  readonly failure?: string;
  /** When the run began, as it shall be shown. */
  readonly date: string;
  /** Name, and size in words: `yolov8n`, `3,011,433 parameters, 8.2 GFLOPs at 640 px`. */
  readonly model: { readonly name: string; readonly size: string; readonly weights: string };
  /** Epochs the run was asked for. */
  readonly epochs: number;
  readonly rows: readonly HistoryRow[];
  /** From 1; 0 before the first epoch has ended. */
  readonly bestEpoch: number;
  /** Of the best epoch. */
  readonly best?: DetectionSummary;
  /** 95 % intervals of its sensitivities. */
  readonly intervals?: SensitivityIntervals;
  /** Precision and recall of the best epoch. */
  readonly curves: readonly LineChart[];
  readonly confusion?: ReportConfusion;
  /** Class names by id. */
  readonly names: readonly string[];
  readonly labels: readonly { readonly split: string; readonly statistics: LabelStatistics }[];
  readonly trainBatches: readonly ReportPicture[];
  readonly validation: readonly ValidationPicture[];
  readonly stages: readonly RunStage[];
  readonly timing: readonly EpochTiming[];
  /** Names and values. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly arguments: readonly { readonly name: string; readonly value: string; readonly isDefault: boolean }[];
  readonly data: {
    readonly path: string;
    /** SHA-256 of names, sizes and labels. */
    readonly fingerprint: string;
    readonly files: number;
    readonly bytes: number;
  };
}

/** One line on what came of a run, in both languages. */
export function runSummaryLine({ end, rows, epochs, bestEpoch, best, failure }: RunReport): {
  readonly zh: string;
  readonly en: string;
} {
  const row = rows.find(({ epoch }) => epoch === bestEpoch);
  const map50 = best?.map50 ?? row?.["metrics/mAP50(B)"];
  const measured = typeof map50 === "number";
  const parts = { zh: [] as string[], en: [] as string[] };
  if (measured) {
    parts.zh.push(`mAP50 ${map50.toFixed(3)}（第${bestEpoch}轮最佳）`);
    parts.en.push(`mAP50 ${map50.toFixed(3)} at its best epoch, ${bestEpoch}`);
  }
  parts.zh.push(`已完成${rows.length}/${epochs}轮，${END[end][0]}`);
  parts.en.push(`${rows.length} of ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${END[end][1]}`);
  const seconds = rows.at(-1)?.time;
  if (typeof seconds === "number") {
    parts.zh.push(`用时${durationText(seconds, "zh")}`);
    parts.en.push(durationText(seconds, "en"));
  }
  if (failure !== undefined) {
    parts.zh.push(failure);
    parts.en.push(failure);
  }
  return { zh: parts.zh.join("；"), en: parts.en.join("; ") };
}

/** Each state in words. */
export const END: Readonly<Record<RunEnd, readonly [zh: string, en: string]>> = {
  running: ["训练中", "running"],
  finished: ["正常结束", "finished"],
  "stopped early": ["提前停止", "stopped early"],
  "out of time": ["到时停止", "out of time"],
  interrupted: ["已中断，可继续", "interrupted, can be resumed"],
  failed: ["失败", "failed"],
};

/** `1 h 02 min`, `3 min 05 s`, `12.3 s`. */
export function durationText(seconds: number, language: "zh" | "en"): string {
  const [h, min, s] = language === "zh" ? ["小时", "分", "秒"] : [" h", " min", " s"];
  if (seconds < 60) return `${seconds.toFixed(1)}${s}`;
  // Rounded first: 3599.7 s are an hour, not 59 min 60 s.
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const gap = language === "zh" ? "" : " ";
  if (whole < 3600) return `${Math.floor(whole / 60)}${min}${gap}${two(whole % 60)}${s}`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}${h}${gap}${two(minutes % 60)}${min}`;
}
