/**
 * @file Images without labels that stand out among others: of their patient, folder or kind of name nearly all have some.
 *
 * A name says something only if the set has other names, or folders, whose images mostly have none: `y12.jpg` among
 * `no34.jpg`. Where every folder is mostly labelled, an image without labels is a negative like any other.
 */
import type { AnnotatedImage } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";

interface Grouping {
  readonly en: string;
  readonly zh: string;
  readonly groupOf: (image: AnnotatedImage, i: number) => string | undefined;
}

/** The folder, or the letters that a name begins with. */
const GROUPINGS: readonly Grouping[] = [
  { en: "in folder", zh: "文件夹", groupOf: ({ file }) => file.slice(0, Math.max(0, file.lastIndexOf("/"))) },
  { en: "named", zh: "名称前缀", groupOf: ({ file }) => /^[^\d_.-]+/.exec(file.slice(file.lastIndexOf("/") + 1))?.[0] },
];

/** Share of labelled images up to which a group counts as one of negatives. */
const NEGATIVE_SHARE = 0.2;

interface Tally {
  readonly labelled: number;
  readonly images: number;
}

/** @param patients by image; `undefined` where nobody is known */
export function emptyLabelFindings(
  images: readonly AnnotatedImage[],
  patients: readonly (string | undefined)[] = [],
  { groupImages, labelledShare }: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  const found = new Map<number, CheckFinding>();
  const look = ({ en, zh, groupOf }: Grouping, needsNegatives: boolean) => {
    const groups = images.map(groupOf);
    const tallies = tally(images, groups);
    const large = [...tallies.values()].filter((one) => one.images >= groupImages);
    if (needsNegatives && !large.some((one) => one.labelled / one.images <= NEGATIVE_SHARE)) return;
    images.forEach(({ annotations }, i) => {
      const group = groups[i];
      if (annotations.length > 0 || group === undefined || found.has(i)) return;
      const one = tallies.get(group);
      if (!one || one.images < groupImages || one.labelled / one.images < labelledShare) return;
      const [text, zhText] = [`${en} ${group || "."}`, `${zh} ${group || "."}`];
      found.set(
        i,
        finding(
          "empty_among_labelled",
          `${one.labelled} of ${one.images} images ${text} have labels, this one has none`,
          `${zhText} 的 ${one.images} 幅图像中 ${one.labelled} 幅有标注，此图没有`,
          // Slices without a lesion are in every scan; a name or folder of positives says more.
          { image: i, ...(!needsNegatives && { severity: "note" }) },
        ),
      );
    });
  };
  look({ en: "of patient", zh: "患者", groupOf: (_, i) => patients[i] }, false);
  for (const grouping of GROUPINGS) look(grouping, true);
  return [...found.values()].sort((a, b) => a.images[0] - b.images[0]);
}

function tally(images: readonly AnnotatedImage[], groups: readonly (string | undefined)[]): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>();
  images.forEach(({ annotations }, i) => {
    const group = groups[i];
    if (group === undefined) return;
    const { labelled, images: count } = tallies.get(group) ?? { labelled: 0, images: 0 };
    tallies.set(group, { labelled: labelled + (annotations.length > 0 ? 1 : 0), images: count + 1 });
  });
  return tallies;
}
