/**
 * @file Identifiers of result objects, made from what the objects say: the same result has the same identifiers everywhere.
 */
import { createHash } from "node:crypto";
import { uidFromSha256 } from "@fovea/core/dicom/uid";

/** A UUID-derived UID (PS3.5 B.2) of `parts`, which are kept apart by their lengths. */
export function resultUid(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return uidFromSha256(hash.digest("hex"));
}
