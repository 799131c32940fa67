/**
 * @file What `fovea info` prints.
 */
import { ArgumentError } from "@fovea/core/errors";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import { countNetwork } from "@fovea/core/nn/count";
import { type NetworkTableRow, networkTable } from "@fovea/core/nn/network-table";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { architecture, isWeightsFile, openModel } from "../model/open-model";
import type { InfoOptions } from "./info";
import { warn } from "./message";
import { grouped, textTable } from "./table";

interface Described {
  readonly network: NetworkRows;
  /** Of a file of weights only. */
  readonly names?: readonly string[];
  readonly normalize?: Normalisation;
  readonly operatingPoint?: OperatingPoint;
  /** Whether attention's `pe` convolutions carry a bias. */
  readonly peBias: boolean;
  readonly warnings: readonly string[];
}

/** Prints the network of `model` as a table or as JSON. */
export async function printInfo(model: string, { json, nc, imgsz }: InfoOptions): Promise<void> {
  const { network, names, normalize, operatingPoint, peBias, warnings } = await describe(model, nc);
  warnings.forEach(warn);
  const rows = networkTable(network, { peBias });
  const count = countNetwork(network, { imgsz, peBias });
  if (json) {
    const summary = {
      model,
      name: network.name,
      task: network.task,
      nc: network.nc,
      names: names ?? null,
      normalize: normalize ?? null,
      operatingPoint: operatingPoint ?? null,
      channels: network.ch,
      strides: network.strides,
      parameters: count.parameters,
      fusedParameters: count.fusedParameters,
      trainableParameters: count.trainableParameters,
      gflops: Number(count.publishedGflops.toFixed(3)),
      imgsz,
      rows,
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  const summary: (readonly [string, string])[] = [
    ["parameters", `${grouped(count.parameters)} (${grouped(count.fusedParameters)} with batch norms folded)`],
    ["GFLOPs", `${count.publishedGflops.toFixed(1)} at ${imgsz} x ${imgsz}`],
    ["output strides", network.strides.join(", ")],
    ["classes", names ? `${network.nc}: ${names.join(", ")}` : String(network.nc)],
    ...(normalize === "zscore" ? [["normalize", normalize] as const] : []),
    ...(operatingPoint ? [["works at", operatingPointText(operatingPoint)] as const] : []),
  ];
  const heading = `${network.name}, ${network.task === "segment" ? "segmentation" : "detection"}, ${rows.length} rows`;
  const facts = summary.map(([what, value]) => `${what.padEnd(16)}${value}`);
  process.stdout.write(`${heading}\n\n${rowsTable(rows)}\n\n${facts.join("\n")}\n`);
}

async function describe(model: string, nc: number | undefined): Promise<Described> {
  if (!isWeightsFile(model)) return { ...(await architecture(model, nc)), peBias: false };
  if (nc !== undefined) throw new ArgumentError("--nc is for architectures; a file of weights has its classes");
  const { network, names, normalize, operatingPoint, parameters, warnings } = await openModel(model);
  return {
    network,
    names,
    normalize,
    operatingPoint,
    peBias: parameters.some(({ name }) => name.endsWith(".pe.conv.bias")),
    warnings,
  };
}

function operatingPointText({ threshold, fpPerScan, sensitivity, rule, per = "scan" }: OperatingPoint): string {
  const measured = `sensitivity ${sensitivity.toFixed(3)} at ${fpPerScan.toFixed(3)} false positives per ${per}`;
  return `confidence ${threshold.toFixed(4)} (${rule}; ${measured})`;
}

function rowsTable(rows: readonly NetworkTableRow[]): string {
  return textTable(
    [
      { title: "row" },
      { title: "from" },
      { title: "n" },
      { title: "parameters" },
      { title: "module", align: "left" },
      { title: "arguments", align: "left" },
    ],
    rows.map(({ index, from, n, parameters, module, arguments: args }) => [
      String(index),
      from.length === 1 ? String(from[0]) : `[${from.join(", ")}]`,
      String(n),
      grouped(parameters),
      module,
      JSON.stringify(args).replaceAll(",", ", "),
    ]),
  );
}
