/**
 * @file Groups that stand in several parts of a data set.
 */

/** A patient, study or other group that was torn apart. */
export interface Leak {
  readonly group: string;
  /** Images by part, in the order in which the parts come. */
  readonly parts: ReadonlyMap<string, readonly number[]>;
}

/**
 * Groups with images in more than one part, by name. Images without a group or without a part are in no leak.
 *
 * @param groups by image
 * @param parts by image
 */
export function findLeaks(
  groups: readonly (string | undefined)[],
  parts: readonly (string | undefined)[],
): readonly Leak[] {
  const byGroup = new Map<string, Map<string, number[]>>();
  groups.forEach((group, i) => {
    const part = parts[i];
    if (group === undefined || part === undefined) return;
    const own = byGroup.get(group) ?? new Map<string, number[]>();
    byGroup.set(group, own);
    const images = own.get(part);
    if (images) images.push(i);
    else own.set(part, [i]);
  });
  return [...byGroup]
    .filter(([, own]) => own.size > 1)
    .map(([group, own]) => ({ group, parts: own }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

/** `train 3, val 1`: images of a leak by part. */
export function leakText({ parts }: Leak): string {
  return [...parts].map(([part, images]) => `${part} ${images.length}`).join(", ");
}
