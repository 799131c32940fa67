/**
 * @file `fovea doctor`: what this machine has and lacks.
 */
import type { Command } from "commander";

export interface DoctorOptions {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  fovea doctor
  fovea doctor --json > machine.json`;

export function register(program: Command): void {
  program
    .command("doctor")
    .summary("what this machine has and lacks")
    .description(
      "Look at versions, processor, memory, disk, execution providers and graphics cards; try each; say what is missing and how to get it. Exit code 1 if something needed does not work.",
    )
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: DoctorOptions) => {
      const { printExamination } = await import("./print-examination");
      await printExamination(options);
    });
}
