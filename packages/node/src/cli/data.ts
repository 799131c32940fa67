/**
 * @file `fovea data ...`: a group of commands, one file each in the folder `data/`.
 */
import type { Command } from "commander";
import { register as convert } from "./data/convert";

/** Declares one command of the group. */
type Register = (group: Command) => void;

/** In the order of the help. */
const COMMANDS: readonly Register[] = [convert];

export function register(program: Command): void {
  const group = program
    .command("data")
    .summary("data sets: formats, checks, splits, consensus")
    .description(
      "Annotated data sets: converted between formats, checked, split by patient, and put together from several readers.",
    );
  for (const one of COMMANDS) one(group);
}
