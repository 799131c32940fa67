/**
 * @file Keys that move through the rows of a table: from a row's link to that of another.
 */
import type { KeyboardEvent } from "react";

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** @param links one for each row, in their order; the focus may be elsewhere in its row */
export function moveThroughRows(event: KeyboardEvent, links: readonly HTMLElement[]): void {
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = document.activeElement?.closest("tr");
  const from = links.findIndex((link) => link.closest("tr") === row);
  event.preventDefault();
  links[Math.max(0, Math.min(links.length - 1, from + step))]?.focus();
}
