/**
 * @file `fovea audit verify`: proves that nobody changed the audit log.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RecordOptions } from "./record-place";

export interface AuditVerifyOptions extends RecordOptions {
  readonly contains?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
The record is that of --data-dir, or of DATABASE_URL where it is set. Keep the
hash that is printed somewhere else; --contains HASH proves later that the log
was not put back to an earlier state. Without PostgreSQL the service must be
stopped first; while it runs, GET /audit?limit=1 gives the newest entry with the
hash to keep.

Examples:
  fovea audit verify
  fovea audit verify --data-dir /srv/fovea --json`;

function hash(given: string): string {
  if (!/^[0-9a-f]{64}$/.test(given))
    throw new InvalidArgumentError("Wanted 64 hexadecimal digits, as verify prints them.");
  return given;
}

export function register(program: Command): void {
  const group = program
    .command("audit")
    .summary("the service's audit log")
    .description("Look into the log of who saw, sent and changed what.");
  group
    .command("verify")
    .summary("prove that nobody changed it")
    .description(
      "Follow the chain of the audit log from its first entry to its head, and name the first entry that does not fit. Exit code 1 if there is one.",
    )
    .option("--data-dir <dir>", "folder of the service (default: FOVEA_DATA_DIR, else fovea-data)")
    .option("--key-file <file>", "key of encryption at rest, where it is not in the folder or in FOVEA_KEY")
    .addOption(
      new Option("--contains <hash>", "an entry that must be in the log: the head of an earlier check").argParser(hash),
    )
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: AuditVerifyOptions) => {
      const { runAuditVerify } = await import("./run-audit-verify");
      await runAuditVerify(options);
    });
}
