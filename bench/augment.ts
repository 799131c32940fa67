/**
 * @file Augmentation of decoded images in memory, one core each, ours against the same pipeline in OpenCV and numpy.
 *
 * A step is ten training images of 640 px: from fitted images and their boxes to planes of bytes and moved boxes. Which
 * transform acts on which image is fixed (`--plan`), how strongly is drawn by each side, so that both do the same work on
 * average: the check numbers are the boxes kept and the mean grey level.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { duel } from "./harness/duel";
import { writeFitted } from "./harness/fitted-images";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- augment [OPTIONS]
  --data NAME       det_bccd (colour, default) or det_bone_fracture (grey)
  --size PX         (640)
  --plan NAME       full (default): mosaic on half, colours, and on 3 to 5 of 10 each: contrast, CLAHE, gamma, noise, blur;
                    geometry: mosaic, turn, scale, shift, flip alone; ONE of the transforms alone, on every image${PAIRING_HELP}`;

/** Strengths are drawn: after forty images their means still differ, and of a dozen boxes one or two more are kept. */
const TOLERANCE = 0.2;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "det_bccd" },
    size: { type: "string", default: "640" },
    plan: { type: "string", default: "full" },
    ...PAIRING_OPTIONS,
    threads: { type: "string", default: "1" },
  },
});

async function main(): Promise<void> {
  const { data, size, plan, threads } = values;
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-augment-"));
  const lists: Readonly<Record<string, string>> = { det_bccd: "yolo_train.txt" };
  await writeFitted(sharedPath(`data/${data}`), lists[data], folder, numberOption("size", size));
  await duel({
    name: `augment ${data}, ${plan}, ten images of ${size} px`,
    ours: "ours/augment.js",
    peer: "augment.py",
    options: ["--images", folder, "--size", size, "--plan", plan],
    variants: [{ name: "opencv", label: "OpenCV and numpy", options: [] }],
    threads: numberOption("threads", threads),
    rounds: numberOption("rounds", values.rounds),
    self: values.self,
    pairing: { ...pairOptions(values), tolerance: TOLERANCE },
  });
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
