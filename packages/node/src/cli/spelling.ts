/**
 * @file Options as people write them, put as the commands declare them: `imgsz=320` for `--imgsz 320`, as users of the
 * public YOLO tools know it, and `--max_det` or `--close-mosaic` whichever of the two dashes a name is declared with.
 */
import type { Command, Option } from "commander";

/** `--name`, `--name=value` or `name=value`. */
const NAMED = /^(--)?([A-Za-z][\w-]*)(?:=(.*))?$/s;

/** What is written on the command line, with the options of its command in their own spelling. */
export function spelled(args: readonly string[], program: Command): string[] {
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  const command = program.commands.find((one) => one.name() === args[at]);
  return command ? [...args.slice(0, at + 1), ...spelledFor(command, args.slice(at + 1))] : [...args];
}

function spelledFor(command: Command, args: readonly string[]): string[] {
  const operands = command.registeredArguments;
  const takesAny = operands.some(({ variadic }) => variadic);
  const result: string[] = [];
  let inList = false;
  let i = 0;
  for (; i < args.length && args[i] !== "--"; i++) {
    const [, dashes, name = "", value] = NAMED.exec(args[i]) ?? [];
    const option = dashes || value !== undefined ? declared(name, command.options) : undefined;
    if (option) {
      result.push(value === undefined ? `${option.long}` : `${option.long}=${value}`);
      // Its value, whatever that looks like.
      if (option.required && value === undefined) result.push(...args.slice(++i, i + 1));
      inList = option.variadic;
    } else if (dashes || value === undefined || inList || takesAny) {
      result.push(args[i]);
    } else {
      // An operand by its name; anything else is refused like an option of that name.
      result.push(...(operands.some((one) => one.name() === name) ? [value] : [`--${name}`, value]));
    }
  }
  return [...result, ...args.slice(i)];
}

function declared(name: string, options: readonly Option[]): Option | undefined {
  const alike = [name, name.replaceAll("_", "-"), name.replaceAll("-", "_")].map((spelling) => `--${spelling}`);
  return options.find(({ long }) => long !== undefined && alike.includes(long));
}
