/**
 * @file The spacing that a report tells beside the millimetres of a frame.
 */
import type { Spacing } from "@fovea/core/dicom/spacing";
import type { RouteParts } from "../app";
import { recordFile } from "../pictures/picture-thread";
import { isUnshown } from "./frame-picture";
import type { StudyFrame } from "./study-frames";

/** What the millimetres of findings were measured on: at a detector they are not the patient's. */
export class Spacings {
  readonly #parts: RouteParts;
  /** By SOP Instance UID: a file is described whole, which takes its time, so once for all frames. */
  readonly #ofFrame = new Map<string, Promise<(frame: number) => Spacing | null>>();

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  async of({ sopUid, frame, findings }: StudyFrame): Promise<Spacing | undefined> {
    const sized = findings.find(({ sizeMm }) => sizeMm !== undefined);
    if (sized?.sizeMm === undefined) return undefined;
    const ofFrame = this.#ofFrame.get(sopUid) ?? this.#read(sopUid);
    this.#ofFrame.set(sopUid, ofFrame);
    const spacing = (await ofFrame)(frame);
    // What was measured by another spacing, of a file that was read otherwise, is not told as of this one.
    const width = (sized.box.x2 - sized.box.x1) * (spacing?.column ?? 0);
    return spacing !== null && Math.abs(width - sized.sizeMm.width) < 1e-6 * width ? spacing : undefined;
  }

  async #read(sopUid: string): Promise<(frame: number) => Spacing | null> {
    const { store, pictures } = this.#parts;
    const none = () => null;
    const instance = await store.studies.findInstance(sopUid);
    if (instance?.blob === undefined) return none;
    try {
      const { studyUid, seriesUid } = instance;
      const image = await pictures.describe(recordFile(store.blobs, instance.blob), { studyUid, seriesUid, sopUid });
      const { pixel_spacing: shared } = image;
      const own = image.frame_values?.map(({ pixel_spacing }) => pixel_spacing) ?? [];
      return (frame) => (frame < own.length ? own[frame] : shared);
    } catch (error) {
      if (isUnshown(error)) return none;
      throw error;
    }
  }
}
