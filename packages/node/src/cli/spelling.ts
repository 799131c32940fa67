/**
 * @file Options as people write them, put as the commands declare them: `imgsz=320` for `--imgsz 320`, as users of the
 * public YOLO tools know it, and `--max_det` or `--close-mosaic` whichever of the two dashes a name is declared with.
 */
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { nearestName } from "@fovea/core/math/nearest-name";
import type { Command, Option } from "commander";

/** `--name`, `--name=value` or `name=value`; one dash is for short names. */
const NAMED = /^(--?)?([A-Za-z][\w-]*)(?:=(.*))?$/s;

/**
 * What is written on the command line, with the options of its command in their own spelling.
 *
 * @throws {FoveaError} `unknown_argument` with the nearest known name, before anything else is found wrong;
 * `invalid_argument` if an option that takes no value is given one
 */
export function spelled(args: readonly string[], program: Command): string[] {
  if (args.includes("--help") || args.includes("-h")) return [...args];
  return spelledIn(program, args, program.options);
}

/** `args` from the name of one of the commands of `parent` on: the program's, or those of a group (`fovea data check`). */
function spelledIn(parent: Command, args: readonly string[], common: readonly Option[]): string[] {
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  const command = parent.commands.find((one) => one.name() === args[at]);
  if (!command) return [...args];
  const [before, after] = [args.slice(0, at + 1), args.slice(at + 1)];
  if (command.commands.length > 0) return [...before, ...spelledIn(command, after, common)];
  return [...before, ...spelledFor(command, [...command.options, ...common], after)];
}

function spelledFor(command: Command, options: readonly Option[], args: readonly string[]): string[] {
  const operands = command.registeredArguments;
  const takesAny = operands.some(({ variadic }) => variadic);
  const result: string[] = [];
  let inList = false;
  let i = 0;
  for (; i < args.length && args[i] !== "--"; i++) {
    const [, dashes, name = "", value] = NAMED.exec(args[i]) ?? [];
    const option = dashes || value !== undefined ? declared(name, dashes, options) : undefined;
    if (option) {
      if (value !== undefined && !option.required && !option.optional) {
        throw new ArgumentError(
          `option '${option.long}' takes no value, got ${value}; leave it out where it is not meant`,
        );
      }
      result.push(value === undefined ? `${option.long}` : `${option.long}=${value}`);
      // Its value, whatever that looks like.
      if (option.required && value === undefined) result.push(...args.slice(++i, i + 1));
      inList = option.variadic;
    } else if (dashes) {
      throw unknownOption(`${dashes}${name}`, name, options);
    } else if (value === undefined || inList || takesAny) {
      result.push(args[i]);
    } else {
      const operand = operands.find((one) => one.name() === name);
      if (!operand) throw unknownOption(name, name, options);
      result.push(value);
    }
  }
  return [...result, ...args.slice(i)];
}

function declared(name: string, dashes: string | undefined, options: readonly Option[]): Option | undefined {
  if (dashes === "-") return options.find(({ short }) => short === `-${name}`);
  const alike = [name, name.replaceAll("_", "-"), name.replaceAll("-", "_")].map((spelling) => `--${spelling}`);
  return options.find(({ long }) => long !== undefined && alike.includes(long));
}

function unknownOption(written: string, name: string, options: readonly Option[]): FoveaError {
  const known = options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long ? [long.slice(2)] : []));
  const near = nearestName(name, known);
  return new FoveaError(
    "unknown_argument",
    `unknown option '${written}'${near ? `, did you mean --${near}?` : "; --help lists all"}`,
  );
}
