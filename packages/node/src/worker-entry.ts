/**
 * @file Where the built entry file of a worker thread lies.
 *
 * Worker threads load `dist`, because Node runs no TypeScript; also where the caller itself runs from `src`, as in tests.
 */
import { createRequire } from "node:module";

/** Path of a worker's built file, named as it is imported: `workerEntry("dicom/codec-worker")`. */
export function workerEntry(name: string): string {
  const path = createRequire(import.meta.url).resolve(`@fovea/node/${name}`);
  return path.replace(/([\\/])src([\\/].*)\.ts$/, "$1dist$2.js");
}
