/**
 * @file Keys of the record's files: `area/ab/abcd...`. Names are random, never anybody's input.
 *
 * A received image lies in `incoming` until its row stands, and keeps its name when it settles among `images`. The row names the
 * settled key from the first.
 */
import { randomBytes } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";

export const AREAS = ["incoming", "images", "objects", "uploads"] as const;
export type Area = (typeof AREAS)[number];

const KEY = /^(incoming|images|objects|uploads)\/([0-9a-f]{2})\/(\2[0-9a-f]{30})$/;

export function newKey(area: Area): string {
  const name = randomBytes(16).toString("hex");
  return `${area}/${name.slice(0, 2)}/${name}`;
}

export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** @returns area, folder and name. @throws {FoveaError} `not_found` if it is no key */
export function partsOf(blob: string): readonly string[] {
  const match = KEY.exec(blob);
  if (match === null) throw new FoveaError("not_found", "no key of a file of the record");
  return match.slice(1);
}

/** The key that `BlobStore.settle` gives a file of `incoming`, known before it moves; any other file keeps its own. */
export function settledKey(blob: string): string {
  return blob.replace(/^incoming\//, "images/");
}

/** The keys at which a file may lie, the usual one first: an image's row names its place before the file has moved there. */
export function placesOf(blob: string): readonly string[] {
  return blob.startsWith("images/") ? [blob, blob.replace(/^images\//, "incoming/")] : [blob];
}
