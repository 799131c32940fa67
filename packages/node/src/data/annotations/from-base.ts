/**
 * @file Paths as annotation sets write them.
 */
import { relative, sep } from "node:path";

/** `path` from `base`, with `/`. */
export function fromBase(base: string, path: string): string {
  return relative(base, path).split(sep).join("/");
}
