/**
 * @file What a comparison of two detectors says, in a sentence for somebody who reads no tables.
 */
import type { ModelComparison } from "../metrics/compare-models";

/** Cohen's words for h. */
const SIZES = [
  [0.8, "large", "大"],
  [0.5, "medium", "中等"],
  [0.2, "small", "小"],
  [0, "very small", "很小"],
] as const;

/** One sentence, or two. @param names of A and B */
export function comparisonSentence(
  { sensitivity, cohensH, level }: ModelComparison,
  [a, b]: readonly [string, string],
  language: "en" | "zh" = "en",
): string {
  const { difference, low, high, p } = sensitivity;
  const points = (x: number) => (100 * x).toFixed(1);
  const [, word, wort] = SIZES.find(([least]) => Math.abs(cohensH) >= least) ?? SIZES[3];
  const differs = low > 0 || high < 0;
  const share = Math.round(100 * level);
  const chance = p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
  if (language === "zh") {
    const range = `${share}% 区间 ${points(low)} 至 ${points(high)}，${chance}`;
    const both = `${b} ${points(sensitivity.b)}%，${a} ${points(sensitivity.a)}%`;
    const more = difference < 0 ? "少" : "多";
    return differs
      ? `在平均每张图像 1 个假阳性时，${b} 比 ${a} ${more}检出 ${points(Math.abs(difference))} 个百分点的病灶（${both}；${range}）；差异${wort}（Cohen h ${cohensH.toFixed(2)}）。`
      : `在平均每张图像 1 个假阳性时，未能证明 ${a} 与 ${b} 的检出率不同（${both}；差值的 ${range}）。这不等于两者相同。`;
  }
  const both = `${points(sensitivity.b)} % against ${points(sensitivity.a)} %`;
  const range = `${share} % interval ${points(low)} to ${points(high)}, ${chance}`;
  const more = difference < 0 ? "fewer" : "more";
  return differs
    ? `At one false positive per image, ${b} finds ${points(Math.abs(difference))} percentage points ${more} of the lesions than ${a} (${both}; ${range}): a ${word} difference (Cohen's h ${cohensH.toFixed(2)}).`
    : `At one false positive per image, these cases do not show that ${a} and ${b} differ (${b} finds ${both}; ${range}). That does not mean that they are the same.`;
}
