/**
 * @file Where the reference material stands: `FOVEA_SHARED`, or the folder `shared` beside the checkout.
 *
 * It is not part of the repository. Tests that need it skip where it is absent.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = process.env.FOVEA_SHARED ?? resolve(import.meta.dirname, "../../shared");

/** Whether the reference material is there. */
export const sharedAvailable = existsSync(join(root, "reference/yolo"));

/** Absolute path of a file of the reference material. */
export function sharedPath(path: string): string {
  return join(root, path);
}
