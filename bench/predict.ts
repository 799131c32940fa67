/**
 * @file Prediction end to end, ours against PyTorch fused: image file → findings in pixels of the source image.
 */
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { listed } from "./harness/batch";
import { duel } from "./harness/duel";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- predict [OPTIONS]
  --model NAME      yolov8n (default) or yolo12n
  --size PX         (640)
  --conf X          (0.25)
  --iou X           (0.7)
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
    letterbox: { type: "string", default: "auto" },
    compile: { type: "boolean", default: false },
    ...PAIRING_OPTIONS,
  },
});

async function main(): Promise<void> {
  const { model, size, conf, iou, letterbox, threads } = values;
  await duel({
    name: `predict ${model}, file to findings, ${size} px, ${letterbox} letterbox`,
    ours: "ours/predict.js",
    peer: "predict.py",
    options: [
      ...["--model", model, "--weights", sharedPath(`reference/yolo/bccd-${model}.pt`), "--threads", threads],
      ...["--size", size, "--conf", conf, "--iou", iou, "--letterbox", letterbox],
    ],
    peerOptions: values.compile ? ["--compile"] : [],
    threads: numberOption("threads", threads),
    rounds: numberOption("rounds", values.rounds),
    self: values.self,
    pairing: {
      ...pairOptions(values),
      requests: listed(sharedPath("data/det_bccd"), "yolo_val.txt"),
      tolerance: TOLERANCE,
    },
  });
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
