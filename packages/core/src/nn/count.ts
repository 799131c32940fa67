/**
 * @file Parameters and operations of a network, counted as the public tools count them.
 */
import { commonDivisor } from "../math/common-divisor";
import { type ParametersOptions, parametersOf } from "./parameters";
import { rowOutputs } from "./row-output";
import type { ModuleName, NetworkRows } from "./rows";

export interface RowCount {
  readonly module: ModuleName;
  /** Values in weights, biases, norms and the fixed bins of the head. */
  readonly parameters: number;
  /** The same once every batch norm is folded into its convolution. */
  readonly fusedParameters: number;
  /** Multiplications and additions of the convolutions, 10^9. */
  readonly gflops: number;
}

export interface NetworkCount extends Omit<RowCount, "module"> {
  readonly rows: readonly RowCount[];
  /** Values that training changes. */
  readonly trainableParameters: number;
  /**
   * `gflops` as published tables and the public tool give it: a transposed convolution is counted four times there, so
   * that segmenting networks seem larger.
   */
  readonly publishedGflops: number;
}

export interface CountOptions extends ParametersOptions {
  /** Side of the square image, pixels; need not be a multiple of the largest stride. @default 640 */
  readonly imgsz?: number;
}

/**
 * Counts parameters and operations of a network.
 *
 * Operations are two for each multiplication in a convolution, for one image; norms, activations and the products
 * within attention are left out, as in the published tables.
 */
export function countNetwork(network: NetworkRows, { imgsz = 640, peBias = false }: CountOptions = {}): NetworkCount {
  const side = countableSide(network);
  const gigaflops = (2 / 1e9) * (imgsz / side) ** 2;
  const rows = network.rows.map(({ module }) => ({ module, parameters: 0, fusedParameters: 0, gflops: 0 }));
  let fixedParameters = 0;
  let transposed = 0;
  for (const { name, shape, kind, row, macs } of parametersOf(network, { imgsz: side, peBias })) {
    const size = shape.reduce((product, n) => product * n, 1);
    rows[row].gflops += macs * gigaflops;
    if (kind === "running_mean" || kind === "running_var") continue;
    rows[row].parameters += size;
    // What is left of a norm and of a bias before it is one bias.
    if (kind !== "norm.weight" && !name.endsWith(".conv.bias")) rows[row].fusedParameters += size;
    if (kind === "fixed") fixedParameters += size;
    if (name.endsWith(".upsample.weight")) transposed += macs * gigaflops;
  }
  const total = (of: (row: RowCount) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  const parameters = total((row) => row.parameters);
  const gflops = total((row) => row.gflops);
  return {
    rows,
    parameters,
    fusedParameters: total((row) => row.fusedParameters),
    trainableParameters: parameters - fixedParameters,
    gflops,
    publishedGflops: gflops + 3 * transposed,
  };
}

/** A side at which every map is whole and every area attention finds whole stripes. */
function countableSide({ rows, ch }: NetworkRows): number {
  const coarsest = Math.max(1, ...rowOutputs({ rows, ch }).map(({ stride }) => stride));
  const areas = rows.map((row) => (row.module === "A2C2f" ? Math.max(1, row.area) : 1));
  return coarsest * areas.reduce((multiple, area) => (multiple * area) / commonDivisor(multiple, area), 1);
}
