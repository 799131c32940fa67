/**
 * @file Counts as SVG: bars, a map of positions, a confusion matrix. Colours stand in attributes.
 */

import { roundAxis, tickText } from "./axis";
import { GRID, INK, SOFT } from "./chart-colours";
import { both, type Html, html } from "./html-text";

const BAR = "#1668c7";

/** Bars from left to right, their names below, counts above. */
export function barsSvg(
  names: readonly string[],
  counts: readonly number[],
  { width = 420, height = 220 }: { readonly width?: number; readonly height?: number } = {},
): Html {
  const [left, top, bottom, right] = [48, 18, 30, 8];
  const axis = roundAxis(0, Math.max(1, ...counts), { count: 4 });
  const room = (width - left - right) / Math.max(1, names.length);
  const base = height - bottom;
  const yAt = (value: number) => Math.round(base - ((base - top) * value) / axis.high);
  // Names that would run into one another are left out, every so many are kept.
  const longest = Math.max(1, ...names.map((name) => name.length));
  const every = Math.max(1, Math.ceil((longest * 6.6 + 6) / room));
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="12">${axis.ticks.map(
    (tick) =>
      html`<path d="M${left} ${yAt(tick)}H${width - right}" stroke="${GRID}"/><text x="${left - 7}" y="${yAt(tick) + 4}" text-anchor="end" fill="${SOFT}">${tickText(tick)}</text>`,
  )}${counts.map((count, i) => {
    const x = left + i * room;
    const middle = Math.round(x + room / 2);
    return html`<rect x="${(x + room * 0.12).toFixed(1)}" y="${yAt(count)}" width="${(room * 0.76).toFixed(1)}" height="${base - yAt(count)}" fill="${BAR}"><title>${names[i]}: ${count}</title></rect>${
      room < 24
        ? undefined
        : html`<text x="${middle}" y="${yAt(count) - 4}" text-anchor="middle" fill="${INK}" font-size="11">${count}</text>`
    }${i % every === 0 ? html`<text x="${middle}" y="${base + 17}" text-anchor="middle" fill="${SOFT}">${names[i]}</text>` : undefined}`;
  })}<path d="M${left} ${base}H${width - right}" stroke="${SOFT}"/></svg>`;
}

/** Where the centres lie: `grid` x `grid` cells, the darker the more. */
export function positionsSvg(counts: readonly number[], grid: number, side = 220): Html {
  const most = Math.max(1, ...counts);
  const cell = side / grid;
  return html`<svg viewBox="0 0 ${side + 2} ${side + 2}" width="${side + 2}" height="${side + 2}" role="img"><rect x="0.5" y="0.5" width="${side + 1}" height="${side + 1}" fill="#fff" stroke="${SOFT}"/>${counts.flatMap(
    (count, i) =>
      count === 0
        ? []
        : [
            html`<rect x="${(1 + (i % grid) * cell).toFixed(1)}" y="${(1 + Math.floor(i / grid) * cell).toFixed(1)}" width="${cell.toFixed(1)}" height="${cell.toFixed(1)}" fill="${BAR}" fill-opacity="${(0.15 + (0.85 * count) / most).toFixed(2)}"><title>${count}</title></rect>`,
          ],
  )}</svg>`;
}

const CELL = 56;

/**
 * Rows what was reported, columns what was there, cells shaded by their share of the column.
 *
 * @param counts (K + 1)²
 */
export function confusionSvg(names: readonly string[], counts: readonly number[]): Html {
  const size = names.length + 1;
  const longest = Math.max(9, ...names.map((name) => Math.min(24, name.length)));
  const left = longest * 7.5 + 14;
  const top = Math.min(110, longest * 7.5) + 14;
  const [width, height] = [left + size * CELL + 60, top + size * CELL + 4];
  const totals = Array.from({ length: size }, (_, c) =>
    counts.reduce((sum, n, i) => (i % size === c ? sum + n : sum), 0),
  );
  const shown = (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);
  const label = (i: number, zh: string, en: string) =>
    i < names.length ? html`${shown(names[i])}` : html`<tspan class="zh">${zh}</tspan><tspan class="en">${en}</tspan>`;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="12">${Array.from(
    { length: size },
    (_, i) => {
      const middle = (i + 0.5) * CELL;
      const x = left + middle;
      return html`<text x="${left - 8}" y="${top + middle + 4}" text-anchor="end" fill="${INK}">${label(i, "漏检", "missed")}</text><text transform="translate(${x + 4} ${top - 8}) rotate(-40)" fill="${INK}">${label(i, "误报", "nothing")}</text>`;
    },
  )}${counts.map((count, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    if (row === size - 1 && column === size - 1) return html``;
    const share = totals[column] === 0 ? 0 : count / totals[column];
    const right = row === column;
    const [x, y] = [left + column * CELL, top + row * CELL];
    return html`<rect x="${x}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" rx="3" fill="#f1f4f7"/><rect x="${x}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" rx="3" fill="${right ? "#167a4c" : "#c2453f"}" fill-opacity="${(0.85 * share).toFixed(2)}"/><text x="${x + CELL / 2 - 1}" y="${y + CELL / 2 + 3}" text-anchor="middle" fill="${share > 0.55 ? "#fff" : INK}">${count}</text>`;
  })}</svg>`;
}

/** How to read the matrix. */
export const CONFUSION_NOTE = both(
  "行：检出类别；列：标注类别；颜色深浅为该列中的比例（置信度 0.25，IoU 0.45）。",
  "Rows: what was reported; columns: what was marked; shaded by share of the column (confidence 0.25, IoU 0.45).",
);
