/**
 * @file The option `--stratify` of commands that divide or pick.
 */
import { STRATIFICATIONS, type Stratification } from "@fovea/core/dataset/split/strata";
import { InvalidArgumentError } from "commander";

/** Reads `class,size`, or `none`. */
export function strata(text: string): Stratification[] {
  const parts = text.split(/[,\s]+/).filter((part) => part !== "" && part !== "none");
  const wrong = parts.find((part) => !STRATIFICATIONS.some((known) => known === part));
  if (wrong !== undefined) throw new InvalidArgumentError("Wanted class, size, both with a comma, or none.");
  return STRATIFICATIONS.filter((known) => parts.includes(known));
}
