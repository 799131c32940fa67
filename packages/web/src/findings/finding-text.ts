/**
 * @file What is said of a finding.
 */
import type { FindingRecord } from "@fovea/core/contract/study";
import { measure } from "../language/clinical-text";
import type { Say } from "../language/language";

/** Width and height in millimetres where the service knows them, else in pixels. */
export function sizeText({ width_mm, height_mm, bbox }: FindingRecord, say: Say): string {
  if (width_mm !== null && height_mm !== null) {
    return say("findings.size", { width: measure(width_mm), height: measure(height_mm) });
  }
  return say("findings.sizePixels", { width: measure(bbox.x2 - bbox.x1), height: measure(bbox.y2 - bbox.y1) });
}
