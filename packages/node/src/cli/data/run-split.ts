/**
 * @file What `fovea data split` does.
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { Division, DivisionPart } from "@fovea/core/dataset/split/divide";
import { setStatistics } from "@fovea/core/report/set-statistics";
import { type SplitData, splitData } from "../../quality/split-data";
import { plural } from "../describe-dataset";
import { Interruption } from "../interruption";
import { warn } from "../message";
import { Progress, workLine } from "../progress";
import { type Column, textTable } from "../table";
import { writeResult } from "../write-result";
import type { SplitOptions } from "./split";

/** Classes with a column of their own. */
const MOST_COLUMNS = 8;

export async function runSplit(data: readonly string[], options: SplitOptions): Promise<void> {
  const progress = new Progress();
  const interruption = new Interruption(() => progress.say("Ending; nothing is written."));
  const started = performance.now();
  try {
    const { json, ...request } = options;
    const result = await splitData(
      { ...request, data },
      {
        onProgress: (step, done, total) => {
          progress.show(workLine(step, done, total, (performance.now() - started) / 1000));
        },
        onWarning: warn,
        shouldStop: () => interruption.asked,
      },
    );
    const { opened, by, groups, divisions, files } = result;
    const kept =
      by === "image" ? "every image for itself" : `${plural(new Set(groups).size, "group")} by ${by}, kept whole`;
    progress.field("Data", `${plural(opened.set.images.length, "image")}, ${kept}`);
    for (const [d, division] of divisions.entries()) {
      progress.print(`\n${division.name === "" ? "" : `${division.name}\n`}${divisionTable(division, result)}`);
      progress.field("Written", files[d]);
    }
    if (json !== undefined) await writeResult(json, splitJson(result, options));
  } finally {
    interruption.stop();
    progress.clear();
  }
}

/** What each part holds, and its share of the images. */
function divisionTable({ parts }: Division, { opened, groups, by }: SplitData): string {
  const { set } = opened;
  const names = set.categories.length <= MOST_COLUMNS ? set.categories.map(({ name }) => name) : [];
  const columns: Column[] = [
    { title: "part", align: "left" },
    ...(by === "image" ? [] : [{ title: `${by === "patient" ? "patients" : "groups"}` }]),
    ...["images", "share", "empty", "boxes", ...names].map((title) => ({ title })),
  ];
  const rows = parts.map((part) => {
    const { images, empty, boxes, classes } = holds(part, set);
    const share = `${((100 * images) / set.images.length).toFixed(1)} %`;
    return [
      part.name,
      ...(by === "image" ? [] : [String(groupsIn(part, groups))]),
      ...[String(images), share, String(empty), String(boxes)],
      ...names.map((_, id) => String(classes[id])),
    ];
  });
  return textTable(columns, rows);
}

const groupsIn = ({ images }: DivisionPart, groups: readonly string[]) => new Set(images.map((i) => groups[i])).size;

function holds({ name, images }: DivisionPart, set: AnnotationSet) {
  const own = { categories: set.categories, images: images.map((i) => ({ ...set.images[i], split: name })) };
  const { parts, ...all } = setStatistics(own);
  return parts[0] ?? { ...all, classes: set.categories.map(() => 0) };
}

function splitJson({ opened, divisions, groups, by }: SplitData, { seed, stratify }: SplitOptions): string {
  const { set } = opened;
  const content = {
    ...{ by, seed, stratify },
    // Checked before anything was written.
    leaks: 0,
    divisions: divisions.map(({ name, parts }) => ({
      name,
      parts: parts.map((part) => {
        const { images, empty, boxes, classes } = holds(part, set);
        return {
          name: part.name,
          ...{ groups: groupsIn(part, groups), images, empty, boxes },
          classes: Object.fromEntries(set.categories.map((category, id) => [category.name, classes[id]])),
          files: part.images.map((i) => set.images[i].file).sort(),
        };
      }),
    })),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}
