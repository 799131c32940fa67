/**
 * @file The training arguments as options of commands: explained by `fovea train`, taken by those that train several times
 * in the same way.
 */
import { ARGUMENT_NAMES } from "@fovea/core/recipe/argument-table";
import { type Command, Option } from "commander";

/** What a command line says, still as text: options of the command's own and training arguments, by name. */
export interface CollectedOptions {
  readonly own: Readonly<Record<string, string>>;
  readonly arguments: Readonly<Record<string, string>>;
}

/** Declares every training argument that the command has no option of its own for, unseen in its help. */
export function addTrainingOptions(command: Command): void {
  const taken = command.options.map(({ long }) => long);
  for (const name of ARGUMENT_NAMES) {
    if (!taken.includes(`--${name}`)) command.addOption(new Option(`--${name} [value]`).hideHelp());
  }
}

/**
 * Options and `name=value` operands as one; what is written last counts.
 *
 * @param ownNames options of the command that are no training arguments
 */
export function collectOptions(
  command: Command,
  operands: readonly string[],
  ownNames: readonly string[],
): CollectedOptions {
  const own: Record<string, string> = {};
  const given: Record<string, string> = {};
  const take = (name: string, value: string) => {
    if (ownNames.includes(name)) own[name] = value;
    else given[name] = value;
  };
  for (const [attribute, value] of Object.entries(command.opts<Readonly<Record<string, string | boolean>>>())) {
    if (command.getOptionValueSource(attribute) === "default") continue;
    take(
      attribute.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      String(value),
    );
  }
  for (const operand of operands) {
    const match = /^([A-Za-z]\w*)=(.*)$/s.exec(operand);
    if (!match) {
      command.error(`error: unexpected "${operand}"; arguments are written --name value or name=value`, {
        code: "commander.invalidArgument",
      });
    }
    take(match[1], match[2]);
  }
  return { own, arguments: given };
}
