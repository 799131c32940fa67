/**
 * @file What `fovea data check` does.
 */
import { extname, join } from "node:path";
import { severityCounts } from "@fovea/core/dataset/check/check-set";
import { type CheckFinding, FINDING_KINDS } from "@fovea/core/dataset/check/finding-kinds";
import { CHECK_LIMITS } from "@fovea/core/dataset/check/limits";
import { FoveaError } from "@fovea/core/errors";
import { checkHtml } from "@fovea/core/report/check-html";
import { type CheckReport, checkJson, groupFindings } from "@fovea/core/report/check-report";
import { setStatistics } from "@fovea/core/report/set-statistics";
import { type CheckedData, type CheckStep, checkData } from "../../quality/check-data";
import { picturesOfAll } from "../../quality/finding-pictures";
import { plural } from "../describe-dataset";
import { Interruption } from "../interruption";
import { Progress, workLine } from "../progress";
import { systemLanguage } from "../run-predict";
import { textTable } from "../table";
import { writeResult } from "../write-result";
import type { CheckOptions } from "./check";

/** Findings of one kind that the terminal shows. */
const MOST_SHOWN = 3;

/** Checks, tells, writes; an error at the end if the data are to be refused. */
export async function runCheck(data: readonly string[], options: CheckOptions): Promise<void> {
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.say("Judging what was read so far; a second Ctrl-C ends at once.");
  });
  try {
    const limits = { ...CHECK_LIMITS, hashBits: options.hashBits, modelConfidence: options.conf };
    const { images, by, patients, model, imgsz, device, threads } = options;
    const show = stepLine(progress);
    const checked = await checkData(
      { data, images, by, patients, model, imgsz, device, threads, limits },
      {
        onOpened: ({ set }) => {
          const boxes = set.images.reduce((sum, { annotations }) => sum + annotations.length, 0);
          progress.field("Data", `${plural(set.images.length, "image")}, ${plural(boxes, "box", "boxes")}`);
        },
        onProgress: show,
        shouldStop: () => interruption.asked,
      },
    );
    const report = reportOf(data, checked, { limits, model });
    progress.print(`\n${findingTable(report)}\n`);
    if (options.json !== undefined) {
      await writeResult(options.json, checkJson(report));
      progress.field("JSON", options.json);
    }
    if (options.html !== undefined) await writePage(options.html, report, checked, options, progress);
    if (interruption.asked) {
      throw new FoveaError("interrupted", `interrupted; ${plural(checked.left, "picture")} were not read`);
    }
    refuse(report.findings, options.failOn);
  } finally {
    interruption.stop();
    progress.clear();
  }
}

/** One line for each step, its time counted from its beginning. */
function stepLine(progress: Progress): (step: CheckStep, done: number, total: number) => void {
  let current: CheckStep | undefined;
  let started = performance.now();
  return (step, done, total) => {
    if (step !== current) {
      current = step;
      started = performance.now();
    }
    progress.show(workLine(step, done, total, (performance.now() - started) / 1000));
  };
}

function reportOf(
  data: readonly string[],
  { opened, findings, patients, left }: CheckedData,
  { limits, model }: Pick<CheckReport, "limits" | "model">,
): CheckReport {
  return {
    data,
    date: new Date().toISOString().replace("T", " ").slice(0, 16),
    set: opened.set,
    findings,
    statistics: setStatistics(opened.set),
    patients: {
      count: new Set(patients.filter((patient) => patient !== undefined)).size,
      known: patients.filter((patient) => patient !== undefined).length,
    },
    ...{ limits, model, left },
  };
}

/** Kinds with their counts, the first findings of each below it. */
function findingTable({ findings, set }: Pick<CheckReport, "findings" | "set">): string {
  if (findings.length === 0) return "Nothing was found.";
  const rows = groupFindings(findings).flatMap(({ kind, severity, findings: own }) => [
    [severity, String(own.length), FINDING_KINDS[kind].name.en],
    ...own.slice(0, MOST_SHOWN).map((one) => ["", "", `  ${findingLine(one, set)}`]),
    ...(own.length > MOST_SHOWN ? [["", "", `  and ${own.length - MOST_SHOWN} more`]] : []),
  ]);
  const { error, warning, note } = severityCounts(findings);
  const total = `${plural(error, "error")}, ${plural(warning, "warning")}, ${plural(note, "note")}`;
  const columns = [{ title: "", align: "left" }, { title: "n" }, { title: "what", align: "left" }] as const;
  return `${textTable(columns, rows)}\n\n${total}`;
}

/** `images/a.png: what is wrong`; where the message names its images itself, the message alone. */
function findingLine({ images, message, file }: CheckFinding, set: CheckReport["set"]): string {
  if (images.length > 1 && message.en.includes(set.images[images[0]].file)) return message.en;
  const where = file ?? (images.length > 0 ? set.images[images[0]].file : undefined);
  return where === undefined ? message.en : `${where}: ${message.en}`;
}

async function writePage(
  path: string,
  report: CheckReport,
  { opened }: CheckedData,
  { pictures: most, lang }: CheckOptions,
  progress: Progress,
): Promise<void> {
  const started = performance.now();
  const pictures = await picturesOfAll(report.findings, opened, {
    most,
    onProgress: (done, total) => {
      progress.show(workLine("drawing", done, total, (performance.now() - started) / 1000));
    },
  });
  const file = /^\.html?$/i.test(extname(path)) ? path : join(path, "index.html");
  await writeResult(file, checkHtml(report, { pictures, language: lang ?? systemLanguage() }));
  progress.field("Page", file);
}

/** @throws {FoveaError} `invalid_dataset` if there is a finding that is not to be lived with */
function refuse(findings: readonly CheckFinding[], failOn: CheckOptions["failOn"]): void {
  const counted = (kind: CheckFinding["kind"]) => findings.filter((one) => one.kind === kind).length;
  const patients = counted("patient_leakage");
  const images = counted("duplicate_across_parts");
  if (patients + images > 0) {
    const what = [
      ...(patients > 0 ? [plural(patients, "patient")] : []),
      ...(images > 0 ? [plural(images, "image")] : []),
    ].join(" and ");
    throw new FoveaError(
      "invalid_dataset",
      `leakage: ${what} in several parts; what is measured on such a division is not to be trusted; divide the data again: fovea data split --by patient`,
    );
  }
  const { error, warning } = severityCounts(findings);
  if (failOn !== "leakage" && error > 0) throw new FoveaError("invalid_dataset", `${plural(error, "error")} found`);
  if (failOn === "warning" && warning > 0) {
    throw new FoveaError("invalid_dataset", `${plural(warning, "warning")} found`);
  }
}
