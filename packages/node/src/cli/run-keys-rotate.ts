/**
 * @file What `fovea keys rotate` does.
 */
import { openStore } from "../store/open-store";
import { rotateKeys } from "../store/rotate-keys";
import { plural } from "./describe-dataset";
import { Progress } from "./progress";
import { type RecordOptions, recordPlace } from "./record-place";

export async function runKeysRotate(options: RecordOptions): Promise<void> {
  const store = await openStore(recordPlace(options));
  const progress = new Progress();
  try {
    const { values, files, removed } = await rotateKeys(store, {
      onProgress: ({ values, files }) => progress.show(`sealed anew: ${values} values, ${files} files`),
    });
    progress.clear();
    const old = removed > 0 ? "the old key is gone" : "the old key is not needed any more: take it out of FOVEA_KEY";
    process.stdout.write(`sealed anew: ${plural(values, "value")}, ${plural(files, "file")}; ${old}\n`);
  } finally {
    progress.clear();
    await store.close();
  }
}
