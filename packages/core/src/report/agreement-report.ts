/**
 * @file What the page on the agreement of readers shows, and the same as JSON.
 */
import type { Agreement } from "../consensus/agreement";
import type { Disagreement } from "../consensus/disagreements";
import type { Estimate } from "../consensus/estimates";

/** A disagreement, with the part of the image that is shown where there are pixels. */
export interface DisagreementPicture {
  readonly disagreement: Disagreement;
  /** The view as a JPEG, base64. */
  readonly jpeg?: string;
}

/** How lesions were put together. */
export interface ConsensusSettings {
  readonly method: string;
  readonly iou: number;
  readonly minPoints: number;
  readonly sameReader: string;
  readonly perClass: boolean;
  /** `majority`, or how many. */
  readonly minReaders: number | "majority";
  readonly minority: string;
  readonly volume: boolean;
  /** By reader, where they are weighted. */
  readonly reliability?: Readonly<Record<string, number>>;
  readonly resamples: number;
  readonly seed: number;
}

export interface AgreementReport {
  readonly date: string;
  readonly version: string;
  readonly categories: readonly string[];
  readonly agreement: Agreement;
  readonly settings: ConsensusSettings;
  readonly pictures: readonly DisagreementPicture[];
}

/** The report without its pictures; what is not a number is `null`. */
export function agreementJson({ date, version, categories, agreement, settings, pictures }: AgreementReport): string {
  const disagreements = pictures.map(({ disagreement: { marks: _, view: __, missedBy, ...one } }) => ({
    ...one,
    ...(!agreement.interchangeable && { missedBy: missedBy.map((reader) => agreement.readers[reader]) }),
  }));
  const { readers, ...figures } = agreement;
  const content = { date, version, readers, categories, settings, ...figures, disagreements };
  return `${JSON.stringify(content, (_, value: unknown) => (Number.isNaN(value) ? null : value), 2)}\n`;
}

/** `0.741 (0.690 to 0.787)`; a dash where there is none. */
export function estimateText({ value, interval: { low, high } }: Estimate, digits = 3): string {
  if (Number.isNaN(value)) return "–";
  return Number.isNaN(low)
    ? value.toFixed(digits)
    : `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}
