/**
 * @file `fovea dicom verify`: whether anything of the sources is left in their de-identified copies.
 */
import type { ProfileOption } from "@fovea/core/dicom/deidentify/profile";
import { type Command, Option } from "commander";
import { profileList } from "./deidentify";

/** As the command line gives them. */
export interface VerifyCommandOptions {
  readonly profile?: ReadonlySet<ProfileOption>;
  readonly report?: string;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea dicom verify scans shared
  fovea dicom verify scans shared --json leaks.json
  fovea dicom verify one.dcm one-anonymous.dcm

Exit code 0: nothing is left. 1: something is, or a copy could not be checked.`;

export function register(group: Command): void {
  group
    .command("verify")
    .summary("what of the sources is left in their copies")
    .description(
      "Search de-identified copies for every name, number, date, UID and text of their sources on which the profile acts: as bytes and as text in the character set of the file, names in parts too. Values are not shown.",
    )
    .argument("<in>", "the sources: a file or a folder")
    .argument("<deidentified>", "the copies: a file or a folder")
    .addOption(
      new Option("--profile <list>", "check by this profile instead of the one that each copy names").argParser(
        profileList,
      ),
    )
    .option("--report <file>", "report of the run that made the copies (default: DEIDENTIFIED.report.jsonl)")
    .option("--json <file>", "what was found, by file")
    .addHelpText("after", EXAMPLES)
    .action(async (sources: string, copies: string, options: VerifyCommandOptions) => {
      const { runVerify } = await import("./run-verify");
      await runVerify(sources, copies, options);
    });
}
