/**
 * @file What the best epoch is best in.
 */
import { ArgumentError } from "@fovea/core/errors";
import type { DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import type { Validation } from "./validate";

/** All are the better the greater. */
const MEASURES: Readonly<Record<string, (summary: DetectionSummary) => number>> = {
  fitness: ({ map50, map5095 }) => 0.1 * map50 + 0.9 * map5095,
  map50: ({ map50 }) => map50,
  map5095: ({ map5095 }) => map5095,
};

/** @throws {ArgumentError} if there is no such measure */
export function monitorOf(name: string): (validation: Validation) => number {
  const measure = Object.hasOwn(MEASURES, name) ? MEASURES[name] : undefined;
  if (measure) return ({ metrics }) => measure(metrics.summary());
  const known = Object.keys(MEASURES).join(", ");
  const later = name === "froc" || name.startsWith("sensitivity@") ? " is not built into this version yet;" : ",";
  throw new ArgumentError(`monitor: ${name}${later} wanted ${known}`);
}
