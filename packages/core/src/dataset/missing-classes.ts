/**
 * @file Classes that nothing in a data set shows.
 */
import type { Dataset, Problem } from "./sample";

/**
 * A warning that names the classes without any lesion in `dataset`; none if all occur, or if there is no lesion at all,
 * which is another mistake.
 *
 * @param file what the warning calls the data set
 */
export function missingClasses(
  { names, split, samples }: Pick<Dataset, "names" | "split" | "samples">,
  file: string,
): Problem | undefined {
  const seen = new Set(samples.flatMap(({ labels }) => labels.map(({ classId }) => classId)));
  const missing = names.filter((_, classId) => !seen.has(classId));
  if (seen.size === 0 || missing.length === 0) return undefined;
  const shown = missing.slice(0, 8).join(", ") + (missing.length > 8 ? ` and ${missing.length - 8} more` : "");
  const classes = missing.length === 1 ? "class" : "classes";
  const message = `no lesion of ${classes} ${shown} in ${split}: it cannot be learnt; check the labels, or leave it out of names`;
  return { severity: "warning", code: "invalid_dataset", file, at: "names", message };
}
