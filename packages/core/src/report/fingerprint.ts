/**
 * @file What a data set is, as one text to be hashed: equal texts mean the same images under the same names with the
 * same labels.
 *
 * Folders above the common one do not count, nor does the order of the files, so that a copy elsewhere is the same data.
 */
import type { Label } from "../dataset/sample";

/** A file of the data set and what is marked in it. */
export interface FingerprintEntry {
  /** Part it belongs to: `train`, `val`. */
  readonly split: string;
  /** Path; slashes of either kind. */
  readonly file: string;
  /** Size of the image file. */
  readonly bytes: number;
  readonly labels: readonly Label[];
}

/** One line a file, sorted by part and name: part, name, bytes, labels in their order. */
export function fingerprintText(entries: readonly FingerprintEntry[]): string {
  const paths = entries.map(({ file }) => file.replaceAll("\\", "/"));
  const common = commonFolder(paths);
  const lines = entries.map(
    ({ split, bytes, labels }, i) =>
      // JSON keeps a name with a tab or a line break from being taken for two entries.
      `${JSON.stringify([split, paths[i].slice(common.length), bytes])} ${labels.map(labelText).join(" ")}\n`,
  );
  return lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join("");
}

/** `0:0.5,0.5,0.25,0.25`, and the points of an outline behind it. */
function labelText({ classId, cx, cy, w, h, polygon }: Label): string {
  const outline = polygon === undefined ? "" : `;${[...polygon].join(",")}`;
  return `${classId}:${[cx, cy, w, h].join(",")}${outline}`;
}

/** The longest folder that all paths share, with its slash; of a single file, that which it stands in. */
export function commonFolder(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  let common = paths[0].slice(0, paths[0].lastIndexOf("/") + 1);
  for (const path of paths) {
    while (!path.startsWith(common)) common = common.slice(0, common.lastIndexOf("/", common.length - 2) + 1);
  }
  return common;
}
