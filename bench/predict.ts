/**
 * @file Prediction end to end, ours against PyTorch fused: image file → findings in pixels of the source image.
 *
 * One file after another, or a folder at once, as `fovea predict` does it: then each side has its threads to itself, and
 * the peer may take them as one process of all or as one process for each.
 */
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { listed } from "./harness/batch";
import { duel } from "./harness/duel";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { LAYOUTS, type Variant } from "./harness/peer";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- predict [OPTIONS]
  --model NAME      yolov8n (default) or yolo12n
  --size PX         (640)
  --conf X          (0.25)
  --iou X           (0.7)
  --folder N        N files at once (0: one after another)
  --letterbox HOW   auto (default: padded to the next stride) or square
  --compile         the peer goes through torch.compile${PAIRING_HELP}`;

/** A resized image differs by a grey level here and there, and so does what lies at the threshold. */
const TOLERANCE = 0.05;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "yolov8n" },
    size: { type: "string", default: "640" },
    conf: { type: "string", default: "0.25" },
    iou: { type: "string", default: "0.7" },
    folder: { type: "string", default: "0" },
    letterbox: { type: "string", default: "auto" },
    compile: { type: "boolean", default: false },
    ...PAIRING_OPTIONS,
  },
});

function inProcesses({ name, options }: Variant, count: string): Variant {
  return { name: `${name}, ${count} processes`, options: [...options, "--processes", count] };
}

/** Whole groups of `count` files, each as one request. */
function chunks(files: readonly string[], count: number): string[] {
  return Array.from({ length: Math.floor(files.length / count) }, (_, i) =>
    files.slice(i * count, (i + 1) * count).join("|"),
  );
}

async function main(): Promise<void> {
  const { model, size, conf, iou, letterbox, threads } = values;
  const folder = numberOption("folder", values.folder);
  const files = listed(sharedPath("data/det_bccd"), "yolo_val.txt");
  if (folder > files.length) throw new Error(`--folder ${folder}: there are ${files.length} files`);
  await duel({
    name: `predict ${model}, ${folder > 0 ? `${folder} files` : "file"} to findings, ${size} px, ${letterbox} letterbox`,
    ours: "ours/predict.js",
    peer: "predict.py",
    options: [
      ...["--model", model, "--weights", sharedPath(`reference/yolo/bccd-${model}.pt`), "--threads", threads],
      ...["--size", size, "--conf", conf, "--iou", iou, "--letterbox", letterbox],
    ],
    ourOptions: folder > 0 ? ["--lanes", threads] : [],
    peerOptions: values.compile ? ["--compile"] : [],
    variants: folder > 0 ? [...LAYOUTS, ...LAYOUTS.map((layout) => inProcesses(layout, threads))] : LAYOUTS,
    threads: numberOption("threads", threads),
    rounds: numberOption("rounds", values.rounds),
    self: values.self,
    pairing: {
      ...pairOptions(values),
      requests: folder > 0 ? chunks(files, folder) : files,
      tolerance: TOLERANCE,
    },
  });
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
