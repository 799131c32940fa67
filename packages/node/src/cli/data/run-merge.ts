/**
 * @file What `fovea data merge` does.
 */
import { mergeAll } from "@fovea/core/dataset/merge-clashes";
import { openSets } from "../../quality/open-sets";
import { cocoText } from "../../quality/write-set";
import { listed, plural, problemLines } from "../describe-dataset";
import { Progress } from "../progress";
import { writeResult } from "../write-result";
import type { MergeOptions } from "./merge";

export async function runMerge(data: readonly string[], { out, images, json }: MergeOptions): Promise<void> {
  const progress = new Progress();
  // Each with files from one folder for all, so that one picture has one name.
  const all = await openSets(data, { images });
  const pathOf = new Map(all.set.images.map(({ file }, i) => [file, all.paths[i]]));
  const { set, clashes } = mergeAll(all.sets);
  const boxes = set.images.reduce((sum, { annotations }) => sum + annotations.length, 0);
  const names = listed(set.categories.map(({ name }) => name));
  progress.field("Merged", `${plural(set.images.length, "image")}, ${plural(boxes, "box", "boxes")}; ${names}`);
  for (const line of problemLines(all.problems)) progress.print(line);
  for (const clash of clashes) progress.say(`  ${clash}`, 2);
  const paths = set.images.map(({ file }) => pathOf.get(file) ?? file);
  await writeResult(out, cocoText(set, paths, out));
  progress.field("Written", out);
  if (json !== undefined) {
    const content = { out, images: set.images.length, boxes, classes: set.categories.map(({ name }) => name), clashes };
    await writeResult(json, `${JSON.stringify(content, null, 1)}\n`);
  }
}
