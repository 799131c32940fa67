/**
 * @file What `fovea dicom convert` does.
 */
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { CONVERSION_FILES, type Conversion, convertTree } from "../../convert/convert-tree";
import type { ConvertSettings } from "../../convert/settings";
import { type VolumeOutcome, writeVolumes } from "../../convert/volume-files";
import { plural } from "../describe-dataset";
import { Interruption } from "../interruption";
import { duration, Progress, workLine } from "../progress";
import { writeResult } from "../write-result";
import type { ConvertCommandOptions } from "./convert";

/** Reasons told on the terminal; the table tells every file's. */
const MOST_REASONS = 8;

/** Converts, shows progress, says what became of the files. */
export async function runConvert(inputs: readonly string[], options: ConvertCommandOptions): Promise<void> {
  const { out, workers, json, volume } = options;
  const settings = settingsOf(options);
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.say("Finishing the files at hand; run the same command again to go on.");
  });
  let started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const conversion = await convertTree(
      { inputs, out, settings, workers },
      {
        onStart: (start) => {
          const left = start.left > 0 ? `, ${start.left} of them done before` : "";
          progress.field("Files", `${plural(start.files, "file")}${left}, ${plural(start.workers, "worker")}`);
          started = performance.now();
        },
        onFile: (_, done, total) => progress.show(workLine("converting", done, total, seconds())),
        shouldStop: () => interruption.asked,
      },
    );
    conclude(conversion, out, seconds(), progress);
    const whole = volume && conversion.notReached === 0;
    const volumes = whole ? await writeVolumes(join(out, CONVERSION_FILES.pictures), out) : undefined;
    if (volumes) tellVolumes(volumes, progress);
    const summary = { out, settings, ...conversion, ...(volumes && { volumes }) };
    if (json !== undefined) await writeResult(json, `${JSON.stringify(summary, null, 2)}\n`);
    judge(conversion);
  } finally {
    interruption.stop();
    progress.clear();
  }
}

/** The options with what follows from one another filled in. */
function settingsOf({ window, format, depth, frames, quality }: ConvertCommandOptions): ConvertSettings {
  const used = depth ?? (format === "npy" ? "float" : 8);
  const windows = window ?? (used === 8 ? [{ kind: "auto" as const }] : "values");
  return { windows, format, depth: used, frames, quality };
}

function conclude(conversion: Conversion, out: string, seconds: number, progress: Progress): void {
  const { counts, pictures, reasons, files, leftAlone, notReached } = conversion;
  const parts = [
    `${plural(counts.converted, "file")} converted to ${plural(pictures, "picture")}`,
    ...(counts.partial > 0 ? [`${counts.partial} without some of their frames`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} without a picture in them`] : []),
    ...(counts.refused > 0 ? [`${counts.refused} refused`] : []),
  ];
  progress.field("Result", parts.join(", "));
  for (const { reason, files: count, first } of reasons.slice(0, MOST_REASONS)) {
    progress.field("Refused", `${count === 1 ? first : `${count} files, first ${first}`}: ${reason}`);
  }
  const more = reasons.length - MOST_REASONS;
  if (more > 0) progress.field("", `and ${plural(more, "other reason")}; ${CONVERSION_FILES.table} names all`);
  const rate = (files - leftAlone - notReached) / Math.max(seconds, 1e-3);
  progress.field("Time", `${duration(seconds)}, ${rate.toFixed(1)} files/s`);
  progress.field("Pictures", `${out}, with ${CONVERSION_FILES.pictures}`);
  progress.field("Table", join(out, CONVERSION_FILES.table));
}

function tellVolumes(volumes: readonly VolumeOutcome[], progress: Progress): void {
  progress.field("Volumes", `${plural(volumes.filter(({ file }) => file !== undefined).length, "volume")}`);
  const odd = volumes.flatMap(({ seriesInstanceUid, reason, problems }) =>
    [...(reason === undefined ? [] : [`not written: ${reason}`]), ...problems].map(
      (it) => `${seriesInstanceUid}: ${it}`,
    ),
  );
  for (const text of odd.slice(0, MOST_REASONS)) progress.field("Odd", text);
  if (odd.length > MOST_REASONS) progress.field("", `and ${odd.length - MOST_REASONS} more`);
}

/** @throws {FoveaError} `interrupted`; `invalid_dicom` if there was not one picture */
function judge({ notReached, pictures, files, counts }: Conversion): void {
  if (notReached > 0) {
    throw new FoveaError("interrupted", `${plural(notReached, "file")} left; run the same command again to go on`);
  }
  if (pictures === 0) {
    const what = counts.refused > 0 ? "could be converted" : "holds a picture";
    throw new FoveaError("invalid_dicom", `none of ${plural(files, "file")} ${what}`);
  }
}
