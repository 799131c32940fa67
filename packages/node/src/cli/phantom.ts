/**
 * @file `fovea phantom`: a data set of drawn radiographs, to test an installation with.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { realNumber, wholeNumber } from "./option";

interface PhantomOptions {
  readonly out: string;
  readonly count: number;
  readonly seed: number;
  readonly val: number;
  readonly size: number;
  readonly format: "dicom" | "png";
  readonly shares?: readonly number[];
}

const EXAMPLES = `
Examples:
  fovea phantom --out phantoms
  fovea phantom --out phantoms --count 1000 --seed 7 --size 1024
  fovea phantom --out phantoms --format png
  fovea phantom --out phantoms --shares 50,45,5     (calcifications are rare)`;

/** `50,45,5`: numbers of 0 or more for nodule, mass and calcification. */
function sharesOf(text: string): readonly number[] {
  const shares = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (shares.length === 3 && shares.every((share) => share >= 0 && share <= 1e6) && shares.some((share) => share > 0)) {
    return shares;
  }
  throw new InvalidArgumentError("Wanted three numbers of 0 or more, for nodule, mass and calcification: 50,45,5.");
}

export function register(program: Command): void {
  program
    .command("phantom")
    .summary("draw chest radiographs with known lesions")
    .description(
      "Draw chest radiograph phantoms with nodules, masses and calcifications, and write them with their labels: a data set of no patient, to test an installation or a pipeline with.",
    )
    .requiredOption("--out <dir>", "folder to write to: a new one, an empty one, or one of earlier phantoms")
    .option("--count <n>", "pictures in all", wholeNumber(1, 100_000), 200)
    .option("--seed <n>", "another seed, other patients", wholeNumber(0), 0)
    .option("--val <share>", "share of the pictures kept for validation", realNumber(0, 1), 0.25)
    .option("--size <px>", "width and height", wholeNumber(64, 8192), 512)
    .addOption(
      new Option("--format <format>", "dicom: 16 bits with spacing; png: 8 bits, with the DICOM files beside them")
        .choices(["dicom", "png"])
        .default("dicom"),
    )
    .option("--shares <list>", "how often nodules, masses and calcifications are drawn, to one another", sharesOf)
    .addHelpText("after", EXAMPLES)
    .action(async ({ out, count, seed, val, size, format, shares }: PhantomOptions) => {
      const [{ writePhantoms }, { Progress, workLine }, { LESION_CLASSES }, { plural }] = await Promise.all([
        import("../phantom/write-phantoms"),
        import("./progress"),
        import("@fovea/core/phantom/lesion"),
        import("./describe-dataset"),
      ]);
      const progress = new Progress();
      const started = performance.now();
      const onProgress = (done: number, all: number) =>
        progress.show(workLine("drawing", done, all, (performance.now() - started) / 1000));
      try {
        const written = await writePhantoms({ out, count, seed, valFraction: val, size, format, shares, onProgress });
        const lesions = LESION_CLASSES.map((name, id) => `${name} ${written.lesions[id]}`).join(", ");
        const { train, val: kept, dataYaml } = written;
        progress.field("Pictures", `${plural(train.length, "picture")} for training, ${kept.length} for validation`);
        progress.field("Lesions", lesions);
        progress.field("Data", dataYaml);
      } finally {
        progress.clear();
      }
    });
}
