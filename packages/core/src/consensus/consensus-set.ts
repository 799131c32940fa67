/**
 * @file A consensus as an annotation set.
 *
 * Each annotation carries `num_experts` (who saw it), `num_read` (who read it), `agreement` (their share), `readers`
 * (names, or left out), `spread_px` and `mean_iou` of the box, `class_agreement` and `lesion`, the lesion's number, which
 * slices of one share.
 */
import type { AnnotatedImage, Annotation, AnnotationSet } from "../dataset/annotation-set";
import type { Consensus, Lesion, LesionBox } from "./consensus";
import type { Readings } from "./readings";
import { boxArea } from "./sightings";

const MINORITIES = ["ignore", "soft", "drop"] as const;

/** What becomes of a lesion that too few saw: a region where nothing is judged, a label that counts by the share, nothing. */
export type Minority = (typeof MINORITIES)[number];

export interface ConsensusSetOptions {
  /** @default "ignore" */
  readonly minority?: Minority;
  /** Readers are not the same persons from case to case: their names say nothing, and are left out. @default false */
  readonly interchangeable?: boolean;
}

/** All images that anybody read, with the lesions of the consensus. Regions that a reader left unjudged stay ignored. */
export function consensusSet(
  readings: Readings,
  { lesions }: Consensus,
  { minority = "ignore", interchangeable = false }: ConsensusSetOptions = {},
): AnnotationSet {
  const annotations: Annotation[][] = readings.images.map(() => []);
  lesions.forEach((lesion, number) => {
    for (const part of lesion.boxes) {
      const one = annotationOf(lesion, part, minority);
      if (one === undefined) continue;
      const { x1, y1, x2, y2 } = part.box;
      const names = lesion.readers.map((reader) => readings.readers[reader]).join(",");
      annotations[part.image].push({
        ...one,
        classId: lesion.classId,
        box: { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2) },
        area: rounded(boxArea(part.box)),
        attributes: {
          lesion: number,
          num_experts: lesion.readers.length,
          num_read: lesion.readBy.length,
          agreement: rounded(lesion.agreement),
          ...(lesion.boxes.length > 1 && { slice_experts: part.experts }),
          spread_px: rounded(part.spreadPx),
          mean_iou: rounded(part.meanIou),
          class_agreement: rounded(lesion.classShare),
          ...(!interchangeable && { readers: names }),
        },
      });
    }
  });
  for (const { image, annotation } of readings.regions) {
    const { classId, box, segmentation } = annotation;
    annotations[image].push({ classId, box, crowd: true, ignore: true, ...(segmentation && { segmentation }) });
  }
  const images = readings.images.map(({ case: _, readBy, ...image }, i): AnnotatedImage => {
    const who = readBy.map((reader) => readings.readers[reader]).join(",");
    const attributes = { ...image.attributes, num_read: readBy.length, ...(!interchangeable && { read_by: who }) };
    return { ...image, attributes, annotations: annotations[i] };
  });
  return { categories: readings.categories, images };
}

function annotationOf(
  lesion: Lesion,
  { sure, experts }: LesionBox,
  minority: Minority,
): Pick<Annotation, "crowd" | "ignore" | "weight"> | undefined {
  if (lesion.accepted && sure) return {};
  if (minority === "drop") return undefined;
  // Crowds are what other tools leave unjudged too; they do not know `ignore`.
  return minority === "ignore" ? { crowd: true, ignore: true } : { weight: experts / lesion.readBy.length };
}

/** A ten thousandth of a pixel is enough. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
