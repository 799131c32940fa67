/**
 * @file Programs of the system that judge what Fovea writes.
 */
import { spawnSync } from "node:child_process";

/** Why a program cannot be asked, for a test's name; empty if it can. */
export function missing(program: string): string {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0 ? "" : `${program} is not installed`;
}

/** All that it prints. */
export function said(program: string, options: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, options, { encoding: "utf8", maxBuffer: 2 ** 26 });
  return stdout + stderr;
}
