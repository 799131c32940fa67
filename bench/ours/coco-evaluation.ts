/**
 * @file Our COCO evaluation, asked for by the harness. The check numbers are the twelve of the summary.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { cocoTables } from "@fovea/core/dataset/coco-tables";
import { cocoSummaryOf } from "@fovea/core/metrics/coco-summary";

import { serve } from "./serve";

const { values } = parseArgs({
  options: {
    gt: { type: "string", default: "" },
    dt: { type: "string", default: "" },
    part: { type: "string", default: "evaluate" },
  },
});

function read() {
  const named = (file: string) => ({ file, text: readFileSync(file, "utf8") });
  return cocoTables(named(values.gt), named(values.dt)).tables;
}

const kept = values.part === "evaluate" ? read() : undefined;
await serve(() => ({ check: Object.values(cocoSummaryOf(kept ?? read()).stats) }));
