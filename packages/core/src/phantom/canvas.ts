/**
 * @file A plane of attenuation on which a phantom's anatomy is drawn.
 *
 * Positions are millimetres from the top left corner. A cell is a square of `CELL_MM`; the value of the cell in row r and
 * column c is `values[r * size + c]` and stands for its centre.
 */

/** Coarse enough to draw a chest in a few milliseconds, fine enough for ribs and vessels. */
export const CELL_MM = 1.5;

export interface Canvas {
  /** Rows, and columns. */
  readonly size: number;
  readonly values: Float32Array;
}

/** An empty canvas of `mm` by `mm`. */
export function canvas(mm: number): Canvas {
  const size = Math.round(mm / CELL_MM);
  return { size, values: new Float32Array(size * size) };
}

/** Centre of row or column `index`, mm. */
export function cellCenter(index: number): number {
  return (index + 0.5) * CELL_MM;
}

/** Value at a position, between its four neighbours; the border's value outside. */
export function sample(source: Canvas, x: number, y: number): number {
  return interpolate(source, x / CELL_MM - 0.5, y / CELL_MM - 0.5);
}

/** Value at a column and row that need not be whole. */
export function interpolate({ size, values }: Canvas, x: number, y: number): number {
  const cx = Math.min(Math.max(x, 0), size - 1.001);
  const cy = Math.min(Math.max(y, 0), size - 1.001);
  const column = Math.floor(cx);
  const row = Math.floor(cy);
  const fx = cx - column;
  const fy = cy - row;
  const at = row * size + column;
  const upper = values[at] + fx * (values[at + 1] - values[at]);
  const lower = values[at + size] + fx * (values[at + size + 1] - values[at + size]);
  return upper + fy * (lower - upper);
}

/** Set the values of row `row` from `from` to `to` (mm) to `value`, those at the ends in proportion. */
export function fillSpan({ size, values }: Canvas, row: number, from: number, to: number, value: number): void {
  const left = Math.max(0, from / CELL_MM);
  const right = Math.min(size, to / CELL_MM);
  for (let column = Math.floor(left); column < right; column++) {
    const covered = Math.min(right, column + 1) - Math.max(left, column);
    values[row * size + column] += covered * (value - values[row * size + column]);
  }
}

/** Raise the cell at a position to `value`; a higher one stays, and outside the canvas nothing happens. */
export function raise({ size, values }: Canvas, x: number, y: number, value: number): void {
  const column = Math.floor(x / CELL_MM);
  const row = Math.floor(y / CELL_MM);
  if (column < 0 || row < 0 || column >= size || row >= size) return;
  const at = row * size + column;
  if (values[at] < value) values[at] = value;
}

/** 0 at `from` and before, 1 at `to` and beyond, smooth between; `from` may be the larger. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Blur in place: two box filters that reach `radius` cells to each side, one after the other. */
export function blur({ size, values }: Canvas, radius: number): void {
  const rows = new Float32Array(size * size);
  const sums = new Float32Array(size);
  for (let pass = 0; pass < 2; pass++) {
    for (let row = 0; row < size; row++) blurRow(values, row * size, size, radius, rows);
    blurColumns(rows, size, radius, sums, values);
  }
}

/** Running mean over 2 x radius + 1 values; the ends are repeated outwards. */
function blurRow(values: Float32Array, start: number, size: number, radius: number, out: Float32Array): void {
  const last = size - 1;
  const scale = 1 / (2 * radius + 1);
  let sum = (radius + 1) * values[start];
  for (let i = 1; i <= radius; i++) sum += values[start + Math.min(i, last)];
  for (let i = 0; i < size; i++) {
    out[start + i] = sum * scale;
    sum += values[start + Math.min(i + radius + 1, last)] - values[start + Math.max(i - radius, 0)];
  }
}

/** The same down all columns at once, row by row, as memory lies. */
function blurColumns(values: Float32Array, size: number, radius: number, sums: Float32Array, out: Float32Array): void {
  const last = size - 1;
  const scale = 1 / (2 * radius + 1);
  for (let column = 0; column < size; column++) {
    sums[column] = (radius + 1) * values[column];
    for (let i = 1; i <= radius; i++) sums[column] += values[Math.min(i, last) * size + column];
  }
  for (let row = 0; row < size; row++) {
    const enters = Math.min(row + radius + 1, last) * size;
    const leaves = Math.max(row - radius, 0) * size;
    for (let column = 0; column < size; column++) {
      out[row * size + column] = sums[column] * scale;
      sums[column] += values[enters + column] - values[leaves + column];
    }
  }
}
