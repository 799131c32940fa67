/**
 * @file The only place where an error meets the command line: one line for the user, and an exit code for scripts.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import { CommanderError } from "commander";

export interface Failure {
  /** Without its last line break; empty if there is nothing to say. */
  readonly message: string;
  /** 0 after help, 1 after an error, 2 if the command was given wrongly, 130 after an interruption. */
  readonly exitCode: number;
}

const USAGE = 2;

/** Codes with an exit code of their own. */
const EXIT_CODES: { readonly [C in ErrorCode]?: number } = {
  invalid_argument: USAGE,
  unknown_argument: USAGE,
  interrupted: 130,
};

/** What to print and return for `error`; with `debug` also where it comes from. */
export function failure(error: unknown, { debug = false }: { readonly debug?: boolean } = {}): Failure {
  if (error instanceof CommanderError) return usageFailure(error);
  const trace = debug ? `\n${traceOf(error)}` : "";
  if (error instanceof FoveaError) {
    return { message: `fovea: ${error.message} [${error.code}]${trace}`, exitCode: EXIT_CODES[error.code] ?? 1 };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const advice = debug ? "" : "; run it again with --debug and report what it prints";
  return { message: `fovea: unexpected ${text}${advice} [unexpected]${trace}`, exitCode: 1 };
}

/** Commander's `error: unknown option '--epoch'\n(Did you mean --epochs?)` in one line. Its help is no error. */
function usageFailure({ message, exitCode, code }: CommanderError): Failure {
  if (exitCode === 0 || code === "commander.help") return { message: "", exitCode: exitCode === 0 ? 0 : USAGE };
  const line = message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, ", did you mean $1?")
    .replaceAll("\n", " ");
  const told = code === "commander.unknownOption" || code === "commander.unknownCommand" ? "unknown" : "invalid";
  return { message: `fovea: ${line} [${told}_argument]`, exitCode: USAGE };
}

/** Stack of an error and of what caused it. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${traceOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
