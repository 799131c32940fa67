/**
 * @file Rows and columns assigned to each other, each at most once, so that the sum of their worths is greatest.
 *
 * Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2 (1955), with potentials and
 * shortest augmenting paths: Jonker and Volgenant, Computing 38 (1987), doi:10.1007/BF02278710. O(rows² · columns).
 */

/**
 * Column of each row, -1 for rows that get none (there are more rows than columns).
 *
 * @param worth rows of equal length, finite
 */
export function assignMost(worth: readonly (readonly number[])[]): number[] {
  const rows = worth.length;
  const columns = worth[0]?.length ?? 0;
  if (columns === 0) return new Array(rows).fill(-1);
  if (rows > columns) {
    const turned = assignMost(worth[0].map((_, c) => worth.map((row) => row[c])));
    const result: number[] = new Array(rows).fill(-1);
    turned.forEach((row, column) => {
      result[row] = column;
    });
    return result;
  }
  // Rows and columns from 1; column 0 stands for none. Costs are negated worths.
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  const previous = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row;
    const reach = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(columns + 1);
    let column = 0;
    do {
      done[column] = 1;
      const from = rowOf[column];
      let next = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let c = 1; c <= columns; c++) {
        if (done[c]) continue;
        const cost = -worth[from - 1][c - 1] - rowPotential[from] - columnPotential[c];
        if (cost < reach[c]) [reach[c], previous[c]] = [cost, column];
        if (reach[c] < least) [least, next] = [reach[c], c];
      }
      for (let c = 0; c <= columns; c++) {
        if (done[c]) {
          rowPotential[rowOf[c]] += least;
          columnPotential[c] -= least;
        } else reach[c] -= least;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = previous[column]) rowOf[column] = rowOf[previous[column]];
  }
  const result: number[] = new Array(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if (rowOf[c] !== 0) result[rowOf[c] - 1] = c - 1;
  return result;
}
