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

interface StackedInstance {
  readonly sopUid: string;
  /** Index of its first frame in the stack. */
  readonly start: number;
  readonly frames: number;
}

/** Counts images and does not list them: what a file says of its number of frames may be any number. */
export class ImageStack {
  readonly length: number;
  readonly #instances: readonly StackedInstance[];

  constructor(instances: readonly Pick<StackedInstance, "sopUid" | "frames">[]) {
    let length = 0;
    this.#instances = instances.map(({ sopUid, frames }) => {
      const start = length;
      length += frames;
      return { sopUid, start, frames };
    });
    this.length = length;
  }

  /** Counted from 0; undefined where the stack has none. */
  at(index: number): ImageReference | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) return undefined;
    const found = this.#instances.findLast(({ start }) => start <= index);
    return found && { sopUid: found.sopUid, frame: index - found.start };
  }

  /** -1 where the stack has it not. */
  indexOf(reference: ImageReference | undefined): number {
    const found = this.#instances.find(({ sopUid }) => sopUid === reference?.sopUid);
    return found && reference && reference.frame < found.frames ? found.start + reference.frame : -1;
  }
}

/**
 * By instance number, instances without one last, in the service's order where numbers are equal. What has no rows and columns is no
 * image (reports, presentation states, references to key objects), unless its size could not be told: nobody may overlook that.
 */
export function imagesOf(series: Series): ImageStack {
  const number = ({ instance_number }: Series["instances"][number]) => instance_number ?? Number.POSITIVE_INFINITY;
  const before = (a: number, b: number) => (a === b ? 0 : a - b);
  const ordered = series.instances
    .filter(({ rows, columns, size_unknown }) => rows * columns > 0 || size_unknown)
    .sort((a, b) => before(number(a), number(b)));
  return new ImageStack(ordered.map(({ sop_uid: sopUid, frames }) => ({ sopUid, frames: Math.max(1, frames) })));
}

export function sameImage(a: ImageReference | undefined, b: ImageReference | undefined): boolean {
  return a?.sopUid === b?.sopUid && a?.frame === b?.frame;
}
