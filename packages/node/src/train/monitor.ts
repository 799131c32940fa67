/**
 * @file What the best epoch of a run is best in.
 */
import { monitored, parseMonitor } from "@fovea/core/metrics/monitor";
import type { Validation } from "./validate";

/** Value of a validation, the greater the better. @throws {ArgumentError} if there is no such measure */
export function monitorOf(name: string): (validation: Pick<Validation, "metrics">) => number {
  const monitor = parseMonitor(name);
  return ({ metrics }) => monitored(monitor, metrics.summary());
}
