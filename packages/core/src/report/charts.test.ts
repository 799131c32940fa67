import { describe, expect, test } from "vitest";
import { apPerClass } from "../metrics/average-precision";
import { roundAxis, tickText } from "./axis";
import { chartSheetSvg, chartSvg } from "./chart-svg";
import { historyCharts } from "./history-charts";
import { type LineChart, spanOf, unbroken } from "./line-chart";
import { precisionRecallCharts } from "./precision-recall-charts";

const ROWS = [1, 2, 3].map((epoch) => ({
  epoch,
  time: 10 * epoch,
  "train/box_loss": 3 - epoch,
  "val/box_loss": epoch === 2 ? "" : 4 - epoch,
  "metrics/mAP50(B)": epoch / 10,
  "metrics/mAP50(M)": epoch / 20,
  "metrics/froc1(B)": "",
  "lr/pg0": 0.01,
  "lr/pg1": 0.01,
}));

describe("historyCharts", () => {
  test("puts training and validation of one loss together, rates together, measures apart", () => {
    const charts = historyCharts(ROWS);
    expect(charts.map(({ title, lines }) => [title, lines.map(({ name }) => name)])).toEqual([
      ["box loss", ["train", "val"]],
      ["mAP50", ["mAP50(B)"]],
      ["mAP50 of masks", ["mAP50(M)"]],
      ["learning rate", ["pg0", "pg1"]],
    ]);
    expect(charts[0].lines[0].points).toEqual([
      { x: 1, y: 2 },
      { x: 2, y: 1 },
      { x: 3, y: 0 },
    ]);
    // What was not measured is a gap.
    expect(charts[0].lines[1].points[1]).toEqual({ x: 2, y: Number.NaN });
  });

  test("of no rows is empty", () => {
    expect(historyCharts([])).toEqual([]);
  });
});

describe("precisionRecallCharts", () => {
  test("names each line by its class, and by its AP where precision is drawn over recall", () => {
    const measured = apPerClass({
      ...{ tp: Uint8Array.of(1), conf: [0.9], predClass: [1], targetClass: [1] },
      thresholds: 1,
    });
    const charts = precisionRecallCharts(measured, ["a", "b"], { steps: 10 });
    expect(charts.map(({ lines }) => lines[0].name)).toEqual(["b 0.995", "b", "b", "b"]);
    expect(charts[0].lines[0].points).toHaveLength(11);
    expect(charts[0].lines[0].points.map(({ x }) => x).at(-1)).toBe(1);
  });
});

describe("roundAxis", () => {
  // 0.97 / 5 = 0.194, next of 1, 2, 5 is 0.2. 1234 / 5 = 246.8: 500. 3 / 5 = 0.6: 1.
  test.each([
    [0, 0.97, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 1234, [0, 500, 1000, 1500]],
    [1, 4, [1, 2, 3, 4]],
    [-0.3, 0.2, [-0.3, -0.2, -0.1, 0, 0.1, 0.2]],
    [1e-5, 5e-5, [1e-5, 2e-5, 3e-5, 4e-5, 5e-5]],
  ])("over %d ... %d has ticks %j", (low, high, ticks) => {
    expect(roundAxis(low, high).ticks).toEqual(ticks);
  });

  test("keeps its ends where it is told to", () => {
    expect(roundAxis(1, 12, { exact: true })).toEqual({ low: 1, high: 12, ticks: [5, 10] });
  });

  test("widens a span of nothing", () => {
    expect(roundAxis(0, 0)).toMatchObject({ low: -1, high: 1 });
    const { low, high } = roundAxis(5, 5);
    expect(low < 5 && high > 5).toBe(true);
  });
});

test("tickText writes very small and very large values with a power", () => {
  expect([0, 0.25, 0.001, 1e-4, 123456, 2e6].map(tickText)).toEqual(["0", "0.25", "0.001", "1e-4", "123456", "2e6"]);
});

describe("spanOf and unbroken", () => {
  const lines = [{ name: "a", points: [0, 1, Number.NaN, 3, Number.POSITIVE_INFINITY].map((y, x) => ({ x, y })) }];

  test("leave out what is not finite, and break the line there", () => {
    expect(spanOf(lines, "y")).toEqual([0, 3]);
    expect(spanOf(lines, "x")).toEqual([0, 3]);
    expect(unbroken(lines[0]).map((run) => run.map(({ x }) => x))).toEqual([[0, 1], [3]]);
  });

  test("of nothing are nothing", () => {
    expect(spanOf([], "y")).toBeUndefined();
    expect(unbroken({ name: "", points: [] })).toEqual([]);
  });
});

describe("chartSvg", () => {
  const chart: LineChart = {
    title: "box <loss>",
    xTitle: "epoch",
    xRange: [0, 10],
    yRange: [0, 1],
    lines: [
      {
        name: "a",
        points: [
          { x: 0, y: 0 },
          { x: 10, y: 1 },
        ],
      },
      { name: '"><script>', points: [{ x: 5, y: 0.5 }] },
    ],
  };

  test("draws lines to scale, a single value as a dot", () => {
    const { markup } = chartSvg(chart, { width: 466, height: 195 });
    // Left 52, right 14: 400 wide. Above: 38 and one row of legend 17, below 40: 100 high, from 55 to 155.
    expect(markup).toContain('points="52,155 452,55"');
    expect(markup).toContain('cx="252" cy="105"');
  });

  test("escapes every text", () => {
    const { markup } = chartSvg(chart);
    expect(markup).not.toContain("<script>");
    expect(markup).toContain("box &lt;loss&gt;");
  });

  test("gives both languages of a word that it knows", () => {
    const { markup } = chartSvg(chart, { chinese: { epoch: "轮" } });
    expect(markup).toContain('<tspan class="zh">轮</tspan><tspan class="en">epoch</tspan>');
    expect(chartSvg({ ...chart, xTitle: "constructor" }, { chinese: {} }).markup).toContain(">constructor<");
  });

  test("names twelve lines and counts the others", () => {
    const many = Array.from({ length: 15 }, (_, i) => ({ name: `class ${i}`, points: [{ x: 0, y: 0 }] }));
    const { markup } = chartSvg({ ...chart, lines: many });
    expect(markup).toContain("class 11");
    expect(markup).not.toContain("class 12");
    expect(markup).toContain("+ 3");
  });

  test("draws a chart without any value", () => {
    expect(chartSvg({ ...chart, xRange: undefined, yRange: undefined, lines: [] }).markup).not.toContain("NaN");
  });
});

test("chartSheetSvg is a file of its own, charts row by row", () => {
  const text = chartSheetSvg(historyCharts(ROWS), { columns: 3, width: 100, height: 100 });
  expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 300 200"/);
  expect(text).toContain("translate(0 100)");
  expect(text).not.toMatch(/NaN|class="zh"/);
});
