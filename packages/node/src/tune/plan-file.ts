/**
 * @file What a series of runs was asked for, kept beside its runs: taken up again with other arguments, the runs would not
 * belong together.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ArgumentError } from "@fovea/core/errors";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { readText } from "../read-file";

/** Values that JSON keeps. */
export type Plan = Readonly<Record<string, unknown>>;

/**
 * Writes the plan, or checks that what is there is the same.
 *
 * @returns whether the series was begun before
 * @throws {ArgumentError} if it was begun with another plan, naming the first key that differs
 * @throws {FoveaError} `file_unreadable`, `disk_full` or `write_failed`
 */
export async function keepPlan(path: string, plan: Plan): Promise<boolean> {
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  if (!existsSync(path)) {
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw writeFailure(dirname(path), error);
    });
    await writeAtomically(path, text);
    return false;
  }
  const there = await readText(path, "plan");
  if (there === text) return true;
  const other = parsed(there);
  const key = [...new Set([...Object.keys(plan), ...Object.keys(other)])].find(
    (name) => JSON.stringify(plan[name]) !== JSON.stringify(other[name]),
  );
  const shown = (value: unknown) => {
    const written = JSON.stringify(value) ?? "nothing";
    return written.length > 60 ? `${written.slice(0, 57)}...` : written;
  };
  const what = key === undefined ? "" : `: ${key} was ${shown(other[key])}, is ${shown(plan[key])}`;
  throw new ArgumentError(
    `a series was begun here with other arguments${what}; repeat them to go on with it, or give another --name`,
    { file: path },
  );
}

function parsed(text: string): Plan {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Plan) : {};
  } catch {
    return {};
  }
}
