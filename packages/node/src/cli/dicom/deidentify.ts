/**
 * @file `fovea dicom deidentify`: copies of DICOM files without whose they are.
 */
import type { Rectangle } from "@fovea/core/dicom/deidentify/blank";
import { PROFILE_OPTIONS, type ProfileOption } from "@fovea/core/dicom/deidentify/profile";
import { type Command, InvalidArgumentError, Option } from "commander";

/** As the command line gives them. */
export interface DeidentifyCommandOptions {
  readonly out: string;
  readonly keyFile: string;
  readonly newKey?: boolean;
  readonly profile: ReadonlySet<ProfileOption>;
  readonly blank: readonly Rectangle[];
  readonly burnedIn: "refuse" | "warn";
  readonly uidRoot?: string;
  readonly report?: string;
  readonly csv?: string;
  readonly json?: string;
}

const EXAMPLES = `
Profiles, after basic, which is always there:
  retain-uids  retain-device  retain-institution  retain-patient
  retain-full-dates  retain-modified-dates  retain-safe-private
  clean-descriptors  clean-structured-content  clean-pixel

Examples:
  fovea dicom deidentify scans --out shared --key-file study.key --new-key
  fovea dicom deidentify scans --out shared --key-file study.key \\
    --profile basic,retain-modified-dates,retain-patient
  fovea dicom deidentify echo --out shared --key-file study.key \\
    --profile basic,clean-pixel --blank 0,0,800,60
  fovea dicom verify scans shared

The key makes UIDs, pseudonyms and shifts of dates: with the same one, files of
a patient keep belonging together. Keep it, and the report beside the results,
as safe as the sources. See docs/deidentification.md for what is not done.`;

/** `basic,clean-pixel`; names of options, basic or not. */
export function profileList(text: string): ReadonlySet<ProfileOption> {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => name !== "basic" && !(name in PROFILE_OPTIONS));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `No profile is called ${unknown}. There are basic, ${Object.keys(PROFILE_OPTIONS).join(", ")}.`,
    );
  }
  const chosen = new Set(names.filter((name): name is ProfileOption => name !== "basic"));
  if (chosen.has("retain-full-dates") && chosen.has("retain-modified-dates")) {
    throw new InvalidArgumentError("Dates are kept or moved, not both.");
  }
  return chosen;
}

/** `x,y,w,h`, several of them by giving the option again. */
function rectangle(text: string, before: readonly Rectangle[]): readonly Rectangle[] {
  const numbers = text.split(",").map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : Number.NaN));
  const [x, y, width, height] = numbers;
  if (numbers.length !== 4 || numbers.some(Number.isNaN) || width < 1 || height < 1) {
    throw new InvalidArgumentError("Wanted column, row, width and height in pixels: 0,0,640,48.");
  }
  return [...before, { x, y, width, height }];
}

/** A prefix of UIDs that leaves 20 digits of room. */
function uidRoot(text: string): string {
  if (/^[0-2](\.(0|[1-9]\d*))+$/.test(text) && text.length <= 43) return text;
  throw new InvalidArgumentError("Wanted a UID prefix of at most 43 characters, such as 1.2.826.0.1.3680043.10.1.");
}

export function register(group: Command): void {
  group
    .command("deidentify")
    .summary("copies without whose they are (PS3.15 Annex E)")
    .description(
      "Copy DICOM files without what tells whose they are, by the Basic Application Level Confidentiality Profile of DICOM PS3.15 and its options. What stays is copied byte for byte.",
    )
    .argument("<in>", "a DICOM file, or a folder with files at any depth")
    .requiredOption("--out <dir>", "folder to write to; a run that was interrupted goes on there")
    .requiredOption("--key-file <file>", "secret key, at least 16 bytes; the same key, the same UIDs and dates")
    .option("--new-key", "make that file first, with a random key")
    .addOption(
      new Option("--profile <list>", "options of the profile, with commas between")
        .argParser(profileList)
        .default(new Set<ProfileOption>(), "basic"),
    )
    .addOption(
      new Option(
        "--blank <x,y,w,h>",
        "with clean-pixel: a rectangle to make black in every picture; may be given again",
      )
        .argParser(rectangle)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--burned-in <rule>",
        "files that say that text is burned in and are not blanked: refuse them, or warn",
      )
        .choices(["refuse", "warn"])
        .default("refuse"),
    )
    .option("--uid-root <root>", "prefix of new UIDs (default: 2.25)", uidRoot)
    .option("--report <file>", "report of what was done to each file (default: DIR.report.jsonl, beside the results)")
    .option("--csv <file>", "the report as a table too")
    .option("--json <file>", "counts and refused files")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, options: DeidentifyCommandOptions) => {
      const { runDeidentify } = await import("./run-deidentify");
      await runDeidentify(source, options);
    });
}
