/**
 * @file What `fovea data convert` does.
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { parseClassMap } from "@fovea/core/dataset/formats/class-map";
import { type CsvColumns, parseCsvColumns } from "@fovea/core/dataset/formats/csv-columns";
import type { Loss } from "@fovea/core/dataset/formats/losses";
import type { Problem } from "@fovea/core/dataset/sample";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { type OpenAnnotationsOptions, openAnnotations } from "../../data/open-annotations";
import { writeAnnotations } from "../../data/write-annotations";
import { readText } from "../../read-file";
import { listed, plural, problemLines } from "../describe-dataset";
import { Interruption } from "../interruption";
import { Progress, workLine } from "../progress";
import { grouped } from "../table";
import { writeResult } from "../write-result";
import type { ConvertOptions } from "./convert";

/** Reads, writes, and tells what was lost. */
export async function runConvert(path: string, options: ConvertOptions): Promise<void> {
  const { to, out, copyImages, linkImages } = options;
  if (copyImages && linkImages) throw new ArgumentError("--copy-images and --link-images exclude each other");
  const progress = new Progress();
  const opened = await openAnnotations(path, await readingOptions(options, progress));
  const { set, root, format } = opened;
  if (set.images.length === 0) throw nothingLeft(path, opened.problems);
  const interruption = new Interruption(() => progress.print("Stopping after this file ..."));
  const startedAt = performance.now();
  const pictures = copyImages ? "copy" : linkImages ? "link" : "leave";
  const written = await writeAnnotations(set, out, {
    format: to,
    root,
    pictures,
    overwrite: options.overwrite,
    stopped: () => interruption.asked,
    onProgress: (done, total) =>
      progress.show(workLine("writing", done, total, (performance.now() - startedAt) / 1000)),
  });
  interruption.stop();
  if (interruption.asked) {
    throw new FoveaError("interrupted", `stopped; ${out} is not complete; run again with --overwrite`);
  }
  const problems = [...opened.problems, ...written.problems];
  progress.field("Read", `${path} as ${format}: ${setLine(set)}`);
  for (const line of problemLines(problems)) progress.say(line);
  progress.field("Written", writtenLine(out, to, written.files.length, written.pictures));
  for (const line of lossLines(written.losses, to)) progress.say(line, 2);
  if (to === "yolo" && pictures === "leave") {
    progress.say("The pictures are where they were; training looks for them in images/PART: copy or link them.");
  }
  if (options.json !== undefined) {
    const { files, losses, pictures: placed } = written;
    const counts = { ...countsOf(set), files: files.length, pictures: placed };
    const result = { in: path, from: format, to, out, ...counts, losses, problems };
    await writeResult(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
}

async function readingOptions(options: ConvertOptions, progress: Progress): Promise<OpenAnnotationsOptions> {
  const { from, split, images, classMap, sizes } = options;
  const map = classMap === undefined ? undefined : parseClassMap(await readText(classMap, "class map"), classMap);
  const columns: CsvColumns | undefined = options.columns === undefined ? undefined : parseCsvColumns(options.columns);
  const startedAt = performance.now();
  return {
    format: from,
    split,
    images,
    columns,
    classMap: map,
    sizesOf: sizes === undefined ? undefined : (await openAnnotations(sizes)).set.images,
    onProgress: (done: number, total: number) => {
      progress.show(workLine("looking at pictures", done, total, (performance.now() - startedAt) / 1000));
    },
  };
}

function nothingLeft(file: string, problems: readonly Problem[]): FoveaError {
  const first = problems.find(({ severity }) => severity === "error");
  const reason = first ? `; the first problem: ${first.file}: ${first.message}` : "";
  return new FoveaError("invalid_dataset", `no image could be read${reason}`, { file });
}

interface Counts {
  readonly images: number;
  readonly annotations: number;
  readonly classes: readonly { readonly name: string; readonly annotations: number }[];
}

function countsOf({ categories, images }: AnnotationSet): Counts {
  const classes = categories.map(({ name }) => ({ name, annotations: 0 }));
  for (const { annotations } of images) for (const { classId } of annotations) classes[classId].annotations++;
  const total = classes.reduce((sum, { annotations }) => sum + annotations, 0);
  return { images: images.length, annotations: total, classes };
}

function setLine(set: AnnotationSet): string {
  const { images, annotations, classes } = countsOf(set);
  const shown = listed(classes.map((one) => `${one.name} ${grouped(one.annotations)}`));
  return `${plural(images, "image")}, ${plural(annotations, "annotation")}: ${shown}`;
}

function writtenLine(out: string, format: string, files: number, pictures: number): string {
  const placed = pictures > 0 ? `, ${plural(pictures, "picture")}` : "";
  return `${out} as ${format}: ${plural(files, "file")}${placed}`;
}

function lossLines(losses: readonly Loss[], format: string): string[] {
  if (losses.length === 0) return [];
  const rows = losses.map(({ what, count, becomes }) => `  ${grouped(count)} ${what}: ${becomes}`);
  return [`The format ${format} cannot hold:`, ...rows];
}
