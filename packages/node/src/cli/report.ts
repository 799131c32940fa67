/**
 * @file `fovea report`: findings of one image in the form that somebody needs.
 */
import { type Command, Option } from "commander";
import { CHARACTER_SETS } from "../deidentify/character-set";

const REPORT_FORMATS = ["sr", "sc", "gsps", "seg", "html", "csv", "png"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportCommandOptions {
  readonly image: string;
  readonly format: ReportFormat;
  readonly out: string;
  readonly lang?: "zh" | "en";
  readonly rules?: string;
  readonly classNames?: string;
  readonly model?: string;
  readonly characterSet?: string;
}

const EXAMPLES = `
Examples:
  fovea report results/findings.json --image chest.dcm --format sr --out sr.dcm
  fovea report results/findings.json --image chest.dcm --format html \\
    --rules rules.yaml --lang zh --out chest.html

sr is a Comprehensive 3D SR (TID 1500), sc a Secondary Capture with the boxes,
gsps a presentation state, seg the masks of a segmenting model: these need a
DICOM image, and hold all findings, whatever the rule file reports. html, csv
and png take any image. Where there is more than one object, their files are
numbered: sc.dcm, sc-2.dcm ...`;

export function register(program: Command): void {
  program
    .command("report")
    .summary("findings of an image as DICOM SR, SC, GSPS, SEG, or a page")
    .description("Write the findings of one image, out of a findings.json, as a DICOM object, page, table or picture.")
    .argument("<findings>", "findings.json of fovea predict or fovea batch")
    .requiredOption("--image <file>", "the image that the findings are of")
    .addOption(new Option("--format <format>", "what to write").choices(REPORT_FORMATS).makeOptionMandatory())
    .requiredOption("--out <file>", "where to write it")
    .addOption(new Option("--lang <language>", "language (default: the system's)").choices(["zh", "en"]))
    .option("--rules <file>", "rule file (YAML): categories and suggestions")
    .option("--class-names <file>", "class names as the report shows them (YAML)")
    .option("--model <file>", "the model, where findings.json does not tell its version; else it must be that one")
    .addOption(
      new Option("--character-set <term>", "of a DICOM image that declares none, as GB18030 (default: ASCII)").choices(
        CHARACTER_SETS,
      ),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (findings: string, options: ReportCommandOptions) => {
      const { runReport } = await import("./run-report");
      await runReport(findings, options);
    });
}
