/**
 * @file `fovea evaluate detections`: a report of detections against a truth, both from files.
 */
import { type Command, Option } from "commander";
import { realNumber } from "../option";
import { addReportOptions, REPORT_FILES, type ReportOptions } from "../report-options";

export interface DetectionsOptions extends ReportOptions {
  readonly gt: string;
  readonly dt: string;
  readonly images?: string;
  readonly split?: string;
  readonly report: string;
  readonly title?: string;
  readonly hit: "iou" | "centre" | "distance";
  readonly hitIou: number;
  readonly hitMm: number;
}

const EXAMPLES = `${REPORT_FILES}

Examples:
  fovea evaluate detections --gt gt.json --dt results.json --images images \\
    --report report
  fovea evaluate detections --gt lesions.yaml --split val --dt found.json \\
    --report report --lang en
  fovea evaluate detections --gt gt.json --dt dt.json --report report \\
    --cases cases.csv --operating-point "fp<=0.5"`;

export function register(group: Command): void {
  const command = group
    .command("detections")
    .summary("a report of detections against the truth")
    .description(
      "Detections held against the truth: a page with FROC, ROC, calibration, subgroups and the worst cases as pictures, a one-page summary, and the same numbers as JSON and CSV. Nothing is run; any annotation format is read.",
    )
    .requiredOption("--gt <path>", "the truth: COCO JSON, data YAML, or another annotation format")
    .requiredOption("--dt <path>", "what was detected: COCO results, or annotations that have scores")
    .requiredOption("--report <dir>", "folder of the report")
    .option("--images <dir>", "folder of the pictures (default: looked for around the truth)")
    .option("--split <part>", "part of the truth, where it has parts")
    .option("--title <text>", "what the report calls it (default: the name of --dt)")
    .addOption(
      new Option("--hit <rule>", "boxes overlap, the detection's centre lies in the lesion, or centres are near in mm")
        .choices(["iou", "centre", "distance"])
        .default("iou"),
    )
    .option("--hit-iou <x>", "least overlap of a hit; small lesions often 0.1 to 0.3", realNumber(0.01, 1), 0.5)
    .option(
      "--hit-mm <x>",
      "greatest distance of centres in millimetres, for --hit distance",
      realNumber(0.001, 1000),
      5,
    );
  addReportOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (options: DetectionsOptions) => {
      const { runDetections } = await import("./run-detections");
      await runDetections(options);
    });
}
