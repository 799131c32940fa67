/**
 * @file What `fovea dicom info` does.
 */
import { stat } from "node:fs/promises";
import type { SeriesRow } from "@fovea/core/dicom/series-report";
import { cross } from "@fovea/core/dicom/slice-geometry";
import { planeName } from "@fovea/core/dicom/volume";
import { FoveaError } from "@fovea/core/errors";
import { describeFile, describeTree, type FileDescription, type TreeDescription } from "../../convert/describe-files";
import { plural } from "../describe-dataset";
import { warn } from "../message";
import { Progress, workLine } from "../progress";
import { textTable } from "../table";
import { writeResult } from "../write-result";
import type { DicomInfoOptions } from "./info";

/** Files without a picture that are named on the terminal. */
const MOST_OTHERS = 8;

/** Digits of a series' identifier that are shown: the last ones tell series apart. */
const SHOWN_UID = 12;

export async function runInfo(paths: readonly string[], { json }: DicomInfoOptions): Promise<void> {
  const progress = new Progress();
  const isFile =
    paths.length === 1 &&
    (await stat(paths[0]).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (isFile) {
    const description = await describeFile(paths[0]);
    printFile(description, progress);
    if (json !== undefined) await writeResult(json, `${JSON.stringify(description, withoutTables, 2)}\n`);
    return;
  }
  const started = performance.now();
  const tree = await describeTree(paths, (done, total) =>
    progress.show(workLine("reading", done, total, (performance.now() - started) / 1000)),
  );
  progress.clear();
  printTree(tree, progress);
  if (json !== undefined) await writeResult(json, `${JSON.stringify(tree, null, 2)}\n`);
  if (tree.images === 0) throw new FoveaError("invalid_dicom", `none of ${plural(tree.files, "file")} holds a picture`);
}

/** Entries of a lookup table are long and say nothing to a reader. */
function withoutTables(key: string, value: unknown): unknown {
  return key === "entries" && value instanceof Uint16Array ? value.length : value;
}

function printFile(
  { facts, pixel, modalityLut, voiLut, refused, warnings }: FileDescription,
  progress: Progress,
): void {
  const known = (...parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined).join(", ");
  progress.field("Kind", known(facts.modality ?? "modality not said", facts.bodyPart, facts.view, facts.laterality));
  progress.field("Device", known(facts.manufacturer, facts.model) || "not said");
  progress.field("Storage", `${facts.transferSyntax}${facts.lossy ? ", values were lost to compression" : ""}`);
  if (pixel) {
    const { columns, rows, samplesPerPixel, bitsStored, bitsAllocated, signed, photometricInterpretation, frames } =
      pixel;
    const size = `${columns} x ${rows}${samplesPerPixel > 1 ? ` x ${samplesPerPixel}` : ""}`;
    const bits = `${bitsStored} of ${bitsAllocated} bits, ${signed ? "signed" : "unsigned"}`;
    progress.field("Pixels", `${size}, ${photometricInterpretation}, ${bits}, ${plural(frames, "frame")}`);
  }
  if (modalityLut?.kind === "linear") {
    const { slope, intercept } = modalityLut;
    progress.field("Values", slope === 1 && intercept === 0 ? "as stored" : `${slope} x stored + ${intercept}`);
  } else if (modalityLut) progress.field("Values", "through the file's Modality LUT");
  if (pixel) progress.field("Window", windowText(voiLut, pixel.samplesPerPixel === 3));
  const { spacingMm, positionMm, rowDirection, columnDirection } = facts;
  const spacing = spacingMm && `${spacingMm.column} x ${spacingMm.row} mm between pixels (${spacingMm.source})`;
  progress.field("Spacing", spacing ?? "not said: sizes in mm are not to be had");
  if (positionMm && rowDirection && columnDirection) {
    const plane = planeName(cross(rowDirection, columnDirection));
    progress.field("Place", `${plane}, first pixel at ${positionMm.map((x) => Number(x.toFixed(2))).join(", ")} mm`);
  }
  progress.field("Series", facts.seriesInstanceUid ?? "not said");
  const converted = `convert makes ${plural(pixel?.frames ?? 0, "picture")} of it`;
  progress.field("fovea", refused === undefined ? converted : `refuses it: ${refused}`);
  warnings.forEach(warn);
}

function windowText(voiLut: FileDescription["voiLut"], isColour: boolean): string {
  if (isColour) return "none, colour is shown as it is";
  if (voiLut === undefined) return "none in the file; auto fits one to the values";
  if (voiLut.kind === "table") return `VOI LUT of ${voiLut.table.entries.length} entries`;
  const { center, width, voiLutFunction } = voiLut.window;
  return `centre ${center}, width ${width}, ${voiLutFunction}`;
}

function printTree({ files, images, series, others }: TreeDescription, progress: Progress): void {
  progress.field("Files", `${plural(files, "file")}, ${images} with pixels, ${others.length} without`);
  if (series.length > 0) progress.print(`\n${seriesTable(series)}`);
  const odd = series.filter(({ problems }) => problems.length > 0);
  if (odd.length > 0) progress.print();
  for (const row of odd) {
    for (const { message } of row.problems) progress.field("Odd", `${seriesName(row)}: ${message}`);
  }
  if (others.length > 0) progress.print();
  for (const { reason } of others.slice(0, MOST_OTHERS)) progress.field("Other", reason);
  if (others.length > MOST_OTHERS) progress.field("", `and ${others.length - MOST_OTHERS} more`);
}

function seriesName({ seriesInstanceUid, stack, problems }: SeriesRow): string {
  const mixed = stack > 1 || problems.some(({ kind }) => kind === "mixed");
  return `${seriesInstanceUid.slice(-SHOWN_UID) || "no series"}${mixed ? `/${stack}` : ""}`;
}

function seriesTable(rows: readonly SeriesRow[]): string {
  const left = { align: "left" } as const;
  return textTable(
    [
      { title: "series", ...left },
      { title: "kind", ...left },
      { title: "slices" },
      { title: "px" },
      { title: "mm" },
      { title: "apart, mm" },
      { title: "plane", ...left },
      { title: "storage", ...left },
      { title: "odd", ...left },
    ],
    rows.map((row) => [
      seriesName(row),
      row.modality ?? "",
      String(row.slices),
      `${row.columns} x ${row.rows}`,
      row.spacingMm?.map((x) => String(Number(x.toFixed(3)))).join(" x ") ?? "",
      row.sliceDistanceMm === undefined ? "" : String(Number(row.sliceDistanceMm.toFixed(3))),
      row.plane ?? "",
      row.transferSyntaxes.join(", "),
      row.problems.map(({ kind }) => kind.replaceAll("_", " ")).join(", "),
    ]),
  );
}
