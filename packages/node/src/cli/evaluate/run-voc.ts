/**
 * @file What `fovea evaluate voc` does.
 */
import { type VocSummary, vocSummaryOf } from "@fovea/core/metrics/voc-summary";
import { openEvaluation } from "../../data/open-evaluation";
import { grouped, textTable } from "../table";
import { writeResult } from "../write-result";
import { byId, printOpened, share } from "./evaluation-lines";
import type { VocEvaluationOptions } from "./voc";

/** Evaluates, prints a table, writes JSON if asked to. */
export async function runVocEvaluation(options: VocEvaluationOptions): Promise<void> {
  const { gt, dt, iou, method, honourIgnore, json } = options;
  const opened = await openEvaluation(gt, dt, "bbox");
  printOpened(opened, gt, dt);
  const summary = vocSummaryOf(opened.tables, { iou, method, honourIgnore });
  process.stdout.write(`${table(summary)}\n\nMean average precision at IoU ${iou}, ${method}: ${share(summary.mAP)}\n`);
  if (json === undefined) return;
  const { mAP, perCategory } = summary;
  const plain = perCategory.map(({ precision, recall, ...numbers }) => numbers);
  await writeResult(json, `${JSON.stringify({ iou, method, mAP, perCategory: byId(plain) }, null, 2)}\n`);
  process.stdout.write(`\nNumbers ${json}\n`);
}

function table({ perCategory }: VocSummary): string {
  const titles = ["objects", "found", "false alarms", "AP"].map((title) => ({ title }));
  const rows = perCategory.map(({ name, objects, truePositives, falsePositives, AP }) => [
    ...[name, grouped(objects), grouped(truePositives), grouped(falsePositives)],
    share(AP),
  ]);
  return textTable([{ title: "class", align: "left" }, ...titles], rows);
}
