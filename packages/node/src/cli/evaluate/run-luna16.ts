/**
 * @file What `fovea evaluate luna16` does.
 */
import { luna16 } from "@fovea/core/metrics/luna16";
import { parseMarks, parseNodules, parseSeries } from "@fovea/core/metrics/luna16-csv";
import { readText } from "../../read-file";
import { grouped, textTable } from "../table";
import { writeResult } from "../write-result";
import type { Luna16CommandOptions } from "./luna16";

/** Reads the four tables, prints the sensitivities, writes JSON if asked to. */
export async function runLuna16(options: Luna16CommandOptions): Promise<void> {
  const { annotations, excluded, seriesuids, results, bootstrap, json } = options;
  const read = (path: string) => readText(path, "table");
  const { candidates: _, ...result } = luna16(
    {
      series: parseSeries(await read(seriesuids)),
      nodules: parseNodules(await read(annotations), annotations),
      excluded: parseNodules(await read(excluded), excluded),
      marks: parseMarks(await read(results), results),
    },
    { resamples: bootstrap },
  );
  const { counts, operatingPoints, sensitivity, intervals, cpm, curve } = result;
  const rows = operatingPoints.map((at, k) => [
    String(at),
    sensitivity[k].toFixed(4),
    `${intervals[k].low.toFixed(3)}-${intervals[k].high.toFixed(3)}`,
  ]);
  const lines = [
    `${grouped(counts.scans)} scans, ${grouped(counts.nodules)} nodules: ${counts.truePositives} found, ${counts.falseNegatives} missed`,
    `${grouped(counts.candidates)} marks: ${grouped(counts.falsePositives)} false positives, ${grouped(counts.onExcluded)} on excluded findings, ${grouped(counts.doubles)} second marks on a nodule`,
    "",
    textTable([{ title: "FP/scan" }, { title: "sensitivity" }, { title: "95 %" }], rows),
    "",
    `CPM ${cpm.toFixed(6)}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (json === undefined) return;
  const plain = {
    ...{ counts, operatingPoints, sensitivity, intervals, cpm },
    curve: {
      fpPerScan: [...curve.fpPerScan],
      sensitivity: [...curve.sensitivity],
      // JSON knows no infinity: the first point, where nothing counts, has none.
      thresholds: Array.from(curve.thresholds, (one) => (Number.isFinite(one) ? one : null)),
    },
  };
  await writeResult(json, `${JSON.stringify(plain, null, 2)}\n`);
  process.stdout.write(`Measures ${json}\n`);
}
