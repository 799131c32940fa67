/**
 * @file Programs of the system that may or may not be there.
 */
import { execFile } from "node:child_process";

/** What a program prints; nothing if it is not there, fails, or takes longer than ten seconds. */
export function toolOutput(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 10_000, windowsHide: true }, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
}
