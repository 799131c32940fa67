/**
 * @file Classes that are never or hardly seen, in all or in one part of a data set.
 */
import { type AnnotationSet, isIgnored } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";

export function classFindings(
  { categories, images }: AnnotationSet,
  { rareBoxes }: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  const total = categories.map(() => 0);
  const byPart = new Map<string, number[]>();
  for (const { annotations, split } of images) {
    if (split !== undefined && !byPart.has(split)) {
      byPart.set(
        split,
        categories.map(() => 0),
      );
    }
    const own = split === undefined ? undefined : byPart.get(split);
    for (const one of annotations) {
      if (isIgnored(one) || total[one.classId] === undefined) continue;
      total[one.classId]++;
      if (own) own[one.classId]++;
    }
  }
  // A set without any label is another matter.
  if (total.every((count) => count === 0)) return [];
  return categories.flatMap(({ name }, id) => {
    if (total[id] === 0) return [finding("class_never", `${name}: no box`, `${name}：无标注`)];
    const rare = total[id] < rareBoxes;
    const missing = [...byPart].filter(([, counts]) => counts[id] === 0);
    return [
      ...(rare ? [finding("class_rare", `${name}: ${boxes(total[id])} in all`, `${name}：共 ${total[id]} 个框`)] : []),
      ...missing.map(([part, counts]) => {
        // A part without any label (a test part to be kept secret) lacks every class.
        const none = counts.every((count) => count === 0);
        return finding(
          "class_missing_in_part",
          `${name}: no box in ${part}${none ? ", which has no box at all" : ""}, ${boxes(total[id])} in all`,
          `${name}：子集 ${part} 中没有${none ? "（该子集没有任何框）" : ""}，共 ${total[id]} 个框`,
        );
      }),
    ];
  });
}

const boxes = (count: number) => `${count} ${count === 1 ? "box" : "boxes"}`;
