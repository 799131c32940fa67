/**
 * @file Line charts as SVG: one inside a page, or several as a file of its own.
 *
 * Colours and sizes stand in attributes, so that a page may forbid inline styles.
 */

import { type Axis, roundAxis, tickText } from "./axis";
import { GRID, INK, SOFT } from "./chart-colours";
import { type Html, html } from "./html-text";
import { LINE_COLOURS, type Line, type LineChart, type Mark, spanOf, unbroken } from "./line-chart";

export interface ChartSize {
  /** Units of the SVG's own coordinates. @default 420 */
  readonly width?: number;
  /** @default 280, on a sheet 300 */
  readonly height?: number;
}

export interface ChartOptions extends ChartSize {
  /** Titles and names in Chinese, for a page that shows one language or the other. @default none: as the chart has them */
  readonly chinese?: Readonly<Record<string, string>>;
}

const FONT = "Inter, Segoe UI, Helvetica, Arial, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif";

/** Room for title and legend, ticks and axis titles. */
const TOP = 38;
const LEFT = 52;
const RIGHT = 14;
const BOTTOM = 40;
const LEGEND_ROW = 17;
/** Lines named in a legend; more are drawn, and counted there. */
const LEGEND_MOST = 12;

/** One chart as an `<svg>` element that takes the width it is given. */
export function chartSvg(chart: LineChart, { width = 420, height = 280, chinese = {} }: ChartOptions = {}): Html {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${chart.title}" font-family="${FONT}" font-size="12">${panel(chart, width, height, chinese)}</svg>`;
}

export interface SheetSize extends ChartSize {
  /** Charts in a row. @default 4 */
  readonly columns?: number;
}

/** All charts, row by row, as the text of an SVG file. */
export function chartSheetSvg(
  charts: readonly LineChart[],
  { columns = 4, width = 420, height = 300 }: SheetSize = {},
): string {
  const rows = Math.ceil(charts.length / columns);
  const used = Math.max(1, Math.min(columns, charts.length));
  const placed = charts.map((chart, i) => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height];
    return html`<g transform="translate(${x} ${y})">${panel(chart, width, height, {})}</g>\n`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${used * width} ${rows * height}" width="${used * width}" height="${rows * height}" font-family="${FONT}" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${placed}</svg>
`.markup;
}

type Words = Readonly<Record<string, string>>;

/** A word, or both languages of it where it has a Chinese one. */
function worded(text: string, chinese: Words): Html {
  const zh = Object.hasOwn(chinese, text) ? chinese[text] : undefined;
  return zh === undefined ? html`${text}` : html`<tspan class="zh">${zh}</tspan><tspan class="en">${text}</tspan>`;
}

function panel(chart: LineChart, width: number, height: number, chinese: Words): Html {
  const { title, xTitle, yTitle, lines, marks = [], xTicks } = chart;
  const legend = legendOf(chart, width - LEFT - RIGHT, chinese);
  const top = TOP + legend.height;
  const area = { x: LEFT, y: top, width: width - LEFT - RIGHT, height: Math.max(40, height - top - BOTTOM) };
  const x = axisOf(chart, "x");
  const y = axisOf(chart, "y");
  const xAt = (value: number) => rounded(area.x + ((value - x.low) / (x.high - x.low)) * area.width);
  const yAt = (value: number) => rounded(area.y + area.height - ((value - y.low) / (y.high - y.low)) * area.height);
  const bottom = area.y + area.height;
  const ticks = xTicks ?? x.ticks.map((at) => ({ at, text: tickText(at) }));
  return html`<text x="${LEFT}" y="20" font-size="14" font-weight="600" fill="${INK}">${worded(title, chinese)}</text>
${legend.markup}${y.ticks.map(
  (tick) =>
    html`<path d="M${area.x} ${yAt(tick)}h${area.width}" stroke="${GRID}"/><text x="${area.x - 7}" y="${yAt(tick)}" dy="4" text-anchor="end" fill="${SOFT}">${tickText(tick)}</text>`,
)}${ticks.map(
  ({ at, text }) =>
    html`<path d="M${xAt(at)} ${bottom}v4" stroke="${SOFT}"/><text x="${xAt(at)}" y="${bottom + 17}" text-anchor="middle" fill="${SOFT}">${text}</text>`,
)}<path d="M${area.x} ${bottom}h${area.width}" stroke="${SOFT}"/>
<text x="${area.x + area.width / 2}" y="${height - 6}" text-anchor="middle" fill="${SOFT}">${worded(xTitle, chinese)}</text>${
    yTitle === undefined
      ? undefined
      : html`<text x="${LEFT}" y="${top - 6}" fill="${SOFT}">${worded(yTitle, chinese)}</text>`
  }
${lines.map((line, i) => bandOf(line, LINE_COLOURS[i % LINE_COLOURS.length], xAt, yAt))}${lines.flatMap((line, i) => {
  const colour = line.dashed ? SOFT : LINE_COLOURS[i % LINE_COLOURS.length];
  return unbroken(line).map((points) =>
    // A single value has no line to draw.
    points.length === 1
      ? html`<circle cx="${xAt(points[0].x)}" cy="${yAt(points[0].y)}" r="3" fill="${colour}"/>`
      : html`<polyline points="${points.map((point) => `${xAt(point.x)},${yAt(point.y)}`).join(" ")}" fill="none" stroke="${colour}" stroke-width="${line.dashed ? 1 : 1.8}" stroke-linejoin="round"${line.dashed ? DASHES : undefined}/>`,
  );
})}${marks.map((mark) => markOf(mark, xAt, yAt))}`;
}

const DASHES: Html = { markup: ' stroke-dasharray="4 3"' };

type Place = (value: number) => number;

function bandOf({ band = [] }: Line, colour: string, xAt: Place, yAt: Place): Html {
  const known = band.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  if (known.length < 2) return html``;
  const upper = known.map(({ x, high }) => `${xAt(x)},${yAt(high)}`);
  const lower = known.toReversed().map(({ x, low }) => `${xAt(x)},${yAt(low)}`);
  return html`<polygon points="${[...upper, ...lower].join(" ")}" fill="${colour}" fill-opacity="0.16"/>`;
}

function markOf({ x, y, low, high, line = 0 }: Mark, xAt: Place, yAt: Place): Html {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return html``;
  const colour = LINE_COLOURS[line % LINE_COLOURS.length];
  const whisker =
    low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high)
      ? html`<path d="M${xAt(x)} ${yAt(low)}V${yAt(high)}M${xAt(x) - 3} ${yAt(low)}h6M${xAt(x) - 3} ${yAt(high)}h6" stroke="${colour}" stroke-width="1.3"/>`
      : undefined;
  return html`${whisker}<circle cx="${xAt(x)}" cy="${yAt(y)}" r="4.5" fill="${colour}" stroke="#fff" stroke-width="1.5"/>`;
}

/** Names of the lines, one after another, as many rows as they take; a single line needs none. */
function legendOf(
  { lines }: LineChart,
  room: number,
  chinese: Words,
): { readonly markup: Html; readonly height: number } {
  if (lines.length < 2) return { markup: html``, height: 0 };
  const entries: Html[] = [];
  let x = 0;
  let row = 0;
  const place = (name: string, colour: string | undefined, dashed = false) => {
    const shown = shortened(name, 28);
    const wide = 26 + textUnits(shown);
    if (x > 0 && x + wide > room) [x, row] = [0, row + 1];
    const y = TOP + row * LEGEND_ROW;
    const mark =
      colour &&
      html`<path d="M${LEFT + x} ${y - 4}h14" stroke="${colour}" stroke-width="${dashed ? 1 : 2.5}"${dashed ? DASHES : undefined}/>`;
    entries.push(
      html`${mark || undefined}<text x="${LEFT + x + 18}" y="${y}" fill="${INK}">${worded(shown, chinese)}</text>`,
    );
    x += wide + 8;
  };
  lines.slice(0, LEGEND_MOST).forEach(({ name, dashed }, i) => {
    place(name, dashed ? SOFT : LINE_COLOURS[i % LINE_COLOURS.length], dashed);
  });
  if (lines.length > LEGEND_MOST) place(`+ ${lines.length - LEGEND_MOST}`, undefined);
  return { markup: html`${entries}`, height: (row + 1) * LEGEND_ROW };
}

/** Axis over the range given, or rounded over what the lines span. Epochs and such are whole numbers. */
function axisOf({ lines, xRange, yRange, xTitle }: LineChart, axis: "x" | "y"): Axis {
  const given = axis === "x" ? xRange : yRange;
  const [low, high] = given ?? spanOf(lines, axis) ?? [0, 1];
  if (given) return roundAxis(low, high, { exact: low < high });
  if (axis === "y") return roundAxis(low, high);
  if (low === high) return { low: low - 1, high: high + 1, ticks: [low] };
  const { ticks, ...ends } = roundAxis(low, high, { exact: true });
  return { ...ends, ticks: xTitle === "epoch" ? ticks.filter(Number.isInteger) : ticks };
}

const rounded = (x: number) => Math.round(x * 10) / 10;

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** About how wide a text is at 12 units: Chinese characters are square. */
function textUnits(text: string): number {
  let units = 0;
  for (const character of text) units += (character.codePointAt(0) ?? 0) > 0x2e7f ? 12 : 6.6;
  return units;
}
