/**
 * @file `fovea evaluate ...`: a group of commands, one file each in the folder `evaluate/`.
 */
import type { Command } from "commander";
import { register as coco } from "./evaluate/coco";
import { register as detections } from "./evaluate/detections";
import { register as froc } from "./evaluate/froc";
import { register as luna16 } from "./evaluate/luna16";
import { register as voc } from "./evaluate/voc";

/** Declares one command of the group. */
type Register = (group: Command) => void;

/** In the order of the help. */
const COMMANDS: readonly Register[] = [detections, coco, voc, froc, luna16];

export function register(program: Command): void {
  const group = program
    .command("evaluate")
    .summary("detections against the truth, as the field measures it")
    .description(
      "Detections held against the truth by the rules of COCO, Pascal VOC, LUNA16 and others, from files alone: no model is run.",
    );
  for (const one of COMMANDS) one(group);
}
