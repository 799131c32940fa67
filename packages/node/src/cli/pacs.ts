/**
 * @file `fovea pacs ...`: asks a PACS, and gets studies from it into a folder.
 */
import { type Command, Option } from "commander";
import { wholeNumber } from "./option";

/** Which PACS: one of the service's settings, or an address. */
export interface PacsOptions {
  readonly config?: string;
  readonly pacs?: string;
  readonly host?: string;
  readonly port?: number;
  readonly ae?: string;
  readonly callingAe: string;
  readonly url?: string;
}

export interface PacsFindOptions extends PacsOptions {
  readonly patientId?: string;
  readonly patientName?: string;
  readonly date?: string;
  readonly modality?: string;
  readonly accession?: string;
  readonly study?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export interface PacsGetOptions extends PacsOptions {
  readonly study: string;
  readonly series?: string;
  readonly out: string;
}

const ADDRESS = `
The PACS is one of destinations in fovea.yaml (--config, --pacs), or an address:
--host, --port and --ae for DICOM, --url for DICOMweb. Its Authorization header
is FOVEA_PACS_AUTHORIZATION, where that is set.

Examples:`;

export function register(program: Command): void {
  const group = program
    .command("pacs")
    .summary("ask a PACS, get studies from it")
    .description("Ask a PACS for studies, and get them, by DICOM or DICOMweb.");
  addressed(group.command("echo"))
    .summary("whether a PACS answers")
    .description("Ask a PACS whether it is there (C-ECHO, or a QIDO-RS request).")
    .addHelpText("after", `${ADDRESS}\n  fovea pacs echo --host pacs.internal --port 104 --ae PACS\n`)
    .action(async (options: PacsOptions) => (await import("./run-pacs")).runPacsEcho(options));
  addressed(group.command("find"))
    .summary("studies of a PACS")
    .description("List the studies of a PACS that match (C-FIND, QIDO-RS).")
    .optionsGroup("Matching:")
    .option("--patient-id <id>", "of the patient")
    .option("--patient-name <name>", "such as CURIE^M*")
    .option("--date <dates>", "YYYYMMDD, or a range: YYYYMMDD-YYYYMMDD")
    .option("--modality <code>", "of a series: CT, DX ...")
    .option("--accession <number>", "of the order")
    .option("--study <uid>", "Study Instance UID")
    .optionsGroup("Output:")
    .addOption(new Option("--limit <n>", "studies at most").argParser(wholeNumber(1, 500)).default(100))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${ADDRESS}
  fovea pacs find --config fovea.yaml --pacs archive --patient-id P-4711
  fovea pacs find --url https://pacs/dicom-web --modality CT --date 20261126\n`,
    )
    .action(async (options: PacsFindOptions) => (await import("./run-pacs")).runPacsFind(options));
  addressed(group.command("get"))
    .summary("a study of a PACS, as files")
    .description("Get a study, or a series of it, into a folder (C-GET, WADO-RS).")
    .requiredOption("--study <uid>", "Study Instance UID")
    .option("--series <uid>", "only this series")
    .requiredOption("--out <dir>", "folder for the files, UID.dcm; made if it is not there")
    .addHelpText(
      "after",
      `${ADDRESS}
  fovea pacs get --config fovea.yaml --pacs archive --study 1.2.3 --out study\n`,
    )
    .action(async (options: PacsGetOptions) => (await import("./run-pacs")).runPacsGet(options));
}

function addressed(command: Command): Command {
  return command
    .optionsGroup("PACS:")
    .option("--config <file>", "settings of the service (fovea.yaml)")
    .option("--pacs <name>", "one of its destinations (default: the only one)")
    .option("--host <host>", "address of a DICOM peer")
    .addOption(new Option("--port <n>", "its port").argParser(wholeNumber(1, 65535)))
    .option("--ae <title>", "its AE title")
    .option("--calling-ae <title>", "our AE title", "FOVEA")
    .option("--url <url>", "root of a DICOMweb service");
}
