/**
 * @file What a run keeps of its report, so that one that is taken up again goes on with it: `report.json`.
 *
 * The file names its own hash. One that was edited, cut off or written by another version is left aside, and the report
 * begins anew: no number in it is worth an error.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { RunReport } from "@fovea/core/report/run-report";
import { writeAtomically } from "../data/atomic-write";

/** What cannot be found out again from the other files of a run. */
export type KeptReport = Pick<
  RunReport,
  "date" | "best" | "intervals" | "curves" | "confusion" | "timing" | "trainBatches" | "stages"
>;

/** Rises when `KeptReport` changes. */
const FORMAT = 2;

/** @throws {FoveaError} `disk_full` or `write_failed` */
export async function writeKeptReport(path: string, kept: KeptReport): Promise<void> {
  const content = JSON.stringify(kept);
  await writeAtomically(path, `{"format":${FORMAT},"sha256":"${hashOf(content)}","kept":${content}}\n`);
}

/** `undefined` if there is none that can be trusted. */
export async function readKeptReport(path: string): Promise<KeptReport | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const [, format, hash, content] = /^\{"format":(\d+),"sha256":"([0-9a-f]{64})","kept":(.*)\}\n$/s.exec(text) ?? [];
  if (Number(format) !== FORMAT || hashOf(content) !== hash) return undefined;
  return JSON.parse(content) as KeptReport;
}

function hashOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
