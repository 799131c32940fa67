/**
 * @file What `fovea data consensus` does.
 */
import { parse } from "node:path";
import { type Agreement, agreementOf, estimatedReliability } from "@fovea/core/consensus/agreement";
import { type Consensus, type ConsensusOptions, consensusOf } from "@fovea/core/consensus/consensus";
import { consensusSet } from "@fovea/core/consensus/consensus-set";
import { overlapWanted } from "@fovea/core/consensus/groups";
import { alignReaders, type Reader, type Readings } from "@fovea/core/consensus/readings";
import { writeCoco } from "@fovea/core/dataset/formats/write-coco";
import { ArgumentError } from "@fovea/core/errors";
import { type ConsensusSettings, estimateText } from "@fovea/core/report/agreement-report";
import { openAnnotations } from "../../data/open-annotations";
import { agreementFiles } from "../../report/agreement-files";
import { plural, problemLines } from "../describe-dataset";
import { warn } from "../message";
import { Progress, workLine } from "../progress";
import { grouped, textTable } from "../table";
import { writeResult } from "../write-result";
import type { ConsensusCommandOptions, ReaderFile } from "./consensus";

/** Writes the consensus and the report, and tells how far the readers agree. */
export async function runConsensus(files: readonly string[], options: ConsensusCommandOptions): Promise<void> {
  const progress = new Progress();
  try {
    const { readers, roots } = await readAll(
      [...files.map((file) => ({ name: parse(file).name, file })), ...(options.reader ?? [])],
      options,
      progress,
    );
    const readings = alignReaders(readers, { match: options.match, volume: options.volume });
    warnOfReadings(readings, options);
    const { consensus, asked } = consensusBy(readings, options);
    progress.show("measuring agreement");
    const { interchangeableReaders: interchangeable, resamples, seed, minority } = options;
    const agreement = agreementOf(readings, consensus, { ...asked, interchangeable, resamples, seed });
    tell(progress, readings, agreement);
    if (options.out !== undefined) {
      await writeResult(options.out, writeCoco(consensusSet(readings, consensus, { minority, interchangeable })));
      progress.field("Labels", options.out);
    }
    const settings = settingsOf(readings, options, asked.reliability);
    const written = await agreementFiles({ readings, consensus, agreement, settings, roots }, options);
    for (const { path, content, what } of written) {
      await writeResult(path, content);
      progress.field(what, path);
    }
  } finally {
    progress.clear();
  }
}

async function readAll(
  files: readonly ReaderFile[],
  { images }: ConsensusCommandOptions,
  progress: Progress,
): Promise<{ readers: Reader[]; roots: string[] }> {
  if (files.length < 2) {
    throw new ArgumentError(`${plural(files.length, "reader")} given, wanted the files of two or more`);
  }
  const started = performance.now();
  const readers: Reader[] = [];
  const roots: string[] = [];
  for (const [i, { name, file }] of files.entries()) {
    progress.show(workLine("reading", i, files.length, (performance.now() - started) / 1000));
    // A reader who cannot be read ends the work: a majority of the others would be another majority.
    const { set, problems, root } = await openAnnotations(file, { images });
    const boxes = set.images.reduce((sum, image) => sum + image.annotations.length, 0);
    progress.field("Reader", `${name}: ${plural(set.images.length, "image")}, ${plural(boxes, "box", "boxes")}`);
    for (const line of problemLines(problems)) progress.say(line);
    readers.push({ name, set });
    roots.push(root);
  }
  return { readers, roots };
}

function warnOfReadings({ images, regions }: Readings, { minReaders }: ConsensusCommandOptions): void {
  const alone = images.filter(({ readBy }) => readBy.length === 1).length;
  if (alone > 0)
    warn(`${plural(alone, "image")} read by one reader only: what is marked there counts as consensus of one`);
  const few = minReaders === undefined ? 0 : images.filter(({ readBy }) => readBy.length < minReaders).length;
  if (few > 0) warn(`${plural(few, "image")} read by fewer than --min-readers: no lesion there can be consensus`);
  if (regions.length > 0)
    warn(`${plural(regions.length, "region")} that readers left unjudged stay so in the consensus`);
}

/** The consensus; with estimated reliabilities made twice, first with equal ones. */
function consensusBy(
  readings: Readings,
  options: ConsensusCommandOptions,
): { readonly consensus: Consensus; readonly asked: ConsensusOptions } {
  const { method, iou, minPoints, sameReader, perClass, minReaders, lesionKey, interchangeableReaders } = options;
  const asked: ConsensusOptions = { method, iou, minPoints, sameReader, perClass, minReaders, lesionKey };
  if (options.reliability === undefined) return { consensus: consensusOf(readings, asked), asked };
  if (interchangeableReaders) {
    throw new ArgumentError("--reliability and --interchangeable-readers exclude one another; leave one out");
  }
  const reliability =
    options.reliability === "estimated"
      ? estimatedReliability(readings, consensusOf(readings, asked), asked)
      : weightsOf(readings, options.reliability);
  return { consensus: consensusOf(readings, { ...asked, reliability }), asked: { ...asked, reliability } };
}

function weightsOf({ readers }: Readings, weights: ReadonlyMap<string, number>): number[] {
  const unknown = [...weights.keys()].find((name) => !readers.includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(`--reliability names ${unknown}, who is none of ${readers.join(", ")}`);
  }
  return readers.map((name) => {
    const weight = weights.get(name);
    if (weight === undefined)
      throw new ArgumentError(`--reliability says nothing of ${name}; give every reader a weight`);
    return weight;
  });
}

function settingsOf(
  readings: Readings,
  options: ConsensusCommandOptions,
  reliability: readonly number[] | undefined,
): ConsensusSettings {
  const {
    method,
    minPoints,
    sameReader,
    perClass,
    minReaders = "majority",
    minority,
    volume,
    resamples,
    seed,
  } = options;
  return {
    ...{ method, minPoints, sameReader, perClass, minReaders, minority, volume, resamples, seed },
    iou: overlapWanted(readings, options),
    ...(reliability && {
      reliability: Object.fromEntries(readings.readers.map((name, reader) => [name, reliability[reader]])),
    }),
  };
}

function tell(progress: Progress, { volume }: Readings, agreement: Agreement): void {
  const { readers, cases, patients, lesions, accepted, byReaders, allPairs, presence } = agreement;
  progress.print();
  progress.say(
    `${readers.length} readers, ${plural(cases, volume ? "series" : "image", volume ? "series" : "images")} of ${plural(patients, "patient")}: ${plural(lesions, "lesion")} marked, ${grouped(accepted)} of them consensus`,
  );
  progress.say(`Seen by    ${byReaders.map((count, k) => `${k + 1}: ${grouped(count)}`).join("   ")}`);
  progress.say(`Pairwise F1 of detection ${estimateText(allPairs.f1)}, mean IoU ${estimateText(allPairs.iou)}`);
  progress.say(`Krippendorff's alpha, any lesion in the case ${estimateText(presence)}`);
  if (agreement.classes) progress.say(`Krippendorff's alpha, classes ${estimateText(agreement.classes.alpha)}`);
  progress.print();
  progress.print(othersTable(agreement));
  progress.print();
}

/** Each reader against the consensus of the others. */
function othersTable({ others }: Agreement): string {
  const columns = ["against the others", "lesions", "found", "false", "sensitivity", "precision", "F1"];
  return textTable(
    columns.map((title, i) => ({ title, align: i === 0 ? "left" : "right" })),
    others.map(({ reader = "all readers", lesions, found, falsePositives, sensitivity, precision, f1 }) => [
      reader,
      ...[lesions, found, falsePositives].map(grouped),
      ...[sensitivity, precision, f1].map((estimate) => estimateText(estimate)),
    ]),
  );
}
