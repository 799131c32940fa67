/**
 * @file What `fovea evaluate coco` does.
 */
import { type CocoStats, type CocoSummary, cocoSummaryOf } from "@fovea/core/metrics/coco-summary";
import { openEvaluation } from "../../data/open-evaluation";
import { grouped, textTable } from "../table";
import { writeResult } from "../write-result";
import type { CocoEvaluationOptions } from "./coco";
import { byId, printOpened, share } from "./evaluation-lines";

/** Evaluates, prints tables, writes JSON if asked to. */
export async function runCocoEvaluation({ gt, dt, iouType, honourIgnore, json }: CocoEvaluationOptions): Promise<void> {
  const opened = await openEvaluation(gt, dt, iouType);
  printOpened(opened, gt, dt);
  const summary = cocoSummaryOf(opened.tables, { honourIgnore });
  process.stdout.write(`${statsTable(summary)}\n\n${categoryTable(summary)}\n`);
  if (json === undefined) return;
  await writeResult(json, `${JSON.stringify(asJson(summary), null, 2)}\n`);
  process.stdout.write(`\nNumbers ${json}\n`);
}

/** In plain words, in the order in which COCO's tools print them. */
const MEANINGS: Readonly<Record<keyof CocoStats, string>> = {
  AP: "average precision, IoU .50 to .95",
  AP50: "average precision, IoU .50",
  AP75: "average precision, IoU .75",
  APs: "average precision, small  < 32² px",
  APm: "average precision, medium",
  APl: "average precision, large  > 96² px",
  AR1: "average recall, 1 detection per image and class",
  AR10: "average recall, 10 detections",
  AR100: "average recall, 100 detections",
  ARs: "average recall, small",
  ARm: "average recall, medium",
  ARl: "average recall, large",
};

function statsTable({ stats, dice }: CocoSummary): string {
  const keys = Object.keys(MEANINGS) as (keyof CocoStats)[];
  const rows = keys.map((key) => [key, MEANINGS[key], share(stats[key])]);
  if (dice !== undefined) rows.push(["Dice", "mean Dice of what is found at IoU .50", share(dice)]);
  return textTable([{ title: "", align: "left" }, { title: "measure", align: "left" }, { title: "value" }], rows);
}

function categoryTable({ perCategory, dice }: CocoSummary): string {
  const titles = ["objects", "detections", "AP", "AP50", "AP75", "AR100", ...(dice === undefined ? [] : ["Dice"])];
  const rows = perCategory
    .filter(({ objects, detections }) => objects > 0 || detections > 0)
    .map((one) => [
      ...[one.name, grouped(one.objects), grouped(one.detections)],
      ...[one.AP, one.AP50, one.AP75, one.AR100, ...(one.dice === undefined ? [] : [one.dice])].map(share),
    ]);
  return textTable([{ title: "class", align: "left" }, ...titles.map((title) => ({ title }))], rows);
}

/** What the JSON file holds; programs read it, so its keys stay. Dice only of masks. */
function asJson({ stats, perCategory, dice }: CocoSummary) {
  const plain = perCategory.map(({ precision50, ...numbers }) => numbers);
  return { stats, perCategory: byId(plain), ...(dice !== undefined && { dice }) };
}
