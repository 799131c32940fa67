/**
 * @file What `fovea evaluate froc` does.
 */
import { ArgumentError } from "@fovea/core/errors";
import { type FrocGroup, type FrocReport, frocReport } from "@fovea/core/metrics/froc-report";
import { parseOperatingRule } from "@fovea/core/metrics/operating-point";
import { checkTakesOperatingPoint, keepOperatingPoint } from "../../model/keep-operating-point";
import { grouped, textTable } from "../table";
import { writeResult } from "../write-result";
import type { FrocCommandOptions } from "./froc";
import { openRecords } from "./open-record";

/** Measures, prints a table, keeps the operating point and writes JSON if asked to. */
export async function runFroc(options: FrocCommandOptions): Promise<void> {
  const { gt, dt, hit, hitIou, hitMm, columns, per, topK, fp, bootstrap, by, model, json } = options;
  if (model !== undefined) {
    if (options.operatingPoint === undefined) {
      throw new ArgumentError('--model keeps an operating point; give --operating-point "fp<=0.5" too');
    }
    checkTakesOperatingPoint(model);
  }
  const rule = options.operatingPoint === undefined ? undefined : parseOperatingRule(options.operatingPoint);
  // Who limits the detections of a scan has no use for a second limit.
  const mostDetections = topK === undefined ? undefined : Number.POSITIVE_INFINITY;
  const [record] = await openRecords(gt, [dt], { hit, hitIou, hitMm, columns, mostDetections });
  const report = frocReport(record, { per, topK, points: fp, by, rule, resamples: bootstrap });
  process.stdout.write(`${frocTable(report)}\n\n${caseLine(report)}\n`);
  const { operatingPoint } = report;
  if (operatingPoint) {
    const { threshold, fpPerScan, sensitivity } = operatingPoint;
    const found = `sensitivity ${sensitivity.toFixed(3)} at ${fpPerScan.toFixed(3)} false positives per ${per}`;
    process.stdout.write(`Operating point ${operatingPoint.rule}: confidence ${threshold.toFixed(4)}, ${found}\n`);
    if (model !== undefined) {
      await keepOperatingPoint(model, operatingPoint);
      process.stdout.write(`Kept in ${model}\n`);
    }
  }
  if (json === undefined) return;
  await writeResult(json, `${JSON.stringify(plain(report), null, 2)}\n`);
  process.stdout.write(`Measures ${json}\n`);
}

/** JSON knows no infinity: the first point of the curve, where nothing counts, has no threshold. */
function plain({ curve, ...report }: FrocReport) {
  const { fpPerScan, sensitivity, thresholds } = curve;
  return {
    ...report,
    curve: { fpPerScan: [...fpPerScan], sensitivity: [...sensitivity], thresholds: [...thresholds] },
  };
}

function frocTable({ all, classes, sizes, subgroups, points, per }: FrocReport): string {
  const row = ({ by, value, scans, lesions, sensitivity, intervals }: FrocGroup) => [
    by === "all" ? "all" : `${by} ${value}`,
    grouped(scans),
    grouped(lesions),
    ...points.map((_, k) =>
      sensitivity[k] === undefined
        ? "-"
        : `${sensitivity[k].toFixed(3)} (${intervals[k].low.toFixed(2)}-${intervals[k].high.toFixed(2)})`,
    ),
  ];
  const titles = [`${per}s`, "lesions", ...points.map((at) => `${at} FP`)].map((title) => ({ title }));
  const rows = [all, ...classes, ...sizes, ...subgroups].map(row);
  return textTable([{ title: "", align: "left" }, ...titles], rows);
}

function caseLine({ cases: { positives, negatives, neither, auc, trueNegative }, per }: FrocReport): string {
  const unjudged = neither > 0 ? `, ${neither} with nothing but what is to be ignored` : "";
  const counts = `${positives} with and ${negatives} without lesion${unjudged}`;
  if (auc === undefined) return `By ${per}: ${counts}; without both kinds there is no ROC`;
  const { low, high } = auc.interval;
  return `By ${per}: ${counts}, AUC ${auc.auc.toFixed(3)} (${low.toFixed(2)}-${high.toFixed(2)})\nTrue negative: ${trueNegative}`;
}
