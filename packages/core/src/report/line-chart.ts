/**
 * @file What a line chart shows, whoever draws it: the PNG sheet, the SVG file and the page of a run all start from this.
 */

/** One line; points whose y is not finite leave a gap. */
export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** How far its values may be trusted, drawn in the SVG as a band around it. @default none */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  /** A line to compare with rather than one that was measured. @default false */
  readonly dashed?: boolean;
}

/** A point that stands out, with the interval of its y where there is one. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** Number of the line whose colour it has. @default 0 */
  readonly line?: number;
}

export interface LineChart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle?: string;
  readonly lines: readonly Line[];
  /** Least and greatest y. @default what the lines span */
  readonly yRange?: readonly [number, number];
  /** Least and greatest x. @default what the lines span */
  readonly xRange?: readonly [number, number];
  /** Drawn in the SVG only. @default round numbers */
  readonly xTicks?: readonly { readonly at: number; readonly text: string }[];
  /** Drawn in the SVG only. @default none */
  readonly marks?: readonly Mark[];
}

/** CSS colours of the lines, in turn. */
export const LINE_COLOURS: readonly string[] = [
  ...["#1668c7", "#e0662b", "#259b57", "#b23bb8", "#c29a00", "#0f9aa8", "#d03a4e", "#6b6f7b"],
];

/** Least and greatest finite value on one axis of all lines; `undefined` if there is none. */
export function spanOf(lines: readonly Line[], axis: "x" | "y"): readonly [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { points } of lines) {
    for (const point of points) {
      // A point with a gap for y is not drawn, so that its x counts neither.
      if (!Number.isFinite(point.x) || !Number.isFinite(point.y)) continue;
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** The points of a line between its gaps. */
export function unbroken({ points }: Line): Line["points"][] {
  const runs: Line["points"][number][][] = [];
  let open = false;
  for (const point of points) {
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y)) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    open = true;
    runs[runs.length - 1].push(point);
  }
  return runs;
}
