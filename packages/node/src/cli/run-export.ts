/**
 * @file What `fovea export` does.
 */
import { extname } from "node:path";
import { ArgumentError } from "@fovea/core/errors";
import { checkExport } from "../export/check-export";
import { exportOnnx } from "../export/export-onnx";
import { openModel } from "../model/open-model";
import { openRuntime } from "../runtime/onnx-runtime";
import type { ExportCommandOptions } from "./export";
import { warn, warnOfSize } from "./message";
import { writeResult } from "./write-result";

/** Exports, compares, writes, and says what was written. */
export async function runExport({
  model: path,
  imgsz,
  batch,
  dynamic,
  half,
  out,
}: ExportCommandOptions): Promise<void> {
  if (extname(out).toLowerCase() !== ".onnx") {
    throw new ArgumentError(`--out: got ${out}, wanted a name that ends in .onnx; programs know the format by it`);
  }
  const model = await openModel(path);
  model.warnings.forEach(warn);
  if (!dynamic) warnOfSize(model.trainedAt, Math.max(imgsz.height, imgsz.width));
  const date = new Date().toISOString();
  const bytes = exportOnnx(model, { ...imgsz, batch, dynamic, half, date });
  const check = { ...imgsz, batch, half, file: out };
  const { box, score } = await checkExport(await openRuntime(), bytes, model, check);
  await writeResult(out, bytes);
  const size = dynamic ? "batch x 3 x height x width, all open" : `${batch} x 3 x ${imgsz.height} x ${imgsz.width}`;
  const normalised = model.normalize === "zscore" ? ", each from 3 deviations below its own mean to 3 above" : "";
  const lines = [
    ["Model", `${model.network.name}, ${model.network.task === "segment" ? "segmentation" : "detection"}`],
    ["Classes", model.names.join(", ")],
    ["Images", `${size}, float32 in [0, 1]${normalised}${half ? "; computed in float16" : ""}`],
    ["Compared", `on noise: boxes differ by ${box.toPrecision(2)} px at most, scores by ${score.toPrecision(2)}`],
    ["Written", `${out} (${(bytes.length / 2 ** 20).toFixed(1)} MiB)`],
  ];
  process.stdout.write(lines.map(([what, text]) => `${what.padEnd(9)}${text}\n`).join(""));
}
