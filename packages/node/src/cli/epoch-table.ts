/**
 * @file The table of a training run, one row for each epoch.
 *
 * It fits into a terminal of 80 columns, with the four losses of a segmenting network and a thousand epochs too.
 */
import type { ResultRow } from "../train/results-csv";

/**
 * Columns of measures, and what they are in a row of results. S@1 is sensitivity at one false positive per image; four
 * losses leave no room for it.
 */
const MEASURES = [
  ["P", "metrics/precision(B)"],
  ["R", "metrics/recall(B)"],
  ["mAP50", "metrics/mAP50(B)"],
  ["mAP50-95", "metrics/mAP50-95(B)"],
  ["S@1", "metrics/froc1(B)"],
] as const;

/** Characters of a cell with the blank before it. */
const WIDTH = 6;

/** The same of the time that is left. */
const TIME = 8;

export class EpochTable {
  readonly #epochs: number;
  readonly #lossNames: readonly string[];
  readonly #epochWidth: number;
  readonly #measures: readonly (typeof MEASURES)[number][];

  /** @param lossNames `box_loss` ... */
  constructor(epochs: number, lossNames: readonly string[]) {
    this.#epochs = epochs;
    this.#lossNames = lossNames;
    this.#epochWidth = Math.max(5, 2 * String(epochs).length + 1);
    this.#measures = lossNames.length > 3 ? MEASURES.slice(0, -1) : MEASURES;
  }

  heading(): string {
    const losses = this.#lossNames.map((name) => name.replace(/_loss$/, ""));
    const measures = this.#cells(this.#measures.map(([name]) => name));
    return `${"epoch".padStart(this.#epochWidth)}${numbers([...losses, "img/s"])}${measures}${"left".padStart(TIME)}`;
  }

  /**
   * What stands before the measures, or before a bar.
   *
   * @param epoch from 0
   */
  losses(epoch: number, losses: readonly number[], imagesPerSecond: number): string {
    const counted = `${epoch + 1}/${this.#epochs}`.padStart(this.#epochWidth);
    return counted + numbers([...losses, imagesPerSecond].map(short));
  }

  /** What stands behind the losses once the epoch is done. */
  measures(row: ResultRow, left: string, improved: boolean): string {
    const values = this.#measures.map(([, name]) => row[name]);
    const measures = this.#cells(values.map((value) => (typeof value === "number" ? value.toFixed(3) : "-")));
    return `${measures}${left.padStart(TIME)}${improved ? " best" : ""}`;
  }

  #cells(texts: readonly string[]): string {
    return texts.map((text, i) => text.padStart(Math.max(WIDTH, this.#measures[i][0].length + 1))).join("");
  }
}

function numbers(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(WIDTH)).join("");
}

/** `0.715`, `12.34`, `123.4`, `1234`: five characters at most. */
function short(x: number): string {
  return x.toFixed(x < 10 ? 3 : x < 100 ? 2 : x < 1000 ? 1 : 0);
}
