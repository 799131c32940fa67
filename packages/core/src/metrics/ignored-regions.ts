/**
 * @file Detections in regions in which nothing is judged, as COCO has it for crowds, and those that would hit what is to be
 * ignored if it were a lesion, as LUNA16 has it for excluded findings: neither hits nor false positives.
 */
import { area, type Boxes, intersection } from "../geometry/box";
import type { ClassedBoxes } from "../geometry/match";
import { NO_LESION } from "./froc";
import { type HitOptions, lesionHits, type PixelSpacing } from "./lesion-hits";

/** Share of a detection that lies in a region, from which on it is not judged: COCO's at an IoU of one half. */
const SHARE = 0.5;

/**
 * Which detections are judged: of those that hit no lesion all but those with half of their area or more in one region, or
 * that reach one by the rule of `hits`, whatever their class.
 *
 * A lesion is hit here at an IoU of one half, or as `hits` has it if that asks for less.
 *
 * @param detections most confident first, in the pixels of `truth`
 * @param regions n x 4, in the same pixels
 * @param spacing of the image, where hits are by distance
 * @returns indices into `detections`, rising
 */
export function judgedDetections(
  detections: ClassedBoxes,
  truth: ClassedBoxes,
  regions: Boxes,
  hits: HitOptions = {},
  spacing?: PixelSpacing,
): readonly number[] {
  const all = Array.from(detections.classIds.keys());
  if (regions.length === 0) return all;
  const hit = lesionHits(detections, truth, { hitIou: Math.min(SHARE, hits.hitIou ?? SHARE) });
  const near = (hits.hit ?? "iou") === "iou" ? hit : lesionHits(detections, truth, hits, spacing);
  const anyClass = ({ boxes }: { readonly boxes: Boxes }) => ({ boxes, classIds: new Int32Array(boxes.length / 4) });
  const onRegion = lesionHits(anyClass(detections), anyClass({ boxes: regions }), hits, spacing);
  return all.filter((i) => {
    if (hit[i] !== NO_LESION || near[i] !== NO_LESION) return true;
    if (onRegion[i] !== NO_LESION) return false;
    for (let j = 0; 4 * j < regions.length; j++) {
      if (intersection(detections.boxes, i, regions, j) >= SHARE * area(detections.boxes, i)) return false;
    }
    return true;
  });
}
