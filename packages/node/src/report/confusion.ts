/**
 * @file Picture of a confusion matrix.
 */
import type { ConfusionMatrix } from "@fovea/core/metrics/confusion-matrix";
import { INK } from "@fovea/core/report/chart-colours";
import type { SKRSContext2D } from "@napi-rs/canvas";
import { writeAtomically } from "../data/atomic-write";
import { FONT_FAMILY, prepareFont } from "../imaging/picture-font";

const CELL = 72;
const MARGIN = 16;
const FONT_SIZE = 14;

/**
 * Writes the matrix to the PNG file `path`: rows what was reported, columns what was there, cells shaded by their share
 * of the column.
 *
 * @param names of the classes, by id
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawConfusion(
  { nc, counts }: ConfusionMatrix,
  names: readonly string[],
  path: string,
): Promise<void> {
  const classes = Array.from({ length: nc }, (_, i) => names[i] ?? String(i));
  const rows = [...classes, "missed 漏检"];
  const columns = [...classes, "nothing 误报"];
  const title = "reported (rows) / true (columns) 检出 / 标注";
  await prepareFont(`${rows.join("")}${columns.join("")}${title}0123456789`);
  const { createCanvas } = await import("@napi-rs/canvas");
  const ruler = createCanvas(1, 1).getContext("2d");
  ruler.font = font(400);
  const longest = Math.max(...[...rows, ...columns].map((name) => ruler.measureText(name).width));
  const left = Math.ceil(longest) + 2 * MARGIN;
  const top = Math.ceil(longest) + 4 * MARGIN;
  const size = CELL * (nc + 1);
  ruler.font = font(600);
  const width = Math.max(left + size, Math.ceil(ruler.measureText(title).width) + MARGIN) + MARGIN;
  const canvas = createCanvas(width, top + size + MARGIN);
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "middle";
  context.fillStyle = INK;
  context.font = font(600);
  context.fillText(title, MARGIN, 1.5 * MARGIN);
  context.font = font(400);
  for (let row = 0; row <= nc; row++) {
    context.textAlign = "right";
    context.fillStyle = INK;
    context.fillText(rows[row], left - MARGIN / 2, top + (row + 0.5) * CELL);
    for (let column = 0; column <= nc; column++) {
      const total = columnTotal(counts, nc + 1, column);
      drawCell(context, left + column * CELL, top + row * CELL, counts[row * (nc + 1) + column], total);
    }
  }
  drawColumnNames(context, columns, left, top);
  await writeAtomically(path, await canvas.encode("png"));
}

function font(weight: number): string {
  return `${weight} ${FONT_SIZE}px "${FONT_FAMILY}"`;
}

function columnTotal(counts: Float64Array, size: number, column: number): number {
  let total = 0;
  for (let row = 0; row < size; row++) total += counts[row * size + column];
  return total;
}

function drawCell(context: SKRSContext2D, x: number, y: number, count: number, total: number): void {
  const share = total === 0 ? 0 : count / total;
  // From white to a dark blue.
  context.fillStyle = `rgb(${Math.round(255 - 233 * share)}, ${Math.round(255 - 151 * share)}, ${Math.round(255 - 56 * share)})`;
  context.fillRect(x, y, CELL - 2, CELL - 2);
  context.textAlign = "center";
  context.fillStyle = share > 0.5 ? "#ffffff" : INK;
  context.fillText(String(count), x + CELL / 2 - 1, y + CELL / 2 - 1);
}

/** Names stand upright over their columns, read from below. */
function drawColumnNames(context: SKRSContext2D, names: readonly string[], left: number, top: number): void {
  context.textAlign = "left";
  context.fillStyle = INK;
  names.forEach((name, i) => {
    context.save();
    context.translate(left + (i + 0.5) * CELL, top - MARGIN / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(name, 0, 0);
    context.restore();
  });
}
