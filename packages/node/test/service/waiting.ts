/**
 * @file Waiting in tests for what other threads and timers do.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until it holds. @throws {Error} after `seconds` */
export async function until(holds: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} seconds in vain`);
    await sleep(10);
  }
}
