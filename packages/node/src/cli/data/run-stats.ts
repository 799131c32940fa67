/**
 * @file What `fovea data stats` does.
 */
import type { LabelStatistics } from "@fovea/core/report/label-statistics";
import { type SetStatistics, type Slice, setStatistics } from "@fovea/core/report/set-statistics";
import { spreadText } from "@fovea/core/report/statistics-tables";
import { openSets } from "../../quality/open-sets";
import { spacingsOf } from "../../quality/spacings-of";
import { listed, plural, problemLines } from "../describe-dataset";
import { Progress, workLine } from "../progress";
import { textTable } from "../table";
import { writeResult } from "../write-result";
import type { StatsOptions } from "./stats";

/** Classes with a column of their own. */
const MOST_COLUMNS = 8;

export async function runStats(data: readonly string[], { images, json }: StatsOptions): Promise<void> {
  const progress = new Progress();
  const started = performance.now();
  try {
    const opened = await openSets(data, {
      images,
      onProgress: (done, total) => {
        progress.show(workLine("opening", done, total, (performance.now() - started) / 1000));
      },
    });
    const counted = setStatistics(opened.set, { spacings: await spacingsOf(opened) });
    for (const line of problemLines(opened.problems)) progress.print(line);
    progress.print(statisticsText(counted));
    if (json !== undefined) await writeResult(json, `${JSON.stringify(counted, null, 1)}\n`);
  } finally {
    progress.clear();
  }
}

/** Classes, parts, attributes and positions as tables of text. */
export function statisticsText(counted: SetStatistics): string {
  const { images, empty, boxes, ignored, outlines, width, height, classes, parts, attributes } = counted;
  const names = classes.map(({ name }) => name);
  const head = `${plural(images, "image")} (${empty} without labels), ${plural(boxes, "box", "boxes")}, ${ignored} ignored, ${plural(outlines, "outline")}`;
  const sides = width && height ? `width ${spreadText(width, 0)} px, height ${spreadText(height, 0)} px` : "";
  return [
    head,
    ...(sides === "" ? [] : [sides]),
    `\n${classTable(counted)}`,
    ...(parts.length > 1 ? [`\n${sliceTable("part", parts, names)}`] : []),
    ...attributes
      // A value for every image is a name.
      .filter(({ distinct }) => distinct > 1 && distinct <= Math.max(12, images / 4))
      .map(({ name, distinct, values }) => {
        const more = distinct > values.length ? `\nand ${distinct - values.length} more values` : "";
        return `\n${sliceTable(name, values, names)}${more}`;
      }),
    `\n${labelText(counted.labels)}`,
  ].join("\n");
}

function classTable({ classes }: SetStatistics): string {
  const inMm = classes.some(({ sideMm }) => sideMm !== undefined);
  const titles = ["images", "boxes", "side px: least – median – most", ...(inMm ? ["side mm"] : []), "width / height"];
  return textTable(
    [{ title: "class", align: "left" }, ...titles.map((title) => ({ title }))],
    classes.map(({ name, images, boxes, sidePx, sideMm, aspect }) => [
      ...[name, String(images), String(boxes), spreadText(sidePx, 1)],
      ...(inMm ? [spreadText(sideMm, 1)] : []),
      spreadText(aspect, 2),
    ]),
  );
}

function sliceTable(what: string, slices: readonly Slice[], names: readonly string[]): string {
  const columns = names.length <= MOST_COLUMNS ? names : [];
  return textTable(
    [{ title: what, align: "left" }, ...["images", "empty", "boxes", ...columns].map((title) => ({ title }))],
    slices.map(({ name, images, empty, boxes, classes }) => [
      ...[name === "" ? "-" : name, String(images), String(empty), String(boxes)],
      ...columns.map((_, id) => String(classes[id])),
    ]),
  );
}

/** Boxes per image, sizes as shares of the side, and thirds of the image that the centres lie in. */
function labelText({ boxesPerImage, sizes, positions, grid }: LabelStatistics): string {
  const last = boxesPerImage.length - 1;
  const perImage = boxesPerImage.map((count, n) => `${n}${n === last && n >= 10 ? "+" : ""}: ${count}`);
  const shares = sizes.counts.flatMap((count, i) => {
    return count === 0 ? [] : [`to ${Number((100 * sizes.edges[i + 1]).toPrecision(3))} %: ${count}`];
  });
  const thirds = new Array<number>(9).fill(0);
  positions.forEach((count, i) => {
    const third = (cell: number) => Math.min(2, Math.floor((3 * (cell + 0.5)) / grid));
    thirds[3 * third(Math.floor(i / grid)) + third(i % grid)] += count;
  });
  const rows = [0, 1, 2].map((row) => thirds.slice(3 * row, 3 * row + 3).map(String));
  return [
    `boxes per image   ${listed(perImage, 12)}`,
    `share of the side ${listed(shares, 12)}`,
    `\ncentres by thirds of the image\n${textTable([{ title: "left" }, { title: "middle" }, { title: "right" }], rows)}`,
  ].join("\n");
}
