/**
 * @file Options of an evaluation report, whichever command writes it.
 */

import { ArgumentError } from "@fovea/core/errors";
import { type OperatingRule, parseOperatingRule } from "@fovea/core/metrics/operating-point";
import { type Command, InvalidArgumentError, Option } from "commander";
import { realNumber, wholeNumber } from "./option";

export interface ReportOptions {
  /** Folder of the report. */
  readonly report?: string;
  readonly lang?: "zh" | "en";
  readonly operatingPoint?: OperatingRule;
  readonly threshold?: number;
  readonly cases?: string;
  readonly groups?: readonly string[];
  readonly worst: number;
  readonly resamples: number;
}

export const REPORT_FILES = `
The report's folder holds report.html (everything, with pictures), summary.html
(one page), evaluation.json, and froc.csv, per-class.csv, subgroups.csv,
cases.csv.`;

/** Declares them; `--report` itself is the command's, required or not. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--lang <language>", "report: language shown first (default: the system's)").choices(["zh", "en"]),
    )
    .addOption(
      new Option(
        "--operating-point <rule>",
        "report: how the threshold is chosen: fp<=1, sensitivity>=0.9, f1, youden (default: fp<=1; of val, what the model keeps)",
      ).argParser(operatingRule),
    )
    .option("--threshold <x>", "report: this threshold instead, chosen on other images", realNumber(0, 1))
    .option("--cases <csv>", "report: table with the column image, and patient, site, sex, age, spacing_mm ...")
    .option("--groups <names>", "report: columns that make subgroups, as site,sex (default: all that do)", listed)
    .option("--worst <n>", "report: misses, and false alarms, shown as pictures", wholeNumber(0, 60), 12)
    .option("--resamples <n>", "report: draws for the intervals", wholeNumber(10, 100_000), 1000);
}

function operatingRule(text: string): OperatingRule {
  try {
    return parseOperatingRule(text);
  } catch (error) {
    if (error instanceof ArgumentError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
