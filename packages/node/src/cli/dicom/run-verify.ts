/**
 * @file What `fovea dicom verify` does.
 */
import { type CheckedFile, sourceTree, verifyTree } from "../../deidentify/tree";
import { plural } from "../describe-dataset";
import { Progress, workLine } from "../progress";
import { writeResult } from "../write-result";
import type { VerifyCommandOptions } from "./verify";

/** Findings shown on the terminal; the JSON has all. */
const MOST_SHOWN = 40;

/** What a kind of finding means. */
const KINDS: Readonly<Record<CheckedFile["leaks"][number]["kind"], string>> = {
  name: "a name or a part of one",
  uid: "a UID",
  date: "a date",
  time: "a time of day",
  text: "a number or text",
  same: "the value that it had",
  unmarked: "not said to be de-identified",
  private: "a private element",
  "uid-mismatch": "another UID than the data set",
  "name-of-file": "told by the file's name",
};

/** Checks, shows progress, and says what is left and where; sets exit code 1 if anything is. */
export async function runVerify(sources: string, copies: string, options: VerifyCommandOptions): Promise<void> {
  const { profile, report, json } = options;
  const [from, to] = [await sourceTree(sources), await sourceTree(copies)];
  const progress = new Progress();
  const started = performance.now();
  try {
    const found = await verifyTree(from, to, {
      ...{ profile, report },
      onFile: (_, done, all) => progress.show(workLine("checking", done, all, (performance.now() - started) / 1000)),
    });
    if (json !== undefined) await writeResult(json, `${JSON.stringify({ files: to.files.length, found }, null, 2)}\n`);
    conclude(found, to.files.length, progress);
  } finally {
    progress.clear();
  }
}

function conclude(found: readonly CheckedFile[], files: number, progress: Progress): void {
  const lines = found.flatMap(({ file, leaks, failure }) => [
    ...(failure === undefined ? [] : [`${file}: not checked: ${failure}`]),
    ...leaks.map(({ from, at, kind }) => `${file}: ${at}: ${KINDS[kind]}${from === "" ? "" : `, of ${from}`}`),
  ]);
  for (const line of lines.slice(0, MOST_SHOWN)) progress.print(line);
  if (lines.length > MOST_SHOWN) progress.print(`and ${lines.length - MOST_SHOWN} more; --json has all`);
  if (found.length === 0) {
    progress.field("Checked", `${plural(files, "file")}: nothing of the sources is left`);
    return;
  }
  progress.field("Checked", `${plural(files, "file")}, of which ${found.length} are not clean`);
  process.exitCode = 1;
}
