/**
 * @file Tables of an evaluation for spreadsheets: CSV of RFC 4180 with a byte order mark; text that a spreadsheet would
 * take for a formula is put behind an apostrophe. Empty cells are what cannot be stated.
 */
import Papa from "papaparse";
import type { Measured } from "../metrics/cluster-ratio";
import type { Evaluation, GroupMeasures } from "../metrics/evaluation";

type Cell = string | number | undefined;
type Row = Readonly<Record<string, Cell>>;

/** Texts of the files, by their names. */
export function evaluationTables(evaluation: Evaluation): Readonly<Record<string, string>> {
  const { froc, classes, sizesPx, sizesMm, subgroups, cases } = evaluation;
  const points = (froc?.points ?? []).map(({ fpPerImage, value, low, high }): Row => {
    return { fp_per_image: fpPerImage, threshold: undefined, sensitivity: value, low, high };
  });
  const curve = (froc?.fpPerImage ?? []).map((fpPerImage, k): Row => {
    return {
      fp_per_image: fpPerImage,
      threshold: froc?.thresholds[k],
      sensitivity: froc?.sensitivity[k],
      low: undefined,
      high: undefined,
    };
  });
  return {
    "froc.csv": table(
      ["fp_per_image", "threshold", "sensitivity", "low", "high"],
      [...curve, ...points].sort((a, b) => Number(a.fp_per_image) - Number(b.fp_per_image)),
    ),
    "per-class.csv": table(
      ["class", ...GROUP_COLUMNS, "precision", "ap50", "ap", "ap_coco"],
      classes.map((one) => ({
        ...{ class: one.value, ...groupRow(one), precision: one.precision.value },
        ...{ ap50: one.ap50, ap: one.ap, ap_coco: one.cocoAp },
      })),
    ),
    "subgroups.csv": table(
      ["by", "value", ...GROUP_COLUMNS],
      [...sizesPx, ...sizesMm, ...subgroups].map((one) => ({ by: one.by, value: one.value, ...groupRow(one) })),
    ),
    "cases.csv": table(
      ["file", "patient", "score", "positive", "lesions", "hits", "misses", "false_alarms"],
      cases.map(({ file, patient, score, positive, lesions, hits, misses, falseAlarms }) => ({
        ...{ file, patient, score, positive: Number(positive), lesions, hits, misses, false_alarms: falseAlarms },
      })),
    ),
  };
}

const GROUP_COLUMNS = [
  ...["images", "patients", "lesions", "found", "false_alarms", "sensitivity", "sensitivity_low", "sensitivity_high"],
  ...["fp_per_image", "fp_per_image_low", "fp_per_image_high"],
];

function groupRow({ images, patients, lesions, found, falseAlarms, sensitivity, fpPerImage }: GroupMeasures): Row {
  return {
    ...{ images, patients, lesions, found, false_alarms: falseAlarms },
    ...measuredCells("sensitivity", sensitivity),
    ...measuredCells("fp_per_image", fpPerImage),
  };
}

function measuredCells(name: string, { value, low, high }: Measured): Row {
  return { [name]: value, [`${name}_low`]: low, [`${name}_high`]: high };
}

function table(columns: readonly string[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => shown(row[column])));
  const text = Papa.unparse({ fields: [...columns], data: cells }, { newline: "\r\n", escapeFormulae: true });
  return `\uFEFF${text}\r\n`;
}

function shown(cell: Cell): string | number {
  if (cell === undefined) return "";
  if (typeof cell === "string") return cell;
  return Number.isFinite(cell) ? Number(cell.toPrecision(7)) : "";
}
