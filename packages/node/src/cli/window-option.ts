/**
 * @file Windows on the command line: `auto`, a preset's name, centre and width.
 */
import { parseWindow, parseWindows, type WindowChoice } from "@fovea/core/dicom/window-preset";
import { ArgumentError } from "@fovea/core/errors";
import { InvalidArgumentError } from "commander";

/** Reads one window or several joined by `+`; `values` for none, which keeps what was measured. */
export function windowsOption(text: string): readonly WindowChoice[] | "values" {
  return text.trim().toLowerCase() === "values" ? "values" : worded(() => parseWindows(text));
}

/** Reads one window that is the same for every file; `undefined` for `auto`. */
export function fixedWindowOption(text: string): { readonly center: number; readonly width: number } | undefined {
  const choice = worded(() => parseWindow(text));
  if (choice.kind === "percentile") throw new InvalidArgumentError("A percentile is of no use here; take auto.");
  return choice.kind === "auto" ? undefined : choice.window;
}

/** What the command line says of options. */
function worded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof ArgumentError ? new InvalidArgumentError(`${error.message}.`) : error;
  }
}
