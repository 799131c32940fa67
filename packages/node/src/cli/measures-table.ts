/**
 * @file Measures of a model in the terminal: by class, by size, and over false positives per image.
 *
 * S@1 is sensitivity at one false positive per image, with its 95 % interval.
 */

import type { Interval } from "@fovea/core/math/stats";
import { cpm, LUNA16_POINTS, sensitivityAt } from "@fovea/core/metrics/froc";
import type { Measures } from "../train/measure-model";
import { grouped, textTable } from "./table";

/** Where in the seven points one false positive per image stands. */
const ONE = LUNA16_POINTS.indexOf(1);

const columns = (first: string, ...others: readonly string[]) => [
  { title: first, align: "left" as const },
  ...others.map((title) => ({ title })),
];

const cell = (x: number | undefined) => (x === undefined ? "-" : x.toFixed(3));

/** `0.912 (0.87-0.95)`, or a dash where there is no lesion. */
function sensitivityCell(value: number | undefined, interval: Interval | undefined): string {
  if (value === undefined || interval === undefined) return cell(value);
  return `${value.toFixed(3)} (${interval.low.toFixed(2)}-${interval.high.toFixed(2)})`;
}

/** All classes in one row, then one row for each class with labels. */
export function classTable({ intervals, ...all }: Measures): string {
  const rows = all.perClass.map((one, i) => [
    one.name,
    grouped(one.labels),
    ...[one.precision, one.recall, one.ap50, one.ap].map(cell),
    sensitivityCell(one.sensitivity1, intervals?.perClass[i]),
  ]);
  const first = [
    "all",
    grouped(all.labels),
    ...[all.precision, all.recall, all.map50, all.map5095].map(cell),
    sensitivityCell(all.sensitivity1, intervals?.points[ONE]),
  ];
  return textTable(columns("class", "lesions", "P", "R", "mAP50", "mAP50-95", "S@1 (95 %)"), [first, ...rows]);
}

/** One row for each size, those without lesions too. */
export function sizeTable({ sizes, intervals }: Measures): string {
  const meaning = { small: "small  < 32² px", medium: "medium", large: "large  > 96² px" } as const;
  return textTable(
    columns("size", "lesions", "images", "mAP50", "S@1 (95 %)"),
    sizes.map((one, i) => [
      meaning[one.size],
      grouped(one.labels),
      grouped(one.images),
      cell(one.ap50),
      sensitivityCell(one.sensitivity1, intervals?.sizes[i]),
    ]),
  );
}

/** Sensitivity at each of the seven points, and their mean; nothing where no image has a label. */
export function frocLine({ froc }: Measures): string | undefined {
  if (froc === undefined) return undefined;
  const points = LUNA16_POINTS.map((at) => `${at < 1 ? `1/${1 / at}` : at}: ${sensitivityAt(froc, at).toFixed(2)}`);
  return `${points.join("  ")}  CPM ${cpm(froc).toFixed(3)}`;
}
