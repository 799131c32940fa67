/**
 * @file `fovea dicom ...`: a group of commands, one file each in the folder `dicom/`.
 */
import type { Command } from "commander";
import { register as convert } from "./dicom/convert";
import { register as decode } from "./dicom/decode";
import { register as deidentify } from "./dicom/deidentify";
import { register as info } from "./dicom/info";
import { register as verify } from "./dicom/verify";

/** Declares one command of the group. */
type Register = (group: Command) => void;

/** In the order of the help. */
const COMMANDS: readonly Register[] = [info, convert, decode, deidentify, verify];

export function register(program: Command): void {
  const group = program
    .command("dicom")
    .summary("DICOM files: looked at, converted, de-identified")
    .description("DICOM files: what is in them, pictures and volumes out of them, and copies without whose they are.");
  for (const one of COMMANDS) one(group);
}
