/**
 * @file The result of a run over many images, as `findings.json` holds it.
 */
import type { SideAtLeft } from "../dicom/patient-side";
import type { Spacing } from "../dicom/spacing";
import type { ErrorCode } from "../errors";
import type { Finding } from "../finding";

/** One image of a run: what was found in it, or why it could not be read. */
export interface ImageFindings {
  /** Path as the user gave it, or relative to the source folder. */
  readonly file: string;
  /** Of the file's bytes, hexadecimal: names are alike in every export. Absent of a file that could not be opened. */
  readonly sha256?: string;
  /** Frame of a multi-frame file, counted from 0. */
  readonly frame?: number;
  /** Pixels; 0 where the image could not be read. */
  readonly width: number;
  readonly height: number;
  /** By falling confidence. */
  readonly findings: readonly Finding[];
  /** Distance of pixels where the file says it, and the attribute it comes from. */
  readonly spacingMm?: Spacing;
  /** The patient's side at the image's left, where the file says it. */
  readonly sideAtLeft?: SideAtLeft;
  /** What was odd about the file, though it could be read; not empty. */
  readonly warnings?: readonly string[];
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** How the run went, in numbers. Means and maxima are over images that could be read. */
export interface FindingsSummary {
  readonly files: number;
  /** Images that could be read: each frame of a multi-frame file is one. */
  readonly images: number;
  readonly filesWithFindings: number;
  /** Files of which something could not be read. */
  readonly failures: number;
  readonly findings: number;
  /** 0 where no image could be read. */
  readonly meanPerImage: number;
  readonly maxPerImage: number;
  /** Findings of each class that occurs, by rising class id. */
  readonly perClass: readonly { readonly classId: number; readonly className: string; readonly findings: number }[];
}

/** What was run, over which images, with which result. */
export interface FindingsReport {
  /** The model as the user named it. */
  readonly model: string;
  /** `name@first 12 digits` of its file. */
  readonly modelVersion?: string;
  /** Of its file, hexadecimal. */
  readonly modelSha256?: string;
  /** Side of the network's input, pixels. */
  readonly imgsz: number;
  /** Findings below this confidence are left out. */
  readonly conf: number;
  /** IoU above which the less confident of two boxes is left out. */
  readonly iou: number;
  readonly images: readonly ImageFindings[];
  readonly summary: FindingsSummary;
}

/** Counts findings image by image, for runs whose images are not kept. */
export class FindingsTally {
  /** The file counted last, and what its images so far came to. */
  #file: { readonly path: string; found: boolean; failed: boolean } | undefined;
  #files = 0;
  #images = 0;
  #filesWithFindings = 0;
  #failures = 0;
  #findings = 0;
  #maxPerImage = 0;
  readonly #classes = new Map<number, { classId: number; className: string; findings: number }>();

  /** Counts one image; the frames of a file come one after another. */
  add({ file, findings, error }: Pick<ImageFindings, "file" | "findings" | "error">): void {
    if (this.#file?.path !== file) {
      this.#file = { path: file, found: false, failed: false };
      this.#files++;
    }
    if (error !== undefined) {
      if (!this.#file.failed) this.#failures++;
      this.#file.failed = true;
      return;
    }
    this.#images++;
    if (findings.length > 0) {
      if (!this.#file.found) this.#filesWithFindings++;
      this.#file.found = true;
    }
    this.#findings += findings.length;
    this.#maxPerImage = Math.max(this.#maxPerImage, findings.length);
    for (const finding of findings) count(this.#classes, finding);
  }

  summary(): FindingsSummary {
    return {
      files: this.#files,
      images: this.#images,
      filesWithFindings: this.#filesWithFindings,
      failures: this.#failures,
      findings: this.#findings,
      meanPerImage: this.#images === 0 ? 0 : this.#findings / this.#images,
      maxPerImage: this.#maxPerImage,
      perClass: byClassId(this.#classes),
    };
  }
}

type ClassCount = FindingsSummary["perClass"][number];

function count(
  counts: Map<number, { classId: number; className: string; findings: number }>,
  { classId, className }: Finding,
): void {
  const known = counts.get(classId);
  if (known === undefined) counts.set(classId, { classId, className, findings: 1 });
  else known.findings++;
}

function byClassId(counts: ReadonlyMap<number, ClassCount>): ClassCount[] {
  return [...counts.values()].map((one) => ({ ...one })).sort((a, b) => a.classId - b.classId);
}

/** Findings of each class that occurs, by rising class id. */
export function countClasses(findings: readonly Finding[]): FindingsSummary["perClass"] {
  const counts = new Map<number, { classId: number; className: string; findings: number }>();
  for (const finding of findings) count(counts, finding);
  return byClassId(counts);
}

/** The finding with its extent in millimetres, where the image's spacing is known. */
export function withSizeMm(finding: Finding, spacing: Spacing | undefined): Finding {
  if (spacing === undefined) return finding;
  const { x1, y1, x2, y2 } = finding.box;
  return { ...finding, sizeMm: { width: (x2 - x1) * spacing.column, height: (y2 - y1) * spacing.row } };
}
