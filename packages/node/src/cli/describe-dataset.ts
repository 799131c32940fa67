/**
 * @file What was found in a data set, in lines for the terminal.
 */
import type { Dataset, Problem } from "@fovea/core/dataset/sample";
import { composition, type EpochComposition } from "@fovea/core/dataset/sampling";
import { grouped } from "./table";

/** Classes and problems listed before the rest is only counted. */
const MOST = 12;

/** `150 images (18 without lesions), 312 lesions: nodule 110, mass 98, calcification 104` */
export function datasetLine(dataset: Pick<Dataset, "samples" | "names" | "nc">): string {
  const regions = dataset.samples.reduce((sum, { ignored = [] }) => sum + ignored.length, 0);
  const unjudged = regions > 0 ? `; ${plural(regions, "region")} to ignore` : "";
  return compositionLine(composition(dataset.samples.keys(), dataset), dataset.names) + unjudged;
}

/** The same of what an epoch shows; images that come several times count as often: `160 images (150 different, ...` */
export function compositionLine(
  { images, negatives, distinct, boxes }: EpochComposition,
  names: readonly string[],
): string {
  const total = boxes.reduce((sum, count) => sum + count, 0);
  const notes = [
    ...(distinct < images ? [`${grouped(distinct)} different`] : []),
    ...(negatives > 0 ? [`${grouped(negatives)} without lesions`] : []),
  ];
  const classes = listed(names.map((name, id) => `${name} ${grouped(boxes[id])}`));
  const noted = notes.length > 0 ? ` (${notes.join(", ")})` : "";
  return `${plural(images, "image")}${noted}, ${plural(total, "lesion")}${total > 0 ? `: ${classes}` : ""}`;
}

/** Problems by file, errors first: how many, the first ones, and how many more. */
export function problemLines(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const errors = problems.filter(({ severity }) => severity === "error");
  const warnings = problems.filter(({ severity }) => severity === "warning");
  const leftOut = new Set(errors.map(({ file }) => file)).size;
  const consequence = leftOut > 0 ? ` (${plural(leftOut, "file")} left out)` : "";
  const shown = [...errors, ...warnings].slice(0, MOST).map(problemText);
  const more = problems.length - shown.length;
  return [
    `${plural(problems.length, "problem")}${consequence}:`,
    ...shown.map((text) => `  ${text}`),
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ];
}

/** `images/a.png: is empty`; a warning says that it is one. */
export function problemText({ severity, file, at, message }: Problem): string {
  const place = at === undefined ? file : `${file}: ${at}`;
  return `${place}: ${severity === "warning" ? "(used) " : ""}${message}`;
}

/** `1 image`, `2 images` */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`;
}

/** The first of `items`, and how many more. */
export function listed(items: readonly string[], most = MOST): string {
  const shown = items.slice(0, most).join(", ");
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
