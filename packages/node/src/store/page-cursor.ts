/**
 * @file Where a page of a list ended: the sort key of its last row, as a text that clients give back.
 */
import { ArgumentError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts), "utf8").toString("base64url");
}

type Kind = "string" | "number" | "uuid";

/** What a database takes as such: text without NUL, whole numbers. */
const FITS: Readonly<Record<Kind, (part: unknown) => boolean>> = {
  string: (part) => typeof part === "string" && !part.includes("\0"),
  number: (part) => Number.isSafeInteger(part),
  uuid: (part) => typeof part === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(part),
};

/** @throws {ArgumentError} if it is none of ours */
export function decodeCursor<T extends readonly Kind[]>(
  cursor: string,
  kinds: T,
): { [I in keyof T]: T[I] extends "number" ? number : string } {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    parts = undefined;
  }
  const fits = Array.isArray(parts) && parts.length === kinds.length && kinds.every((kind, i) => FITS[kind](parts[i]));
  if (!fits) throw new ArgumentError(tell("noPlace"));
  return parts as { [I in keyof T]: T[I] extends "number" ? number : string };
}
