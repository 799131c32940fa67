/**
 * @file Which process something belongs to, and whether it still runs: also after `kill -9` and when a number is used again.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly host: string;
  /** Of the kernel's start; numbers of processes begin anew with it. Empty where there is no `/proc`. */
  readonly boot: string;
  /** In which `pid` counts (pid_namespaces(7)): each container of a machine has its own. Empty where there is no `/proc`. */
  readonly namespace: string;
  readonly pid: number;
  /** In clock ticks since the kernel's start (proc(5), stat field 22); empty where there is no `/proc`. */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { ...surroundings(), pid: process.pid, started: startOf(process.pid) ?? "" };
}

/**
 * Whether it runs; undefined where this cannot be seen from here: a process of another machine, whatever it is called, of another
 * container, or of before the machine was started again, which looks the same.
 */
export function isAlive({ host, boot, namespace, pid, started }: ProcessIdentity): boolean | undefined {
  const here = surroundings();
  if (host !== here.host || boot !== here.boot || namespace !== here.namespace) return undefined;
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

/** What a process's number counts in. */
function surroundings(): Pick<ProcessIdentity, "host" | "boot" | "namespace"> {
  return {
    host: hostname(),
    boot: orNothing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    // `pid:[4026531836]`
    namespace: orNothing(() => readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")),
  };
}

function startOf(pid: number): string | undefined {
  const text = orNothing(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (text === "") return undefined;
  // The name in parentheses may hold spaces and parentheses itself; fields count from behind it. A zombie is dead.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
