/**
 * @file Oddities too many to tell one by one: how often, and where first.
 */
import type { Problem } from "../sample";

export class Tally {
  readonly #counts = new Map<string, { count: number; first: string | undefined; severity: Problem["severity"] }>();

  /** @param at where it stands in the file; the first place is told */
  add(what: string, at?: string, severity: Problem["severity"] = "warning"): void {
    const entry = this.#counts.get(what);
    if (entry) entry.count++;
    else this.#counts.set(what, { count: 1, first: at, severity });
  }

  /** One problem for each kind, in the order in which they first came. */
  problems(file: string): Problem[] {
    return [...this.#counts].map(([what, { count, first, severity }]) => ({
      severity,
      code: "invalid_annotations",
      file,
      at: first,
      message: count === 1 ? what : `${what} (and ${count - 1} more like it)`,
    }));
  }
}
