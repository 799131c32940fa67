/**
 * @file Findings of pictures that come twice, within a part and in several parts.
 */
import { type AnnotatedImage, isIgnored } from "../annotation-set";
import type { AlikeImages, AlikePair } from "./alike-images";
import { type CheckFinding, type FindingKind, finding } from "./finding-kinds";

/** Images alike, in pairs: the same (`distance` 0) or nearly. */
export function alikeFindings(
  images: readonly AnnotatedImage[],
  { same, near }: AlikeImages,
  /** Patient of each image. Slices of one patient may look alike. */
  patients: readonly (string | undefined)[] = [],
): CheckFinding[] {
  const partOf = (i: number) => images[i].split;
  const across = (group: readonly number[]) => new Set(group.map(partOf)).size > 1;
  return [
    ...same.map((group) => {
      const kind: FindingKind = across(group) ? "duplicate_across_parts" : "duplicate_image";
      return finding(kind, `same content: ${names(images, group)}`, `内容相同：${names(images, group)}`, {
        images: group,
      });
    }),
    ...near.flatMap((pair) => {
      const group = [pair.a, pair.b];
      const kind: FindingKind = across(group) ? "near_duplicate_across_parts" : "near_duplicate";
      // Neighbouring slices of one patient in one part are what a scan is made of.
      const onePatient = patients[pair.a] !== undefined && patients[pair.a] === patients[pair.b];
      if (kind === "near_duplicate" && onePatient) return [];
      const how = `hash ${pair.distance} of 64 bits apart, correlation ${pair.correlation.toFixed(3)}`;
      const zhHow = `哈希相差 ${pair.distance}/64 位，相关系数 ${pair.correlation.toFixed(3)}`;
      return [finding(kind, `${names(images, group)}; ${how}`, `${names(images, group)}；${zhHow}`, { images: group })];
    }),
  ];
}

/** Files that several parts list, of images whose content was not read: read ones tell it by their content. */
export function sharedFileFindings(
  images: readonly AnnotatedImage[],
  isRead: (image: number) => boolean,
): CheckFinding[] {
  const groups = new Map<string, number[]>();
  images.forEach(({ file }, i) => {
    if (isRead(i)) return;
    const own = groups.get(file);
    if (own) own.push(i);
    else groups.set(file, [i]);
  });
  return [...groups.values()]
    .filter((group) => new Set(group.map((i) => images[i].split)).size > 1)
    .map((group) => {
      const text = names(images, group);
      return finding("duplicate_across_parts", `same file: ${text}`, `同一文件：${text}`, { images: group });
    });
}

/** Images without labels whose twin, the same or nearly, has some. */
export function emptyTwinFindings(images: readonly AnnotatedImage[], { same, near }: AlikeImages): CheckFinding[] {
  const judged = images.map(({ annotations }) => annotations.filter((one) => !isIgnored(one)).length);
  const marked = images.map(({ annotations }) => annotations.length);
  const found = new Map<number, CheckFinding>();
  const tell = (empty: number, twin: number, how: string, zhHow: string) => {
    // A region to ignore is a statement too.
    if (marked[empty] > 0 || judged[twin] === 0 || found.has(empty)) return;
    const name = images[twin].file;
    found.set(
      empty,
      finding(
        "empty_but_twin_labelled",
        `${how} ${name}, which has ${judged[twin]} ${judged[twin] === 1 ? "label" : "labels"}`,
        `${zhHow} ${name} 有 ${judged[twin]} 个标注`,
        { images: [empty, twin] },
      ),
    );
  };
  for (const group of same) {
    const twin = group.find((i) => judged[i] > 0);
    if (twin !== undefined) for (const i of group) tell(i, twin, "same content as", "与其内容相同的");
  }
  for (const pair of near.toSorted(closest)) {
    tell(pair.a, pair.b, "looks nearly as", "与其近似的");
    tell(pair.b, pair.a, "looks nearly as", "与其近似的");
  }
  return [...found.values()];
}

const closest = (x: AlikePair, y: AlikePair) => y.correlation - x.correlation;

/** Names with their parts, the first few. */
function names(images: readonly AnnotatedImage[], group: readonly number[]): string {
  const shown = group.slice(0, 4).map((i) => {
    const { file, split } = images[i];
    return split === undefined ? file : `${split}: ${file}`;
  });
  return shown.join(" = ") + (group.length > 4 ? ` (+ ${group.length - 4})` : "");
}
