/**
 * @file Result objects as `objects/` makes them, for the planner.
 */
import type { FrameDecoder } from "../dicom/frame-decoder";
import { buildResultObjects, type ResultRequest } from "../objects/build-result-objects";
import type { BuildResultObjects } from "./result-objects";

/** What all results of a service share. */
export interface ResultSettings
  extends Pick<ResultRequest, "language" | "classNames" | "classCodes" | "defaultCharacterSet"> {
  readonly decoder: FrameDecoder;
}

export function resultBuilder(settings: ResultSettings): BuildResultObjects {
  return ({ images, ...source }) =>
    buildResultObjects({
      ...settings,
      ...source,
      series: images.map(({ read, outcome }) => ({ source: read, outcome })),
    });
}
