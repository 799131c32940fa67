/**
 * @file What a batch came to, counted image by image: nothing of an image is kept.
 */
import type { Bilingual } from "../language";
import type { JudgedLesion } from "../rules/judge";
import { type FindingsSummary, FindingsTally } from "./findings";
import type { JudgedImage } from "./judged-image";
import { HIGH_CONFIDENCE, runSentence } from "./summary";

/** Means are over findings; sizes in pixels; null where there is nothing to take a mean of. */
export interface ClassStatistics {
  readonly classId: number;
  readonly className: string;
  readonly findings: number;
  /** Images with at least one. */
  readonly images: number;
  readonly meanConfidence: number | null;
  readonly meanWidth: number | null;
  readonly meanHeight: number | null;
}

export interface BatchStatistics extends Omit<FindingsSummary, "perClass"> {
  /** Findings above 0.7. */
  readonly highConfidence: number;
  readonly meanConfidence: number | null;
  /** Every class of the model, by id. */
  readonly perClass: readonly ClassStatistics[];
  /** Findings of each category that the rules gave, most first; those without one are left out. */
  readonly perCategory: readonly { readonly category: Bilingual; readonly findings: number }[];
  /** How the batch went, in a sentence. */
  readonly summary: Bilingual;
}

interface ClassSums {
  readonly className: string;
  findings: number;
  images: number;
  confidence: number;
  width: number;
  height: number;
}

export class BatchTally {
  readonly #tally = new FindingsTally();
  readonly #classes: readonly ClassSums[];
  /** By both names. */
  readonly #categories = new Map<string, { readonly category: Bilingual; findings: number }>();
  #high = 0;

  /** @param classes names as the model has them, by id */
  constructor(classes: readonly string[]) {
    this.#classes = classes.map((className) => {
      return { className, findings: 0, images: 0, confidence: 0, width: 0, height: 0 };
    });
  }

  /** Counts one image; the frames of a file come one after another. */
  add(image: JudgedImage): void {
    this.#tally.add(image);
    if (image.error !== undefined) return;
    for (const finding of image.findings) this.#count(finding);
    for (const classId of new Set(image.findings.map((finding) => finding.classId))) this.#classes[classId].images++;
  }

  #count({ classId, confidence, box, category }: JudgedLesion): void {
    const sums = this.#classes[classId];
    sums.findings++;
    sums.confidence += confidence;
    sums.width += box.x2 - box.x1;
    sums.height += box.y2 - box.y1;
    if (confidence > HIGH_CONFIDENCE) this.#high++;
    if (category === undefined) return;
    const key = JSON.stringify([category.zh, category.en]);
    const known = this.#categories.get(key);
    if (known === undefined) this.#categories.set(key, { category, findings: 1 });
    else known.findings++;
  }

  statistics(): BatchStatistics {
    const { perClass: _, ...counts } = this.#tally.summary();
    const summary = { ...counts, perClass: [] };
    return {
      ...counts,
      highConfidence: this.#high,
      meanConfidence: mean(
        this.#classes.reduce((sum, { confidence }) => sum + confidence, 0),
        counts.findings,
      ),
      perClass: this.#classes.map(({ className, findings, images, confidence, width, height }, classId) => ({
        ...{ classId, className, findings, images },
        meanConfidence: mean(confidence, findings),
        meanWidth: mean(width, findings),
        meanHeight: mean(height, findings),
      })),
      perCategory: [...this.#categories.values()].toSorted((a, b) => b.findings - a.findings),
      summary: { zh: runSentence(summary, "zh"), en: runSentence(summary, "en") },
    };
  }
}

/** To four places: what is written must not differ by the order of a sum. */
function mean(sum: number, count: number): number | null {
  return count === 0 ? null : Number((sum / count).toFixed(4));
}
