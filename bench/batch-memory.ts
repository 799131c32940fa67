/**
 * @file How the memory of `fovea batch` goes over many files: resident memory at every tenth of the run.
 *
 * Drawn radiographs (DICOM) are looked at by a published network; each file of the tree is a link to one of a few hundred.
 * No times are compared: the machine need not be idle.
 */
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { memoryOfCommand } from "./harness/memory-run";
import { numberOption } from "./harness/pairing-options";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- batch-memory [OPTIONS]      (build first: threads load dist)
  --files N         files of the batch (2000)
  --size PX         of each picture (256)
  --imgsz PX        of the network's input (256)
  --threads N       (2)
  --no-pictures     do not draw`;

const DRAWN = 200;

const RULES = `version: bench
rules:
  - {when: {area_px: {max: 1000}}, category: {zh: 轻微, en: mild}}
  - {category: {zh: 严重, en: severe}, suggestion: {zh: 复查, en: review}}
`;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "2000" },
    size: { type: "string", default: "256" },
    imgsz: { type: "string", default: "256" },
    threads: { type: "string", default: "2" },
    "no-pictures": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Draws pictures and links `files` names to them, a hundred to a folder. */
function writeTree(folder: string, files: number): string {
  const drawn = join(folder, "drawn");
  const count = String(Math.min(files, DRAWN));
  const options = ["phantom", "--out", drawn, "--count", count, "--size", values.size];
  execFileSync("node_modules/.bin/fovea", options, { stdio: ["ignore", "ignore", "inherit"] });
  const pictures = readdirSync(join(drawn, "images"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const tree = join(folder, "tree");
  for (let i = 0; i < files; i++) {
    const group = join(tree, `patient${Math.floor(i / 100)}`);
    mkdirSync(group, { recursive: true });
    linkSync(pictures[i % pictures.length], join(group, `image${i}.dcm`));
  }
  return tree;
}

async function main(): Promise<void> {
  const files = numberOption("files", values.files);
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-batch-"));
  try {
    const [tree, rules, out] = [writeTree(folder, files), join(folder, "rules.yaml"), join(folder, "out")];
    writeFileSync(rules, RULES);
    const pictures = values["no-pictures"] ? ["--no-pictures"] : [];
    await memoryOfCommand(`memory of a batch of ${files} radiographs${pictures.length > 0 ? ", no pictures" : ""}`, [
      ...["batch", tree, "--model", sharedPath("reference/yolo/bccd-yolov8n.pt"), "--out", out, "--rules", rules],
      ...["--conf", "0.1", "--imgsz", values.imgsz, "--threads", values.threads, "--lang", "en", ...pictures],
    ]);
    const rows = readFileSync(join(out, "results.csv"), "utf8").trimEnd().split("\r\n").length - 1;
    if (rows !== files) throw new Error(`results.csv has ${rows} rows, expected ${files}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
