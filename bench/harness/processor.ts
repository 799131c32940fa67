/**
 * @file Who uses the processor: the whole machine's ticks and one process's, from /proc (Linux).
 *
 * Times are in clock ticks, 10 ms each, summed over all cores; a turn of a second or more is told to a few per cent.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Ticks since boot: all, and those in which a core worked (time stolen by other virtual machines included). */
export interface MachineTicks {
  readonly total: number;
  readonly busy: number;
}

/** The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal …` (proc_stat(5)). */
export function parseMachineTicks(stat: string): MachineTicks {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = stat.split(/\s+/).slice(1, 9).map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { total: busy + idle + iowait, busy };
}

/** User and system time of a process, threads included, and of the children it has waited for (proc_pid_stat(5)). */
export function parseProcessTicks(stat: string): { readonly own: number; readonly waited: number } {
  // The command's name, in parentheses, may hold blanks: fields are counted from behind it, the first being the third.
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return { own: fields[11] + fields[12], waited: fields[13] + fields[14] };
}

function machineTicks(): MachineTicks {
  return parseMachineTicks(readFileSync("/proc/stat", "utf8"));
}

/** @param pid process, `"self"` for this one */
export function processTicks(pid: number | "self"): { readonly own: number; readonly waited: number } {
  return parseProcessTicks(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** User and system time of a process and of all that it has started and that still run; 0 of one that has ended. */
export function familyTicks(pid: number): number {
  try {
    return ticksOfFamily(pid);
  } catch (error) {
    // It ended between being listed and being read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}

function ticksOfFamily(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return processTicks(pid).own + children.reduce((sum, child) => sum + familyTicks(child), 0);
}

/**
 * Runs `work` and tells which share of the machine, in [0, 1], anything but it used meanwhile.
 *
 * @param ticksOf ticks used so far by the process that works
 */
export async function watch<T>(ticksOf: () => number, work: () => Promise<T>): Promise<{ result: T; others: number }> {
  const machine = machineTicks();
  const own = ticksOf();
  const result = await work();
  const after = machineTicks();
  const used = ticksOf() - own;
  const others = (after.busy - machine.busy - used) / Math.max(after.total - machine.total, 1);
  return { result, others: Math.max(others, 0) };
}

export interface IdleOptions {
  /** A machine busier than this share is not idle. @default 0.05 */
  readonly maxOthers?: number;
  /** @default 300_000 */
  readonly timeoutMs?: number;
}

/** Waits until the machine has been idle for a quarter of a second. Throws when it never is. */
export async function untilIdle({ maxOthers = 0.05, timeoutMs = 300_000 }: IdleOptions = {}): Promise<void> {
  for (let waited = 0; waited < timeoutMs; waited += 250) {
    const { others } = await watch(
      () => 0,
      () => sleep(250),
    );
    if (others <= maxOthers) return;
  }
  throw new Error(`the machine has not been idle for ${timeoutMs / 1000} s: stop what else runs, and start again`);
}
