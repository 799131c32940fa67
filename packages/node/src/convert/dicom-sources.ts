/**
 * @file From files and folders that a user names to files to be read, and to names for what is made of them.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readFailure } from "../read-file";

/** A file that was found. */
export interface DicomSource {
  /** As the user can open it. */
  readonly path: string;
  /** Path that it has in the output, without ending, with `/`. */
  readonly stem: string;
}

/**
 * All files of `inputs`, folders with all below them, each once, sorted within its folder; hidden files are left out.
 *
 * Stems mirror the tree. Several inputs get a folder each, named as they are; a file alone has its own name.
 *
 * @param except folder whose files are left out: that of the results, which may lie among the inputs
 * @throws {FoveaError} `file_not_found`, `file_unreadable`
 */
export async function listDicomSources(inputs: readonly string[], except?: string): Promise<DicomSource[]> {
  const left = except === undefined ? undefined : resolve(except);
  const seen = new Set<string>();
  const taken = new Set<string>();
  const found: DicomSource[] = [];
  const add = (path: string, below: string) => {
    const full = resolve(path);
    if (seen.has(full)) return;
    seen.add(full);
    found.push({ path, stem: uniqueStem(below, taken) });
  };
  for (const input of inputs) {
    const isFolder = await statOf(input);
    if (!isFolder) {
      add(input, basename(input));
      continue;
    }
    const top = inputs.length > 1 ? basename(resolve(input)) : "";
    for await (const below of filesBelow(input, left)) add(join(input, below), top === "" ? below : `${top}/${below}`);
  }
  return found;
}

async function statOf(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw readFailure(path, error, "file or folder");
  }
}

/** Paths below `folder`, with `/`, by code unit: not by the machine's language. */
async function* filesBelow(folder: string, except: string | undefined, below = ""): AsyncGenerator<string> {
  const here = join(folder, below);
  if (resolve(here) === except) return;
  const entries = await readdir(here, { withFileTypes: true }).catch((error: unknown) => {
    throw readFailure(here, error, "folder");
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, except, path);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}

/** Endings that say DICOM and are dropped; the last number of `1.2.840.113619.2` is none. */
const ENDING = /\.(dcm|dicom|dic|ima)$/i;

/** What ends like the name of a frame, `.f0003`, would clash with one. */
const LIKE_A_FRAME = /\.f\d+$/i;

/**
 * A stem that no other file has, in small letters or capitals: without its ending, else with it, else with a number. It
 * depends on files before it alone, so that a second run gives the same names.
 */
function uniqueStem(path: string, taken: Set<string>): string {
  const short = path.replace(ENDING, "");
  const whole = path.replace(ENDING, (ending) => ending.replace(".", "_"));
  const candidates = LIKE_A_FRAME.test(short) ? [`${whole}_`] : [short, `${whole}_`];
  for (let n = 1; ; n++) {
    const stem = candidates.shift() ?? `${whole}_${n}`;
    if (taken.has(stem.toLowerCase())) continue;
    taken.add(stem.toLowerCase());
    return stem;
  }
}
