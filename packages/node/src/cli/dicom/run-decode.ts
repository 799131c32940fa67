/**
 * @file What `fovea dicom decode` does.
 */

import { rawFrames } from "../../dicom/raw-frames";
import { warn } from "../message";
import { Progress } from "../progress";
import { writeResult } from "../write-result";
import type { DecodeOptions } from "./decode";

export async function runDecode(file: string, { raw, frame, json }: DecodeOptions): Promise<void> {
  const { dataSet, pixel, pieces } = await rawFrames(file, { frame });
  let bytes = 0;
  async function* counted() {
    for await (const piece of pieces) {
      bytes += piece.length;
      yield piece;
    }
  }
  await writeResult(raw, counted());
  dataSet.warnings.forEach(warn);
  const frames = frame === undefined ? pixel.frames : 1;
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, signed, planar, photometricInterpretation } =
    pixel;
  const progress = new Progress();
  const what = `${frames === 1 ? "1 frame" : `${frames} frames`} of ${columns} x ${rows} x ${samplesPerPixel}`;
  progress.field("Pixels", `${what}, ${bitsStored} of ${bitsAllocated} bits, ${signed ? "signed" : "unsigned"}`);
  progress.field("From", `${dataSet.transferSyntax.name}, ${photometricInterpretation}${planar ? ", by plane" : ""}`);
  progress.field("Bytes", `${bytes} in ${raw}`);
  if (json === undefined) return;
  const described = { frames, rows, columns, samplesPerPixel, bitsAllocated, bitsStored, signed, planar };
  const { name, uid } = dataSet.transferSyntax;
  const all = { file, ...described, photometricInterpretation, transferSyntax: { uid, name }, bytes };
  await writeResult(json, `${JSON.stringify(all, null, 2)}\n`);
}
