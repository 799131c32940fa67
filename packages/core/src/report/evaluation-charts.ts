/**
 * @file The curves of an evaluation as charts: FROC on an axis of octaves, ROC, reliability, precision and F1.
 */
import type { Calibration, CaseRoc, Evaluation } from "../metrics/evaluation";
import { rate } from "./evaluation-words";
import type { Line, LineChart } from "./line-chart";
import { precisionRecallCharts } from "./precision-recall-charts";

/** Words of the charts in Chinese. */
export const EVALUATION_CHINESE: Readonly<Record<string, string>> = {
  "lesions found by false alarms per image (FROC)": "检出率与每图误报数（FROC）",
  "false alarms per image": "每图误报数",
  "lesions found": "检出率",
  "sensitivity by 1 - specificity (ROC)": "灵敏度与1-特异度（ROC）",
  "1 - specificity": "1 - 特异度",
  chance: "随机",
  "right of those reported, by confidence": "各置信度下的正确比例",
  "perfectly calibrated": "理想校准",
  measured: "实测",
  confidence: "置信度",
  precision: "精确率",
  recall: "召回率",
  "precision by recall (IoU 0.5)": "精确率-召回率（IoU 0.5）",
  "F1 by confidence": "F1-置信度",
};

/** The curve with its band and the operating point; false alarms from an eighth on, or less where the curve ends early. */
export function frocChart({ froc, operating }: Evaluation): LineChart | undefined {
  if (froc === undefined) return undefined;
  const end = froc.fpPerImage.at(-1) ?? 0;
  const top = end > 0 ? Math.min(3, Math.max(-3, Math.ceil(Math.log2(end)))) : 3;
  const [low, high] = [top - 6, top];
  const seen = ({ fpPerImage }: { readonly fpPerImage: number }) =>
    Math.log2(fpPerImage) >= low - 1e-9 && Math.log2(fpPerImage) <= high + 1e-9;
  const band = froc.points.filter(seen).map((point) => ({ ...point, x: Math.log2(point.fpPerImage) }));
  const curve = froc.fpPerImage.flatMap((fpPerImage, k) =>
    fpPerImage > 0 && seen({ fpPerImage }) ? [{ x: Math.log2(fpPerImage), y: froc.sensitivity[k] }] : [],
  );
  const read = band.map(({ x, value }) => ({ x, y: value }));
  const points = [...curve, ...read].sort((a, b) => a.x - b.x || a.y - b.y);
  const at = operating.fpPerImage.value;
  const x = Math.min(Math.max(Math.log2(Math.max(at, 1e-12)), low), high);
  return {
    title: "lesions found by false alarms per image (FROC)",
    xTitle: "false alarms per image",
    xRange: [low, high],
    yRange: [0, 1],
    xTicks: Array.from({ length: 7 }, (_, k) => ({ at: low + k, text: octave(low + k) })),
    lines: [{ name: "lesions found", points, band }],
    marks: Number.isFinite(at) && operating.threshold !== undefined ? [{ x, y: operating.sensitivity.value }] : [],
  };
}

function octave(power: number): string {
  return power >= 0 ? String(2 ** power) : `1/${2 ** -power}`;
}

const DIAGONAL: Line["points"] = [
  { x: 0, y: 0 },
  { x: 1, y: 1 },
];

function rocName({ of, auc }: CaseRoc): string {
  return `${of}: AUC ${rate(auc.value)}`;
}

/** Names of the lines in Chinese. */
export function rocChinese(roc: readonly CaseRoc[]): Readonly<Record<string, string>> {
  const words = { image: "图像", patient: "患者" };
  return Object.fromEntries(roc.map((one) => [rocName(one), `${words[one.of]}：AUC ${rate(one.auc.value)}`]));
}

export function rocChart(
  roc: readonly CaseRoc[],
  { images, patients }: Evaluation["operating"],
): LineChart | undefined {
  if (roc.length === 0) return undefined;
  const cases = { image: images, patient: patients };
  return {
    title: "sensitivity by 1 - specificity (ROC)",
    xTitle: "1 - specificity",
    xRange: [0, 1],
    yRange: [0, 1],
    lines: [
      ...roc.map((one): Line => ({ name: rocName(one), points: thinnedPoints(one.fpr, one.tpr) })),
      { name: "chance", points: DIAGONAL, dashed: true },
    ],
    marks: roc.flatMap(({ of }, line) => {
      const own = cases[of];
      return own ? [{ x: 1 - own.specificity.value, y: own.sensitivity.value, line }] : [];
    }),
  };
}

/** Points of a curve that are seen apart. */
function thinnedPoints(xs: readonly number[], ys: readonly number[]): Line["points"] {
  const points: { x: number; y: number }[] = [];
  xs.forEach((x, k) => {
    const last = points.at(-1);
    if (last && k < xs.length - 1 && x - last.x < 2e-3 && ys[k] - last.y < 2e-3) return;
    points.push({ x, y: ys[k] });
  });
  return points;
}

export function reliabilityChart({ bins }: Calibration): LineChart {
  return {
    title: "right of those reported, by confidence",
    xTitle: "confidence",
    xRange: [0, 1],
    yRange: [0, 1],
    lines: [
      { name: "measured", points: bins.map(({ confidence, observed }) => ({ x: confidence, y: observed })) },
      { name: "perfectly calibrated", points: DIAGONAL, dashed: true },
    ],
    marks: bins.map(({ confidence, observed, interval }) => ({ x: confidence, y: observed, ...interval })),
  };
}

/** More lines than these are not told apart. */
const MOST_CLASSES = 12;

/** Precision by recall, and F1 by confidence, of each class. */
export function precisionCharts({ precisionRecall, names }: Evaluation): LineChart[] {
  if (precisionRecall.classes.length === 0) return [];
  const few = { ...precisionRecall, classes: precisionRecall.classes.slice(0, MOST_CLASSES) };
  return precisionRecallCharts(few, names, { steps: 100 }).slice(0, 2);
}
