/**
 * @file A whole training step, ours against PyTorch: forward, loss, assigner, backward, clipping, AdamW, EMA.
 *
 * Both start from the same published weights and see the same batch of real images, already in memory as float32;
 * their first loss items must agree.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { writeBatch } from "./harness/batch";
import { duel } from "./harness/duel";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- train-step [OPTIONS]
  --model NAME      yolov8n (default) or yolo12n
  --freeze N        rows 0 … N - 1 do not learn (0)
  --size PX         (320)
  --batch N         (8)
  --fold            the peer folds the batch norms of its frozen rows
  --compile         the peer goes through torch.compile
  --own             with --freeze: against our own step in which everything learns${PAIRING_HELP}`;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "yolov8n" },
    freeze: { type: "string", default: "0" },
    size: { type: "string", default: "320" },
    batch: { type: "string", default: "8" },
    fold: { type: "boolean", default: false },
    compile: { type: "boolean", default: false },
    own: { type: "boolean", default: false },
    ...PAIRING_OPTIONS,
  },
});

async function main(): Promise<void> {
  const { model, freeze } = values;
  const size = numberOption("size", values.size);
  const batch = numberOption("batch", values.batch);
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-"));
  try {
    const boxes = await writeBatch(sharedPath("data/det_bccd"), "yolo_train.txt", folder, size, batch);
    const frozen = numberOption("freeze", freeze) > 0 ? `, freeze=${freeze}` : "";
    const beside = values.own ? " beside our own full step" : "";
    console.log(`${batch} images, ${boxes} boxes`);
    const optionsOf = (rows: string) => [
      ...["--model", model, "--weights", sharedPath(`reference/yolo/bccd-${model}.pt`), "--batch-folder", folder],
      ...["--size", `${size}`, "--batch", `${batch}`, "--freeze", rows, "--threads", values.threads],
    ];
    const pairing = pairOptions(values);
    await duel({
      name: `train step ${model}, ${size} px, batch ${batch}${frozen}${beside}`,
      ours: "ours/train-step.js",
      peer: "train_step.py",
      options: optionsOf(freeze),
      peerOptions: [...(values.fold ? ["--fold"] : []), ...(values.compile ? ["--compile"] : [])],
      threads: numberOption("threads", values.threads),
      rounds: numberOption("rounds", values.rounds),
      self: values.self,
      own: values.own ? { label: "our own full step", options: optionsOf("0") } : undefined,
      // Frozen norms give other losses than norms that learn: with `own` there is nothing to agree on.
      pairing: values.own ? { ...pairing, tolerance: Number.POSITIVE_INFINITY } : pairing,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
