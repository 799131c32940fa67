/**
 * @file Which process something belongs to, and whether it still runs: also after `kill -9` and when a number is used again.
 */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly host: string;
  /** Of the kernel's start; numbers of processes begin anew with it. */
  readonly boot: string;
  readonly pid: number;
  /** In clock ticks since the kernel's start (proc(5), stat field 22); empty where there is no `/proc`. */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), boot: bootId(), pid: process.pid, started: startOf(process.pid) ?? "" };
}

/** Whether it runs; undefined for a process of another machine, which cannot be asked. */
export function isAlive({ host, boot, pid, started }: ProcessIdentity): boolean | undefined {
  if (host !== hostname()) return undefined;
  if (boot !== bootId()) return false;
  const start = startOf(pid);
  if (start !== undefined) return start === started;
  // No /proc: ask for the number alone.
  if (started !== "") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function bootId(): string {
  return textOf("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function startOf(pid: number): string | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces and parentheses itself; fields count from behind it. A zombie is dead.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
