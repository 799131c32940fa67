/**
 * @file Lesions of a consensus as a table for spreadsheets: a row for each box.
 *
 * With a byte order mark, so that Excel reads it as UTF-8; text that a spreadsheet would take for a formula is put behind
 * an apostrophe. Pixels.
 */
import Papa from "papaparse";
import type { Consensus } from "../consensus/consensus";
import type { Readings } from "../consensus/readings";

export interface LesionsCsvOptions {
  /** Names of readers say nothing, and are left out. @default false */
  readonly interchangeable?: boolean;
}

export function lesionsCsv(
  readings: Readings,
  { lesions }: Consensus,
  { interchangeable = false }: LesionsCsvOptions = {},
): string {
  const names = (list: readonly number[]) => list.map((reader) => readings.readers[reader]).join(" ");
  const rows = lesions.flatMap((lesion, number) =>
    lesion.boxes.map(({ image, box, experts, spreadPx, meanIou, sure }) => ({
      lesion: number,
      file: readings.images[image].file,
      patient: readings.cases[lesion.case].patient,
      class: readings.categories[lesion.classId].name,
      ...{ x1: fixed(box.x1), y1: fixed(box.y1), x2: fixed(box.x2), y2: fixed(box.y2) },
      num_experts: lesion.readers.length,
      num_read: lesion.readBy.length,
      agreement: fixed(lesion.agreement, 4),
      experts_here: experts,
      consensus: lesion.accepted && sure ? "yes" : "no",
      class_agreement: fixed(lesion.classShare, 4),
      spread_px: fixed(spreadPx, 3),
      mean_iou: fixed(meanIou, 4),
      ...(!interchangeable && {
        readers: names(lesion.readers),
        not_seen_by: names(lesion.readBy.filter((reader) => !lesion.readers.includes(reader))),
      }),
    })),
  );
  return `\uFEFF${Papa.unparse(rows, { escapeFormulae: true, newline: "\r\n" })}\r\n`;
}

function fixed(value: number, digits = 2): string {
  return value.toFixed(digits);
}
