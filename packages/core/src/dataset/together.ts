/**
 * @file Groups that must stay together, joined.
 */

/**
 * Groups of images, where those of each of `pairs` become one: named after the first of them by name.
 *
 * @param groups by image
 * @param pairs of images, by index
 */
export function joinGroups(groups: readonly string[], pairs: readonly (readonly [number, number])[]): string[] {
  const parent = new Map<string, string>();
  const rootOf = (group: string): string => {
    let root = group;
    for (let above = parent.get(root); above !== undefined; above = parent.get(root)) root = above;
    // What was climbed need not be climbed again.
    for (let one = group; one !== root; ) {
      const above = parent.get(one) ?? root;
      parent.set(one, root);
      one = above;
    }
    return root;
  };
  for (const [a, b] of pairs) {
    const [x, y] = [rootOf(groups[a]), rootOf(groups[b])];
    if (x !== y) parent.set(x < y ? y : x, x < y ? x : y);
  }
  return groups.map(rootOf);
}
