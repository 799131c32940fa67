/**
 * @file `fovea data consensus`: several readers' annotations into one, and how far they agree.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { flagOption, realNumber, wholeNumber } from "../option";

/** What the command line says. */
export interface ConsensusCommandOptions {
  readonly reader?: readonly ReaderFile[];
  readonly out?: string;
  readonly report?: string;
  readonly json?: string;
  readonly match: "file" | "name" | "id";
  readonly images?: string;
  readonly method: "dbscan" | "components" | "wbf";
  readonly iou?: number;
  readonly minPoints: number;
  readonly sameReader: "split" | "keep";
  readonly perClass: boolean;
  readonly volume: boolean;
  readonly lesionKey?: string;
  readonly minReaders?: number;
  readonly minority: "ignore" | "soft" | "drop";
  readonly reliability?: Reliability;
  readonly interchangeableReaders: boolean;
  readonly resamples: number;
  readonly seed: number;
  readonly pictures: number;
  readonly lang: "zh" | "en";
}

export interface ReaderFile {
  readonly name: string;
  readonly file: string;
}

/** By name, or estimated from the readers' agreement. */
export type Reliability = "estimated" | ReadonlyMap<string, number>;

const EXAMPLES = `
An image that is missing in a reader's file was not read by that reader; one
that is there without annotations was read, and nothing was seen.

Examples:
  fovea data consensus anna.json ben.json chen.json --out consensus.json \\
    --report agreement
  fovea data consensus --reader anna=a/labels.json --reader ben=b/labels.json \\
    --out both.json
  fovea data consensus r1.json r2.json r3.json --min-readers 2 --minority soft \\
    --out soft.json
  fovea data consensus r1.json r2.json r3.json \\
    --reliability r1=0.9,r2=0.8,r3=0.6 --out c.json
  fovea data consensus expert1.json expert2.json expert3.json expert4.json \\
    --volume --interchangeable-readers --out nodules.json --report agreement

The folder of the report holds agreement.html, agreement.json and lesions.csv.`;

export function register(group: Command): void {
  group
    .command("consensus")
    .summary("several readers' annotations into one, and how far they agree")
    .usage("[files...] [--reader <name=file> ...] [options]")
    .description(
      "Put what several readers marked in the same images together into one set of lesions, and report how far they agree. Readers are named by their files.",
    )
    .argument("[files...]", "one file of annotations for each reader, of any format that is read")
    .option("--reader <name=file>", "a reader under a name of its own; may be given several times", readerFile)
    .optionsGroup("Results:")
    .option("--out <json>", "consensus as a COCO file")
    .option("--report <dir>", "folder for the page on agreement, its figures and a table of lesions")
    .option("--json <file>", "figures of agreement as JSON")
    .option("--pictures <n>", "disagreements shown on the page at most", wholeNumber(0, 200), 24)
    .addOption(new Option("--lang <language>", "language shown first").choices(["zh", "en"]).default("zh"))
    .optionsGroup("Images:")
    .addOption(
      new Option("--match <how>", "what tells that two files mean the same image")
        .choices(["file", "name", "id"])
        .default("file"),
    )
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .addOption(
      flagOption(
        "volume",
        "a series is one case (series_uid, z of each image); boxes of neighbouring slices are one lesion",
      ),
    )
    .option(
      "--lesion-key <attribute>",
      "in a volume: attribute in which each reader numbers lesions (default: overlap)",
    )
    .optionsGroup("One lesion:")
    .addOption(
      new Option("--method <how>", "how marks are put together")
        .choices(["dbscan", "components", "wbf"])
        .default("dbscan"),
    )
    .option(
      "--iou <x>",
      "marks that overlap by this IoU may be one lesion (default: 0.4, in a volume 0.1)",
      realNumber(0, 1),
    )
    .option("--min-points <n>", "marks within reach that make a DBSCAN core", wholeNumber(1, 100), 2)
    .addOption(
      new Option("--same-reader <what>", "a group with two marks of one reader")
        .choices(["split", "keep"])
        .default("split"),
    )
    .addOption(flagOption("per-class", "only marks of one class are put together; else the class is voted on"))
    .optionsGroup("Consensus:")
    .option(
      "--min-readers <n>",
      "readers who must have seen a lesion (default: more than half of those who read it)",
      wholeNumber(1),
    )
    .addOption(
      new Option("--minority <what>", "what too few saw: a region to ignore, a label that counts less, nothing")
        .choices(["ignore", "soft", "drop"])
        .default("ignore"),
    )
    .option("--reliability <weights>", "weight of each reader, as r1=0.9,r2=0.7; or estimated", reliability)
    .addOption(
      flagOption(
        "interchangeable-readers",
        "reader k is not the same person everywhere: no figure of one reader is shown",
      ),
    )
    .optionsGroup("Intervals:")
    .option("--resamples <n>", "draws of the bootstrap over patients", wholeNumber(1, 100000), 1000)
    .option("--seed <n>", "the same seed, the same intervals", wholeNumber(0, 2 ** 32 - 1), 0)
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (files: readonly string[], options: ConsensusCommandOptions) => {
      const { runConsensus } = await import("./run-consensus");
      await runConsensus(files, options);
    });
}

function readerFile(text: string, before: readonly ReaderFile[] = []): readonly ReaderFile[] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [...before, { name: text.slice(0, at), file: text.slice(at + 1) }];
  throw new InvalidArgumentError("Wanted a name and a file, as anna=anna.json.");
}

function reliability(text: string): Reliability {
  if (text === "estimated") return text;
  const weights = text.split(",").map((part): [string, number] => {
    const at = part.lastIndexOf("=");
    return [part.slice(0, at).trim(), at > 0 && at < part.length - 1 ? Number(part.slice(at + 1)) : Number.NaN];
  });
  if (weights.every(([, weight]) => weight > 0 && Number.isFinite(weight))) return new Map(weights);
  throw new InvalidArgumentError("Wanted weights above 0, as r1=0.9,r2=0.7, or estimated.");
}
