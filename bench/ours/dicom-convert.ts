/**
 * @file Our conversion of a tree of CT slices, asked for by the harness: journal, table and facts included.
 *
 * The check numbers are how many pictures there are and how many bytes they take.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { convertTree } from "@fovea/node/convert/convert-tree";

import { serve } from "./serve";

const { values } = parseArgs({
  options: {
    tree: { type: "string", default: "" },
    out: { type: "string", default: "" },
    center: { type: "string", default: "40" },
    width: { type: "string", default: "400" },
    threads: { type: "string", default: "2" },
  },
});

const window = { center: Number(values.center), width: Number(values.width) };
const out = join(values.out, "ours");

await serve(async () => {
  // A journal of the step before would leave nothing to do.
  rmSync(join(out, "conversion-journal.jsonl"), { force: true });
  await convertTree({
    inputs: [values.tree],
    out,
    settings: { windows: [{ kind: "window", window }], format: "png", depth: 8, frames: "all", quality: 95 },
    workers: Number(values.threads),
  });
  const lines = readFileSync(join(out, "pictures.jsonl"), "utf8").trimEnd().split("\n");
  return { check: [lines.length, lines.reduce((sum, line) => sum + JSON.parse(line).bytes, 0)] };
});
