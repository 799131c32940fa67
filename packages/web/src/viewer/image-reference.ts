/**
 * @file The images of a series, one for each frame, in the order in which they are looked through.
 */
import type { StudyDetail } from "@fovea/core/contract/study";

export type Series = StudyDetail["series"][number];

/** One frame, counted from 0. */
export interface ImageReference {
  readonly sopUid: string;
  readonly frame: number;
}

/** By instance number, instances without one last, in the service's order where numbers are equal. */
export function imagesOf(series: Series): ImageReference[] {
  const number = ({ instance_number }: Series["instances"][number]) => instance_number ?? Number.POSITIVE_INFINITY;
  const before = (a: number, b: number) => (a === b ? 0 : a - b);
  const ordered = [...series.instances].sort((a, b) => before(number(a), number(b)));
  return ordered.flatMap(({ sop_uid: sopUid, frames }) =>
    Array.from({ length: Math.max(1, frames) }, (_, frame) => ({ sopUid, frame })),
  );
}

export function sameImage(a: ImageReference | undefined, b: ImageReference | undefined): boolean {
  return a?.sopUid === b?.sopUid && a?.frame === b?.frame;
}
