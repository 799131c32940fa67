/**
 * @file COCO evaluation of boxes against pycocotools, one thread each.
 *
 * A step is the evaluation of what is in memory (pycocotools: `evaluate`, `accumulate`, `summarize`; ours: sorting,
 * matching, precision and recall, summary), or with `--part files` all from the two JSON files on. The check numbers are
 * the twelve of the summary: they must agree to 1e-9.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { writeCocoFiles } from "./harness/coco-files";
import { duel } from "./harness/duel";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- coco-evaluation [OPTIONS]
  --part NAME       evaluate (default): with everything in memory; files: with reading the two JSON files
  --images N        (5000)
  --boxes N         (36000)
  --detections N    (300000)
  --categories N    (80)
  --seed N          (1)${PAIRING_HELP}
  Here one round of five pairs, a turn of two steps and one step of warm-up, unless told otherwise: the peer is slow.`;

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "evaluate" },
    images: { type: "string", default: "5000" },
    boxes: { type: "string", default: "36000" },
    detections: { type: "string", default: "300000" },
    categories: { type: "string", default: "80" },
    seed: { type: "string", default: "1" },
    ...PAIRING_OPTIONS,
    rounds: { type: "string", default: "1" },
    "warm-up": { type: "string", default: "2" },
    "turn-ms": { type: "string", default: "1" },
    threads: { type: "string", default: "1" },
  },
});

async function main(): Promise<void> {
  const { part } = values;
  if (part !== "evaluate" && part !== "files") throw new Error(`--part: ${part} is none; evaluate or files`);
  const number = (name: "images" | "boxes" | "detections" | "categories" | "seed") => numberOption(name, values[name]);
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-coco-"));
  try {
    const { gt, dt } = writeCocoFiles(folder, {
      ...{ images: number("images"), boxes: number("boxes"), detections: number("detections") },
      ...{ categories: number("categories"), seed: number("seed") },
    });
    await duel({
      name: `COCO ${part}, ${values.images} images, ${values.boxes} boxes, ${values.detections} detections`,
      ours: "ours/coco-evaluation.js",
      peer: "coco_evaluation.py",
      options: ["--gt", gt, "--dt", dt, "--part", part],
      variants: [{ name: "pycocotools", label: "pycocotools", options: [] }],
      threads: numberOption("threads", values.threads),
      rounds: numberOption("rounds", values.rounds),
      self: values.self,
      pairing: { ...pairOptions(values), tolerance: 1e-9 },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
