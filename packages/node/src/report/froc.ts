/**
 * @file Picture of a FROC curve: sensitivity by false positives per image, with its interval.
 */
import type { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import { froc, LUNA16_POINTS, sensitivityAt } from "@fovea/core/metrics/froc";
import { frocIntervals } from "@fovea/core/metrics/froc-intervals";
import { GRID, INK } from "@fovea/core/report/chart-colours";
import type { ChartConfiguration, ChartDataset, Plugin } from "chart.js";
import { writeAtomically } from "../data/atomic-write";
import { FONT_FAMILY, prepareFont } from "../imaging/picture-font";

const WIDTH = 720;
const HEIGHT = 520;
const BLUE = "#1668c7";
const BAND = "rgba(22, 104, 199, 0.15)";
const COLOURS = ["#e0662b", "#259b57", "#b23bb8", "#c29a00", "#0f9aa8", "#d03a4e", "#6b6f7b"] as const;

const TITLE = "FROC: lesions found by false positives per image 每图假阳性数对应的检出率";
const X_TITLE = "false positives per image 每图假阳性 (below: sensitivity at 1)";
const Y_TITLE = "sensitivity 灵敏度";
const BAND_NAME = "95 % interval 置信区间";
const ALL = "all 全部";

/** Sixteen points to a doubling, over what LUNA16 looks at. */
const POSITIONS = Array.from({ length: 6 * 16 + 1 }, (_, k) => 2 ** (k / 16 - 3));

/** `1/8` ... `8`. */
const tickText = (x: number) => (x < 1 ? `1/${1 / x}` : String(x));

/** A curve to draw, its sensitivities at `POSITIONS`. */
interface Drawn {
  readonly name: string;
  readonly sensitivity: readonly number[];
}

/**
 * Writes the curve of all lesions with its interval, and those of up to seven classes, to the PNG file `path`. Where no
 * image has a label the axes are empty.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawFroc(metrics: DetectionMetrics, path: string): Promise<void> {
  const { perClass, labels } = metrics.summary();
  const several = perClass.length > 1 && perClass.length <= COLOURS.length;
  const curves = labels === 0 ? [] : [drawn(metrics, ALL)];
  if (several) curves.push(...perClass.map(({ classId, name }) => drawn(metrics, name, classId)));
  const band = labels === 0 ? [] : frocIntervals([{ curve: metrics.frocScans(), points: POSITIONS }])[0];
  const datasets = [
    bandSide(
      BAND_NAME,
      band.map(({ high }) => high),
      "+1",
    ),
    bandSide(
      "",
      band.map(({ low }) => low),
      false,
    ),
    ...curves.map(curveLine),
  ];
  await prepareFont(`${TITLE}${X_TITLE}${Y_TITLE}${datasets.map(({ label }) => label).join("")}0123456789./%`);
  const [{ Chart }, { createCanvas }] = await Promise.all([import("chart.js/auto"), import("@napi-rs/canvas")]);
  const canvas = createCanvas(WIDTH, HEIGHT);
  // Chart.js asks for a canvas of the browser; what it uses of it, this one has.
  const given = canvas as unknown as ConstructorParameters<typeof Chart>[0];
  const chart = new Chart(given, configuration(datasets));
  await writeAtomically(path, await canvas.encode("png"));
  chart.destroy();
}

function drawn(metrics: DetectionMetrics, name: string, classId?: number): Drawn {
  const curve = froc(metrics.frocScans({ classId }));
  return {
    name: `${name} ${sensitivityAt(curve, 1).toFixed(3)}`,
    sensitivity: POSITIONS.map((x) => sensitivityAt(curve, x)),
  };
}

const pointsOf = (values: readonly number[]) => values.map((y, k) => ({ x: POSITIONS[k], y }));

/** One edge of the band; the upper one is filled down to the lower one, which comes next. */
function bandSide(label: string, values: readonly number[], fill: "+1" | false): ChartDataset<"line"> {
  return {
    label,
    data: pointsOf(values),
    fill,
    backgroundColor: BAND,
    borderColor: BAND,
    borderWidth: 0,
    pointRadius: 0,
  };
}

function curveLine({ name, sensitivity }: Drawn, i: number): ChartDataset<"line"> {
  const colour = i === 0 ? BLUE : COLOURS[i - 1];
  return {
    label: name,
    data: pointsOf(sensitivity),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: i === 0 ? 2.6 : 1.4,
    pointRadius: 0,
  };
}

/** White below everything: a canvas begins transparent. */
const PAPER: Plugin<"line"> = {
  id: "paper",
  beforeDraw: ({ ctx, width, height }) => {
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, width, height);
  },
};

function configuration(datasets: ChartDataset<"line">[]): ChartConfiguration<"line"> {
  const font = { family: FONT_FAMILY, size: 13 };
  const title = (text: string) => ({ display: true, text, font, color: INK });
  return {
    type: "line",
    data: { datasets },
    plugins: [PAPER],
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: 1,
      font,
      color: INK,
      layout: { padding: 12 },
      scales: {
        x: {
          type: "logarithmic",
          min: LUNA16_POINTS[0],
          max: LUNA16_POINTS[LUNA16_POINTS.length - 1],
          title: title(X_TITLE),
          grid: { color: GRID },
          afterBuildTicks: (axis) => {
            axis.ticks = LUNA16_POINTS.map((value) => ({ value }));
          },
          ticks: { font, color: INK, autoSkip: false, callback: (value) => tickText(Number(value)) },
        },
        y: { min: 0, max: 1, title: title(Y_TITLE), grid: { color: GRID }, ticks: { font, color: INK } },
      },
      plugins: {
        title: { ...title(TITLE), font: { ...font, size: 14, weight: 600 } },
        legend: {
          position: "bottom",
          labels: { font, color: INK, boxWidth: 18, boxHeight: 3, filter: ({ text }) => text !== "" },
        },
      },
    },
  };
}
