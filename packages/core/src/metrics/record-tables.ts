/**
 * @file A record of judged images as the flat tables that COCO's numbers are made of.
 *
 * Areas are of the boxes. Findings in regions in which nothing is judged are out of the record already.
 */
import { type BoxTable, type EvaluationTables, emptyTable } from "../dataset/box-tables";
import type { Boxes } from "../geometry/box";
import { cocoSummaryOf } from "./coco-summary";
import type { CocoNumbers } from "./evaluation";
import type { EvaluationRecord } from "./evaluation-record";

function recordTables({ cases, names }: EvaluationRecord): EvaluationTables {
  const truth = tableOf(cases.map((one) => one.truth));
  const detections = tableOf(cases.map((one) => one.detections));
  const rows = truth.image.length;
  const scores = new Float64Array(detections.image.length);
  let row = 0;
  for (const one of cases) for (const score of one.detections.scores) scores[row++] = score;
  return {
    images: cases.length,
    categories: names.map((name) => ({ name })),
    truth: { ...truth, crowd: new Uint8Array(rows), ignore: new Uint8Array(rows) },
    detections: { ...detections, scores },
  };
}

function tableOf(images: readonly { readonly boxes: Boxes; readonly classIds: Int32Array }[]): BoxTable {
  const table = emptyTable(images.reduce((sum, { classIds }) => sum + classIds.length, 0));
  let row = 0;
  images.forEach(({ boxes, classIds }, image) => {
    classIds.forEach((classId, i) => {
      const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
      table.image[row] = image;
      table.category[row] = classId;
      table.boxes.set([x1, y1, x2 - x1, y2 - y1], 4 * row);
      table.areas[row++] = (x2 - x1) * (y2 - y1);
    });
  });
  return table;
}

/** COCO's numbers over all classes, and the mean AP of each class; NaN where there is no such lesion. */
export function cocoNumbers(record: EvaluationRecord): {
  readonly all: CocoNumbers;
  readonly perClass: readonly number[];
} {
  const { stats, perCategory } = cocoSummaryOf(recordTables(record));
  const known = (value: number) => (value < 0 ? Number.NaN : value);
  const { AP, AP50, AP75, APs, APm, APl } = stats;
  return {
    all: {
      ...{ ap: known(AP), ap50: known(AP50), ap75: known(AP75) },
      ...{ small: known(APs), medium: known(APm), large: known(APl) },
    },
    perClass: perCategory.map(({ AP: ap }) => known(ap)),
  };
}
