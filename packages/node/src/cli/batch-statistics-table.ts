/**
 * @file Statistics of a batch for the terminal.
 */
import type { Language } from "@fovea/core/language";
import type { BatchStatistics } from "@fovea/core/report/batch-statistics";
import { textTable } from "./table";

const TITLES = {
  class: { zh: "类别", en: "Class" },
  findings: { zh: "病灶", en: "Findings" },
  images: { zh: "图像", en: "Images" },
  confidence: { zh: "平均置信度", en: "Mean confidence" },
  size: { zh: "平均大小 (px)", en: "Mean size (px)" },
  category: { zh: "分级", en: "Category" },
  all: { zh: "合计", en: "All" },
} as const;

/** A table of the classes, and one of the categories where the rules gave any. */
export function statisticsText(statistics: BatchStatistics, language: Language): string {
  const title = (key: keyof typeof TITLES) => TITLES[key][language];
  const { perClass, perCategory, findings, meanConfidence } = statistics;
  const rows = perClass.map((row) => {
    const { className, meanWidth, meanHeight } = row;
    const size = meanWidth === null || meanHeight === null ? "–" : `${meanWidth.toFixed(0)} × ${meanHeight.toFixed(0)}`;
    return [className, String(row.findings), String(row.images), share(row.meanConfidence), size];
  });
  const classes = textTable(
    [
      { title: title("class"), align: "left" },
      { title: title("findings") },
      { title: title("images") },
      { title: title("confidence") },
      { title: title("size") },
    ],
    [...rows, [title("all"), String(findings), "", share(meanConfidence), ""]],
  );
  if (perCategory.length === 0) return classes;
  const categories = textTable(
    [{ title: title("category"), align: "left" }, { title: title("findings") }],
    perCategory.map(({ category, findings: count }) => [category[language], String(count)]),
  );
  return `${classes}\n\n${categories}`;
}

function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
