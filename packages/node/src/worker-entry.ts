/**
 * @file Where the built entry file of a worker thread lies.
 *
 * Worker threads load `dist`, because Node runs no TypeScript; also where the caller itself runs from `src`, as in tests.
 */
import { createRequire } from "node:module";
import { forbidTelemetry } from "./no-telemetry";

/** Path of a worker's built file, named as it is imported: `workerEntry("dicom/codec-worker")`; threads that start so tell nobody. */
export function workerEntry(name: string): string {
  forbidTelemetry();
  const path = createRequire(import.meta.url).resolve(`@fovea/node/${name}`);
  return path.replace(/([\\/])src([\\/].*)\.ts$/, "$1dist$2.js");
}
