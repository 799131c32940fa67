/**
 * @file What a row of the batch's table says beside its numbers.
 */
import type { Language } from "../language";
import { warningIn } from "../reasons/tell";
import type { JudgedImage } from "./judged-image";

/** `3 frames; severe 1, mild 2; ...`: frames where there are several, categories the most frequent first, what was odd. */
export function batchNotes(images: readonly JudgedImage[], language: Language): string {
  const frames = images.length === 1 ? [] : [language === "zh" ? `${images.length}帧` : `${images.length} frames`];
  const failed = images.filter(({ error }) => error !== undefined).length;
  const partly = images.length > 1 && failed > 0;
  const unread = partly ? [language === "zh" ? `${failed}帧处理失败` : `${failed} not readable`] : [];
  const warnings = new Set(images.flatMap((image) => (image.warnings ?? []).map((one) => warningIn(one, language))));
  const parts = [...frames, ...unread, ...categories(images, language), ...warnings];
  return parts.join(language === "zh" ? "；" : "; ");
}

function categories(images: readonly JudgedImage[], language: Language): readonly string[] {
  const counts = new Map<string, number>();
  for (const { findings } of images) {
    for (const { category } of findings) {
      if (category !== undefined) counts.set(category[language], (counts.get(category[language]) ?? 0) + 1);
    }
  }
  const ranked = [...counts].toSorted((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  return ranked.length === 0 ? [] : [ranked.join(language === "zh" ? "、" : ", ")];
}
