/**
 * @file Images as the loader keeps them, for both sides of the augmentation benchmark: fitted, in one channel if grey.
 *
 * A folder of `N.raw` (bytes, rows, pixels, channels R G B) and `images.json`: for each its width, height, channels and rows
 * of class, centre and size in fractions.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fitImage } from "@fovea/node/data/image-cache";
import { labelPath } from "@fovea/node/data/open-dataset";
import { readSourceImage } from "@fovea/node/data/source-image";
import { listed } from "./batch";

export interface Fitted {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** n x 5. */
  readonly rows: readonly number[];
}

const COUNT = 16;

/** Writes sixteen images of the data set in `data` into `folder`; `list` names its list of images, else its train folder is taken. */
export async function writeFitted(data: string, list: string | undefined, folder: string, size: number): Promise<void> {
  const inFolder = () => {
    const images = join(data, "train/images");
    return readdirSync(images)
      .sort()
      .map((name) => join(images, name));
  };
  const files = list === undefined ? inFolder() : listed(data, list);
  const fitted: Fitted[] = [];
  for (let i = 0; i < COUNT; i++) {
    const file = files[Math.floor(((i + 0.5) * files.length) / COUNT)];
    const { image } = fitImage(await readSourceImage(file), size);
    writeFileSync(join(folder, `${i}.raw`), image.data);
    const rows = readFileSync(labelPath(file), "utf8").split("\n").filter(Boolean).flatMap(boxOf);
    fitted.push({ width: image.width, height: image.height, channels: image.channels, rows });
  }
  writeFileSync(join(folder, "images.json"), JSON.stringify(fitted));
}

/** Class and box of a line of labels, an outline by its bounds. */
function boxOf(line: string): number[] {
  const [label, ...values] = line.trim().split(/\s+/).map(Number);
  if (values.length === 4) return [label, ...values];
  const xs = values.filter((_, i) => i % 2 === 0);
  const ys = values.filter((_, i) => i % 2 === 1);
  const [x1, y1, x2, y2] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return [label, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}
