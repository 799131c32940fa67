/**
 * @file What a data set is, as one text to be hashed: equal texts mean the same images under the same names with the
 * same labels.
 *
 * Folders above the common one do not count, nor does the order of the files, so that a copy elsewhere is the same data.
 */
import type { Region, Sample } from "./sample";

/** An image of the data set and what is marked in it; slashes of its path may be of either kind. */
export interface FingerprintEntry extends Pick<Sample, "file" | "crop" | "labels" | "ignored"> {
  /** Part it belongs to: `train`, `val`. */
  readonly split: string;
  /** Size of the image file. */
  readonly bytes: number;
}

/** One line an image, sorted by part and name: part, name, bytes, crop, labels and regions to ignore in their order. */
export function fingerprintText(entries: readonly FingerprintEntry[]): string {
  const paths = entries.map(({ file }) => file.replaceAll("\\", "/"));
  const common = commonFolder(paths);
  const lines = entries.map(({ split, bytes, crop, labels, ignored = [] }, i) => {
    const part = crop ? [[crop.x, crop.y, crop.width, crop.height]] : [];
    const marks = [
      ...labels.map(({ classId, weight, ...place }) => {
        return `${classId}:${placeText(place)}${weight === undefined ? "" : `*${weight}`}`;
      }),
      ...ignored.map((region) => `-:${placeText(region)}`),
    ];
    // JSON keeps a name with a tab or a line break from being taken for two entries.
    return `${JSON.stringify([split, paths[i].slice(common.length), bytes, ...part])} ${marks.join(" ")}\n`;
  });
  return lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join("");
}

/** `0.5,0.5,0.25,0.25`, and the points of an outline behind it. */
function placeText({ cx, cy, w, h, polygon }: Region): string {
  const outline = polygon === undefined ? "" : `;${[...polygon].join(",")}`;
  return `${[cx, cy, w, h].join(",")}${outline}`;
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
