/**
 * @file The training arguments as options of commands that train several times: taken as `fovea train` takes them, and
 * explained there.
 */
import { ARGUMENT_NAMES, trainingArguments } from "@fovea/core/nn/training-arguments";
import { type Command, Option } from "commander";

/** What a command line says: its own options by name, and training arguments as the table types them. */
export interface SeriesOptions {
  readonly own: Readonly<Record<string, string>>;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
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
 * @throws {FoveaError} `unknown_argument`, `invalid_argument`
 */
export function collectSeries(
  command: Command,
  operands: readonly string[],
  ownNames: readonly string[],
): SeriesOptions {
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
  const all: Readonly<Record<string, string | number | boolean>> = trainingArguments(given);
  return { own, arguments: Object.fromEntries(Object.keys(given).map((name) => [name, all[name]])) };
}
