/**
 * @file `fovea keys rotate`: a new key of encryption at rest.
 */
import type { Command } from "commander";
import type { RecordOptions } from "./record-place";

const EXAMPLES = `
Stop the service first. An interrupted rotation goes on with the same command.
Where the key comes from FOVEA_KEY, give FOVEA_KEY=old,new; once it is done, the
new one alone. Backups of before need the old key: keep it with them.

Examples:
  fovea keys rotate
  FOVEA_KEY=$OLD,$NEW fovea keys rotate --data-dir /srv/fovea`;

export function register(program: Command): void {
  const group = program
    .command("keys")
    .summary("keys of encryption at rest")
    .description("Keys that the service seals patients and images with.");
  group
    .command("rotate")
    .summary("seal everything with a new key")
    .description("Make a new key, seal all that is kept with it, and let the old one go.")
    .option("--data-dir <dir>", "folder of the service (default: FOVEA_DATA_DIR, else fovea-data)")
    .option("--key-file <file>", "file of the keys, where it is not in the folder or in FOVEA_KEY")
    .addHelpText("after", EXAMPLES)
    .action(async (options: RecordOptions) => {
      const { runKeysRotate } = await import("./run-keys-rotate");
      await runKeysRotate(options);
    });
}
