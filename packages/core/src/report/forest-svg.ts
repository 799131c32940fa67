/**
 * @file Shares with their intervals, one row each: a dot and whiskers on one axis from 0 to 1 (a forest plot).
 *
 * Colours stand in attributes, so that a page may forbid inline styles.
 */

import type { Measured } from "../metrics/cluster-ratio";
import { GRID, INK, SOFT } from "./chart-colours";
import { type Html, html } from "./html-text";

export interface ForestRow {
  readonly label: Html | string;
  /** Right of the plot, in columns: counts, the share, its interval. */
  readonly texts: readonly [counts: string, share: string, interval: string];
  /** NaN leaves the row without a dot. */
  readonly measured: Measured;
}

export interface ForestGroup {
  readonly title: Html | string;
  readonly rows: readonly ForestRow[];
}

const DOT = "#1668c7";

const ROW = 22;
const LEFT = 190;
const RIGHT = 236;
const WIDTH = 820;
const PLOT = WIDTH - LEFT - RIGHT;

/** One `<svg>`; the dashed line is `reference`, the share of all. */
export function forestSvg(groups: readonly ForestGroup[], reference: number): Html {
  const xAt = (share: number) => Math.round(10 * (LEFT + share * PLOT)) / 10;
  const rows: Html[] = [];
  let y = 8;
  for (const { title, rows: own } of groups) {
    y += ROW;
    rows.push(html`<text x="0" y="${y}" font-weight="600" fill="${INK}">${title}</text>`);
    for (const row of own) {
      y += ROW;
      rows.push(rowSvg(row, y, xAt));
    }
    y += 6;
  }
  const bottom = y + 10;
  const height = bottom + 24;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (tick) =>
      html`<path d="M${xAt(tick)} 12V${bottom}" stroke="${GRID}"/><text x="${xAt(tick)}" y="${bottom + 16}" text-anchor="middle" fill="${SOFT}">${Math.round(100 * tick)} %</text>`,
  );
  const line = Number.isFinite(reference)
    ? html`<path d="M${xAt(reference)} 12V${bottom}" stroke="${SOFT}" stroke-dasharray="4 3"/>`
    : undefined;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-size="12.5">${ticks}${line}${rows}</svg>`;
}

/** Right edges of the three columns of text. */
const COLUMNS = [84, 142, 236] as const;

function rowSvg({ label, texts, measured: { value, low, high } }: ForestRow, y: number, xAt: (x: number) => number) {
  const middle = y - 4;
  const shown = typeof label === "string" && label.length > 26 ? `${label.slice(0, 25)}…` : label;
  const whisker =
    Number.isFinite(low) && Number.isFinite(high)
      ? html`<path d="M${xAt(low)} ${middle}H${xAt(high)}M${xAt(low)} ${middle - 4}v8M${xAt(high)} ${middle - 4}v8" stroke="${DOT}" stroke-width="1.5"/>`
      : undefined;
  const dot = Number.isFinite(value)
    ? html`<circle cx="${xAt(value)}" cy="${middle}" r="4.5" fill="${DOT}"/>`
    : undefined;
  return html`<text x="12" y="${y}" fill="${INK}">${shown}</text>${whisker}${dot}${texts.map(
    (text, k) => html`<text x="${WIDTH - RIGHT + COLUMNS[k]}" y="${y}" text-anchor="end" fill="${SOFT}">${text}</text>`,
  )}`;
}
