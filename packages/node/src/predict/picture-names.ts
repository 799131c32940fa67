/**
 * @file Names for the pictures of many files in one folder.
 */
import { dirname, extname, parse, resolve } from "node:path";

/**
 * One name for each file, without ending: its own, and where several are called alike, as many folders before it as
 * tell them apart, `patient7_slice01`. No two differ in capitals alone, as some file systems keep only one of such.
 */
export function pictureNames(files: readonly string[]): string[] {
  const own = ownNames(files);
  let names = own;
  for (let depth = 1; ; depth++) {
    const clashes = clashing(names);
    const longer = names.map((name, i) => (clashes.has(i) ? withFolders(files[i], own[i], depth) : name));
    if (longer.every((name, i) => name === names[i])) return numbered(names);
    names = longer;
  }
}

/** Names without ending, but with it where a file of another kind beside has the same: `slice01_png`. */
function ownNames(files: readonly string[]): string[] {
  const beside = clashing(files.map((file) => resolve(dirname(file), parse(file).name)));
  return files.map((file, i) => parse(file).name + (beside.has(i) ? extname(file).replace(".", "_") : ""));
}

/** Indices of names that occur more than once. */
function clashing(names: readonly string[]): Set<number> {
  const first = new Map<string, number>();
  const clashes = new Set<number>();
  for (const [i, name] of names.entries()) {
    const key = name.toLowerCase();
    const other = first.get(key);
    if (other === undefined) first.set(key, i);
    else clashes.add(other).add(i);
  }
  return clashes;
}

/** A file's name behind those of `depth` folders, or of all there are. */
function withFolders(file: string, name: string, depth: number): string {
  const folders = dirname(resolve(file)).split(/[\\/]/);
  const named = folders.filter((part) => part !== "" && !part.endsWith(":"));
  return [...named.slice(-depth), name].join("_");
}

/** The second and later of equal names get a number. */
function numbered(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${name}-${n}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}
