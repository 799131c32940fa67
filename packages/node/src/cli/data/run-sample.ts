/**
 * @file What `fovea data sample` does.
 */
import { pickImages } from "@fovea/core/dataset/pick-images";
import { ArgumentError } from "@fovea/core/errors";
import { openSets } from "../../quality/open-sets";
import { sampleSheet } from "../../quality/sample-sheet";
import { cocoText } from "../../quality/write-set";
import { plural } from "../describe-dataset";
import { warn } from "../message";
import { Progress, workLine } from "../progress";
import { writeResult } from "../write-result";
import type { SampleOptions } from "./sample";

/** More pictures make a sheet that nobody can open. */
const MOST_ON_SHEET = 400;

export async function runSample(data: readonly string[], options: SampleOptions): Promise<void> {
  const { n, sheet, out, seed, stratify, cell, images } = options;
  if (sheet === undefined && out === undefined) {
    throw new ArgumentError("sample: nothing to write; give --sheet sheet.png, --out small.json, or both");
  }
  const progress = new Progress();
  const started = performance.now();
  const show = (what: string) => (done: number, total: number) => {
    progress.show(workLine(what, done, total, (performance.now() - started) / 1000));
  };
  try {
    const { set, paths } = await openSets(data, { images, onProgress: show("opening") });
    const picked = pickImages(set, n, { seed, stratify });
    const part = { categories: set.categories, images: picked.map((i) => set.images[i]) };
    progress.field("Picked", `${plural(picked.length, "image")} of ${set.images.length}`);
    if (sheet !== undefined) {
      const shown = picked.slice(0, MOST_ON_SHEET);
      if (shown.length < picked.length) warn(`the sheet shows the first ${shown.length}`);
      const onSheet = { categories: set.categories, images: shown.map((i) => set.images[i]) };
      const { png, unread } = await sampleSheet(
        onSheet,
        shown.map((i) => paths[i]),
        { cell, onProgress: show("drawing") },
      );
      for (const file of unread) warn(`${file} cannot be read and is not on the sheet`);
      await writeResult(sheet, png);
      progress.field("Sheet", sheet);
    }
    if (out !== undefined) {
      await writeResult(
        out,
        cocoText(
          part,
          picked.map((i) => paths[i]),
          out,
        ),
      );
      progress.field("Written", out);
    }
  } finally {
    progress.clear();
  }
}
