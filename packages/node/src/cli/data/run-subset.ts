/**
 * @file What `fovea data subset` does.
 */
import { onlyClasses, pickImages } from "@fovea/core/dataset/pick-images";
import { parseCondition } from "@fovea/core/dataset/where";
import { ArgumentError } from "@fovea/core/errors";
import { openSets } from "../../quality/open-sets";
import { cocoText } from "../../quality/write-set";
import { plural, problemLines } from "../describe-dataset";
import { Progress } from "../progress";
import { writeResult } from "../write-result";
import type { SubsetOptions } from "./subset";

export async function runSubset(data: readonly string[], options: SubsetOptions): Promise<void> {
  const { out, where, classes, keepEmpty, n, seed, images } = options;
  const conditions = where.map(parseCondition);
  const { set, paths, problems } = await openSets(data, { images });
  const held = set.images.filter((image) => conditions.every((condition) => condition(image)));
  const whole = { categories: set.categories, images: held };
  const classed = classes === undefined ? whole : onlyClasses(whole, classes, { keepEmpty });
  const picked = n === undefined ? classed.images : pickImages(classed, n, { seed }).map((i) => classed.images[i]);
  if (picked.length === 0) {
    throw new ArgumentError(`subset: none of ${set.images.length} images fulfils this; ${held.length} fulfil --where`);
  }
  const pathOf = new Map(set.images.map(({ file }, i) => [file, paths[i]]));
  const files = picked.map(({ file }) => pathOf.get(file) ?? file);
  await writeResult(out, cocoText({ categories: classed.categories, images: picked }, files, out));
  const progress = new Progress();
  const boxes = picked.reduce((sum, { annotations }) => sum + annotations.length, 0);
  for (const line of problemLines(problems)) progress.print(line);
  progress.field("Kept", `${plural(picked.length, "image")} of ${set.images.length}, ${plural(boxes, "box", "boxes")}`);
  progress.field("Written", out);
}
