/**
 * @file What `fovea compare` does.
 */
import { basename } from "node:path";
import { compareModels } from "@fovea/core/metrics/compare-models";
import { comparisonSentence } from "@fovea/core/report/comparison-sentence";
import type { CompareOptions } from "./compare";
import { openRecords } from "./evaluate/open-record";
import { textTable } from "./table";
import { writeResult } from "./write-result";

/** Compares, prints table and sentence, writes JSON if asked to. */
export async function runCompare(options: CompareOptions): Promise<void> {
  const { a, b, gt, hit, hitIou, hitMm, bootstrap, lang, json } = options;
  const [one, two] = await openRecords(gt, [a, b], { hit, hitIou, hitMm });
  const comparison = compareModels(one, two, { resamples: bootstrap });
  const names = basename(a) === basename(b) ? ([a, b] as const) : ([basename(a), basename(b)] as const);
  const { sensitivity, cpm, auc, ap50, lesionsFound } = comparison;
  const cell = (x: number) => x.toFixed(3);
  const chance = (p: number) => (p < 0.001 ? "< 0.001" : cell(p));
  const row = (name: string, x: { a: number; b: number; difference: number }, range = "-", p = "-") => [
    name,
    ...[x.a, x.b, x.difference].map(cell),
    range,
    p,
  ];
  const range = ({ low, high }: { low: number; high: number }) => `${cell(low)} to ${cell(high)}`;
  const reach = 1.959964 * (auc?.standardError ?? Number.NaN);
  const rows = [
    row("S@1", sensitivity, range(sensitivity), chance(sensitivity.p)),
    row("CPM", cpm, range(cpm), chance(cpm.p)),
    ...(auc
      ? [row("AUC", auc, range({ low: auc.difference - reach, high: auc.difference + reach }), chance(auc.p))]
      : []),
    row("mAP50", ap50),
  ];
  const titles = ["A", "B", "B - A", "95 %", "p"].map((title) => ({ title }));
  const sentences = { en: comparisonSentence(comparison, names), zh: comparisonSentence(comparison, names, "zh") };
  const found = `Only A finds ${lesionsFound.onlyA} lesions, only B ${lesionsFound.onlyB} (McNemar, exact p ${chance(lesionsFound.exactP)})`;
  process.stdout.write(
    `${textTable([{ title: "", align: "left" }, ...titles], rows)}\n\n${found}\n${sentences[lang]}\n`,
  );
  if (json === undefined) return;
  await writeResult(json, `${JSON.stringify({ a, b, gt, ...comparison, sentences }, null, 2)}\n`);
  process.stdout.write(`Comparison ${json}\n`);
}
