/**
 * @file `fovea data ...`: a group of commands, one file each in the folder `data/`.
 */
import type { Command } from "commander";
import { register as check } from "./data/check";
import { register as consensus } from "./data/consensus";
import { register as convert } from "./data/convert";
import { register as merge } from "./data/merge";
import { register as sample } from "./data/sample";
import { register as split } from "./data/split";
import { register as stats } from "./data/stats";
import { register as subset } from "./data/subset";

/** Declares one command of the group. */
type Register = (group: Command) => void;

/** In the order of the help. */
const COMMANDS: readonly Register[] = [check, split, stats, sample, convert, consensus, merge, subset];

export function register(program: Command): void {
  const group = program
    .command("data")
    .summary("data sets: formats, checks, splits, consensus")
    .description(
      "Annotated data sets: converted between formats, checked, split by patient, and put together from several readers.",
    );
  for (const one of COMMANDS) one(group);
}
