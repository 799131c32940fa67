/**
 * @file What `fovea dicom deidentify` does. Names of files are shown in the report only: they may tell who somebody is.
 */
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CHANGES_CSV_HEAD, changesCsv } from "@fovea/core/dicom/deidentify/changes-csv";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { readReport } from "../../deidentify/report";
import { makeKey, readKey } from "../../deidentify/secret-key";
import { deidentifyTree, sourceTree, type TreeResult } from "../../deidentify/tree";
import { plural } from "../describe-dataset";
import { Interruption } from "../interruption";
import { warn } from "../message";
import { Progress, workLine } from "../progress";
import { writeResult } from "../write-result";
import type { DeidentifyCommandOptions } from "./deidentify";

/** De-identifies, shows progress, says where the results and the report stand. */
export async function runDeidentify(source: string, options: DeidentifyCommandOptions): Promise<void> {
  const { out, keyFile, newKey = false, profile, blank, burnedIn, uidRoot, report, csv, json } = options;
  if (blank.length > 0 && !profile.has("clean-pixel")) {
    throw new ArgumentError("--blank is given without the profile that it belongs to; add --profile basic,clean-pixel");
  }
  const tree = await sourceTree(source, out);
  if (resolve(tree.root) === resolve(out)) {
    throw new ArgumentError(`--out ${out} is the folder of the sources, which would be overwritten; give another one`);
  }
  if (newKey) await makeKey(keyFile);
  const key = await readKey(keyFile);
  const progress = new Progress();
  const interruption = new Interruption(() =>
    progress.say("Finishing the file at hand; the same command goes on later."),
  );
  const started = performance.now();
  try {
    progress.field("Profile", ["basic", ...profile].join(", "));
    const result = await deidentifyTree(tree, out, {
      ...{ key, profile, blank, uidRoot, report, burnedInRule: burnedIn, stop: () => interruption.asked },
      onFile: (_, done, all) =>
        progress.show(workLine("de-identifying", done, all, (performance.now() - started) / 1000)),
    });
    if (csv !== undefined) await writeCsv(csv, result.report);
    if (json !== undefined) await writeResult(json, await summary(result));
    conclude(result, out, progress);
  } finally {
    interruption.stop();
    progress.clear();
  }
}

/** Line by line: a report of many files is larger than memory likes. */
async function writeCsv(path: string, report: string): Promise<void> {
  await writeResult(path, CHANGES_CSV_HEAD);
  for await (const line of readReport(report)) if ("source" in line) await appendFile(path, changesCsv(line));
}

async function summary(result: TreeResult): Promise<string> {
  const refused: { source: string; reason?: string }[] = [];
  const warnings: { output?: string; warnings: readonly string[] }[] = [];
  for await (const line of readReport(result.report)) {
    if (!("source" in line)) continue;
    if (line.status === "refused") refused.push({ source: line.source, reason: line.reason });
    if (line.warnings !== undefined) warnings.push({ output: line.output, warnings: line.warnings });
  }
  return `${JSON.stringify({ ...result, refused: result.refused, refusedFiles: refused, warnings }, null, 2)}\n`;
}

function conclude(result: TreeResult, out: string, progress: Progress): void {
  const { files, done, earlier, refused, warned, stopped, report } = result;
  const before = earlier > 0 ? `, ${earlier} done before` : "";
  progress.field("Files", `${plural(done, "file")} de-identified${before}, ${refused} refused, of ${files}`);
  progress.field("Results", out);
  progress.field("Report", `${report}; it names the sources, so keep it with them`);
  if (warned > 0)
    warn(`${plural(warned, "file")} to be looked at, mostly for text in the picture; the report tells which and why`);
  if (refused > 0) warn(`${plural(refused, "file")} not copied; the report tells which and why`);
  if (stopped)
    throw new FoveaError("interrupted", `${files - done - earlier - refused} files left; the same command goes on`);
  if (done + earlier === 0)
    throw new FoveaError("invalid_dicom", `none of ${plural(files, "file")} could be de-identified`);
}
