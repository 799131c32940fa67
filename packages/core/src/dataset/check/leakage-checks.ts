/**
 * @file Patients in several parts of a data set.
 */
import type { AnnotatedImage } from "../annotation-set";
import { groupAttribute } from "../image-group";
import { findLeaks, type Leak, leakText } from "../split/leaks";
import { type CheckFinding, finding } from "./finding-kinds";

/**
 * @param patients by image; `undefined` where nobody is known
 */
export function leakageFindings(
  images: readonly AnnotatedImage[],
  patients: readonly (string | undefined)[],
): CheckFinding[] {
  // Whoever the patient is, a study and a series are of one.
  const studies = images.map(({ attributes }) => groupAttribute(attributes, "study"));
  const series = images.map(({ attributes }) => groupAttribute(attributes, "series"));
  const ofPatients = findLeaks(patients, partsOf(images));
  // Where all patients are known, their own leak tells it; so does that of the studies where all of these are known.
  const ofStudies = leaksWith(images, studies, (i) => patients[i] === undefined);
  const ofSeries = leaksWith(images, series, (i) => patients[i] === undefined && studies[i] === undefined);
  return [
    ...leaked(ofPatients, ["患者", "patient"]),
    ...leaked(ofStudies, ["检查", "study"]),
    ...leaked(ofSeries, ["序列", "series"]),
    ...unknownFinding(images, patients),
  ];
}

const partsOf = (images: readonly AnnotatedImage[]) => images.map(({ split }) => split);

/** Leaks of `groups` that have an image of which something is `unknown`. */
function leaksWith(
  images: readonly AnnotatedImage[],
  groups: readonly (string | undefined)[],
  unknown: (image: number) => boolean,
): Leak[] {
  return findLeaks(groups, partsOf(images)).filter(({ parts }) => [...parts.values()].flat().some(unknown));
}

function leaked(leaks: readonly Leak[], [zh, en]: readonly [zh: string, en: string]): CheckFinding[] {
  return leaks.map((leak) => {
    const text = leakText(leak);
    return finding("patient_leakage", `${en} ${leak.group}: ${text}`, `${zh} ${leak.group}：${text}`, {
      images: firstOfEach(leak.parts),
    });
  });
}

/** One image of each part, then the others. */
function firstOfEach(parts: ReadonlyMap<string, readonly number[]>): number[] {
  const groups = [...parts.values()];
  return [...groups.map(([first]) => first), ...groups.flatMap(([, ...rest]) => rest)];
}

/** Several parts, and nobody known: leakage cannot be judged, which must not look like none. */
function unknownFinding(
  images: readonly AnnotatedImage[],
  patients: readonly (string | undefined)[],
): readonly CheckFinding[] {
  const parts = new Set(images.flatMap(({ split }) => split ?? []));
  const unknown = patients.filter((patient) => patient === undefined).length;
  if (parts.size < 2 || unknown === 0) return [];
  return [
    finding(
      "patient_unknown",
      `no patient known of ${unknown} of ${images.length} images in ${parts.size} parts; leakage between them cannot be judged`,
      `${images.length} 幅图像（${parts.size} 个子集）中有 ${unknown} 幅患者未知，无法判断泄漏`,
    ),
  ];
}
