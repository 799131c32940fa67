/**
 * @file The known name that a misspelt one was probably meant to be.
 */

/**
 * Edits that turn `a` into `b`: insertion, deletion, replacement, or swap of two neighbours, each counting 1.
 *
 * Damerau, "A technique for computer detection and correction of spelling errors", CACM 7 (1964),
 * doi:10.1145/363958.363994; in the form that edits no letter twice (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let twoAbove = new Array<number>(b.length + 1).fill(0);
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], twoAbove[j - 2] + 1);
    }
    twoAbove = above;
    above = row;
  }
  return above[b.length];
}

/**
 * The one of `known` with the fewest edits from `name`, whatever the case of the letters; the first of equals. Failing
 * that the first that `name` begins with, or that begins with `name`, by three letters at least.
 *
 * `undefined` if more than two fifths of the letters would change (one letter may always): a wrong guess helps nobody.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const limit = Math.max(1, 0.4 * Math.max(name.length, candidate.length));
    // Saves the table for a name that is far too long.
    if (Math.abs(name.length - candidate.length) > limit) continue;
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance <= limit && distance < fewest) {
      nearest = candidate;
      fewest = distance;
    }
  }
  return nearest ?? known.find((candidate) => beginsAlike(lower, candidate.toLowerCase()));
}

function beginsAlike(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}
