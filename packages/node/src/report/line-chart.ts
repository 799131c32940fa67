/**
 * @file Line charts as pictures: several small ones on one sheet.
 */

import { GRID, INK } from "@fovea/core/report/chart-colours";
import { LINE_COLOURS, type LineChart } from "@fovea/core/report/line-chart";
import { FONT_FAMILY, prepareFont } from "../imaging/picture-font";
import { sharpLibrary } from "../imaging/sharp-library";

export interface SheetOptions {
  /** Charts in a row. @default 4 */
  readonly columns?: number;
  /** Size of one chart, pixels. @default 420 */
  readonly width?: number;
  /** @default 300 */
  readonly height?: number;
}

const MARGIN = 12;

/** PNG of `charts`, row by row. */
export async function drawLineCharts(
  charts: readonly LineChart[],
  { columns = 4, width = 420, height = 300 }: SheetOptions = {},
): Promise<Buffer> {
  const words = charts.flatMap(({ title, xTitle, yTitle = "", lines }) => [
    title,
    xTitle,
    yTitle,
    ...lines.map((l) => l.name),
  ]);
  // Numbers on the axes, with the minus sign that Chart.js writes.
  await prepareFont(`${words.join("")}0123456789.,-−+eE%`);
  const [{ Chart }, { createCanvas }] = await Promise.all([import("chart.js/auto"), import("@napi-rs/canvas")]);
  const rows = Math.ceil(charts.length / columns);
  const used = Math.min(columns, charts.length);
  const sheet = createCanvas(used * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN);
  const context = sheet.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  charts.forEach((chart, i) => {
    const panel = createCanvas(width, height);
    // Chart.js asks for a canvas of the browser; what it uses of it, this one has.
    const drawn = new Chart(panel as unknown as ConstructorParameters<typeof Chart>[0], configuration(chart));
    context.drawImage(
      panel,
      MARGIN + (i % columns) * (width + MARGIN),
      MARGIN + Math.floor(i / columns) * (height + MARGIN),
    );
    drawn.destroy();
  });
  const sharp = await sharpLibrary();
  const raw = { width: sheet.width, height: sheet.height, channels: 4 } as const;
  return sharp(sheet.data(), { raw }).removeAlpha().png().toBuffer();
}

function configuration({
  title,
  xTitle,
  yTitle,
  lines,
  xRange,
  yRange,
}: LineChart): import("chart.js").ChartConfiguration<"line"> {
  const font = { family: FONT_FAMILY, size: 12 };
  const axis = (text: string | undefined, range: readonly [number, number] | undefined) => ({
    type: "linear" as const,
    title: { display: text !== undefined, text, font, color: INK },
    ticks: { font, color: INK, maxTicksLimit: 7 },
    grid: { color: GRID },
    ...(range === undefined ? {} : { min: range[0], max: range[1] }),
  });
  return {
    type: "line",
    data: {
      datasets: lines.map(({ name, points }, i) => ({
        label: name,
        data: points.map(({ x, y }) => ({ x, y: Number.isFinite(y) ? y : Number.NaN })),
        borderColor: LINE_COLOURS[i % LINE_COLOURS.length],
        backgroundColor: LINE_COLOURS[i % LINE_COLOURS.length],
        borderWidth: 1.8,
        // A single epoch has no line to draw.
        pointRadius: points.length === 1 ? 3 : 0,
      })),
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: 1,
      font,
      color: INK,
      scales: { x: axis(xTitle, xRange), y: axis(yTitle, yRange) },
      plugins: {
        title: { display: true, text: title, color: INK, font: { ...font, size: 14, weight: 600 } },
        legend: { display: lines.length > 1, labels: { font, color: INK, boxWidth: 18, boxHeight: 2 } },
      },
    },
  };
}
