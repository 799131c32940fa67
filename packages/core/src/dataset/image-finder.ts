/**
 * @file Which image of the truth a detector means, where it writes another folder or ending: `a/1.dcm` and `1.png`.
 */

/**
 * Index of a truth's image by its file, or else by its name without folder and ending, where only one has it and no other
 * of `others` is that very image: of `train/1.png` and `val/1.png` only the one is `val/1.png`.
 *
 * @param files of the truth
 * @param others all files that are looked for
 */
export function imageFinder(
  files: readonly string[],
  others: Iterable<string> = [],
): (file: string) => number | undefined {
  const byFile = new Map(files.map((file, index) => [file, index]));
  const exact = new Set<number | undefined>();
  for (const file of others) exact.add(byFile.get(file));
  const byStem = new Map<string, number | undefined>();
  for (const [index, file] of files.entries()) byStem.set(stem(file), byStem.has(stem(file)) ? undefined : index);
  return (file) => {
    const own = byFile.get(file);
    if (own !== undefined) return own;
    const named = byStem.get(stem(file));
    return exact.has(named) ? undefined : named;
  };
}

/** An ending begins with a letter: the last number of a UID is none. */
function stem(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.[a-z][a-z0-9]*$/i, "");
}
