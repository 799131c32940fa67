/**
 * @file By which measure of a validation the best epoch is chosen.
 */
import { ArgumentError, type Place } from "../errors";
import { nearestName } from "../math/nearest-name";
import type { DetectionSummary } from "./detection-metrics";
import { cpm, sensitivityAt } from "./froc";

/** Measures with a name of their own. */
type NamedMonitor = "fitness" | "froc" | "map50" | "map5095";

/** What to watch. `sensitivity@0.5` is the share of lesions found at half a false positive per image. */
export type Monitor = NamedMonitor | `sensitivity@${number}`;

/** All measures are 0 at worst, 1 at best, and 0 where no image has a label. */
const MEASURES: { readonly [K in NamedMonitor]: (summary: DetectionSummary) => number } = {
  // The public tools' own.
  fitness: ({ map50, map5095 }) => 0.1 * map50 + 0.9 * map5095,
  froc: ({ froc }) => (froc ? cpm(froc) : 0),
  map50: ({ map50 }) => map50,
  map5095: ({ map5095 }) => map5095,
};

const PREFIX = "sensitivity@";

function isNamed(text: string): text is NamedMonitor {
  return Object.hasOwn(MEASURES, text);
}

/**
 * Reads the name of a measure: `fitness` (0.1 mAP50 + 0.9 mAP50-95), `froc` (mean sensitivity at LUNA16's seven points),
 * `map50`, `map5095`, or `sensitivity@X` with X false positives per image.
 *
 * @throws {ArgumentError} if there is no such measure, with the nearest one
 */
export function parseMonitor(text: string, place: Place = {}): Monitor {
  if (isNamed(text)) return text;
  if (text.startsWith(PREFIX)) {
    const rest = text.slice(PREFIX.length);
    const x = Number(rest);
    if (rest.trim() !== "" && Number.isFinite(x) && x > 0) return `${PREFIX}${x}`;
    throw new ArgumentError(
      `monitor: got ${text}, wanted a number of false positives per image above 0 behind the @, e.g. ${PREFIX}0.5`,
      place,
    );
  }
  const known = [...Object.keys(MEASURES), `${PREFIX}1`];
  const nearest = nearestName(text, known);
  const advice = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  throw new ArgumentError(
    `monitor: got ${text}, wanted ${Object.keys(MEASURES).join(", ")} or ${PREFIX}X${advice}`,
    place,
  );
}

/** What a validation comes to by a measure: the more the better, in [0, 1]. */
export function monitored(name: Monitor, summary: DetectionSummary): number {
  if (isNamed(name)) return MEASURES[name](summary);
  return summary.froc ? sensitivityAt(summary.froc, Number(name.slice(PREFIX.length))) : 0;
}
