/**
 * @file The folder of results: `findings.json` and `findings.csv`, written image by image, and the page.
 *
 * Both files grow under another name and take their own at the end, so that neither is ever half of an older run and
 * half of a newer one. Nothing but counts and what the page shows is kept in memory.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Language } from "@fovea/core/language";
import { CSV_HEAD, csvRows } from "@fovea/core/report/csv";
import { type FindingsReport, type FindingsSummary, FindingsTally } from "@fovea/core/report/findings";
import { findingsHtml, type ReportTraining } from "@fovea/core/report/html";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { GrowingFile } from "../data/growing-file";
import { FINDING_COLOURS } from "../imaging/draw-findings";
import { PICTURE_FOLDERS } from "./file-predictor";
import { imageJson, type PredictedImage } from "./predicted-image";

/** Images on the page: more would only make it slow. */
const MOST_ON_PAGE = 500;

export interface ResultsFolderOptions {
  readonly folder: string;
  readonly settings: Pick<FindingsReport, "model" | "modelVersion" | "modelSha256" | "imgsz" | "conf" | "iou">;
  /** Make folders for pictures. @default true */
  readonly pictures?: boolean;
  /** Write `index.html`. @default true */
  readonly page?: boolean;
  /** Shown first on the page. @default "zh" */
  readonly language?: Language;
  /** When the run was made, as the page shall show it. */
  readonly date?: string;
  /** The training whose model this is, for the page. @default none */
  readonly training?: ReportTraining;
}

/** Makes `folder` and those of its pictures. @throws {FoveaError} `write_failed`, `disk_full` */
export async function makeResultsFolder(folder: string, { pictures = true } = {}): Promise<void> {
  const folders = pictures ? Object.values(PICTURE_FOLDERS).map((name) => join(folder, name)) : [folder];
  for (const path of folders) {
    await mkdir(path, { recursive: true }).catch((error: unknown) => {
      throw writeFailure(folder, error);
    });
  }
}

export class ResultsFolder {
  readonly #options: ResultsFolderOptions;
  readonly #json: GrowingFile;
  readonly #csv: GrowingFile;
  readonly #tally = new FindingsTally();
  readonly #shown: PredictedImage[] = [];
  #images = 0;

  private constructor(options: ResultsFolderOptions, json: GrowingFile, csv: GrowingFile) {
    this.#options = options;
    this.#json = json;
    this.#csv = csv;
  }

  /** @throws {FoveaError} `write_failed` or `disk_full`, as all that follows */
  static async open(options: ResultsFolderOptions): Promise<ResultsFolder> {
    const { folder, settings } = options;
    const json = await GrowingFile.open(join(folder, "findings.json"));
    const csv = await GrowingFile.open(join(folder, "findings.csv"));
    const results = new ResultsFolder(options, json, csv);
    const head = Object.entries(settings).map(
      ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
    );
    await json.write(`{\n${head.join("")}  "images": [`);
    await csv.write(CSV_HEAD);
    return results;
  }

  /** Adds one image. */
  async add(image: PredictedImage): Promise<void> {
    await this.#json.write(`${this.#images > 0 ? "," : ""}\n    ${imageJson(image)}`);
    await this.#csv.write(csvRows(image));
    this.#images++;
    this.#tally.add(image);
    if (this.#options.page !== false && this.#shown.length < MOST_ON_PAGE) this.#shown.push(image);
  }

  /** Ends the files and writes the page. */
  async finish(): Promise<FindingsSummary> {
    const summary = this.#tally.summary();
    await this.#json.write(`${this.#images > 0 ? "\n  " : ""}],\n  "summary": ${JSON.stringify(summary)}\n}\n`);
    await this.#json.finish();
    await this.#csv.finish();
    const { folder, page = true } = this.#options;
    if (page) await writeAtomically(join(folder, "index.html"), this.#page(summary));
    return summary;
  }

  /** Gives up: what was there before stays. */
  async abandon(): Promise<void> {
    await this.#json.abandon();
    await this.#csv.abandon();
  }

  #page(summary: FindingsSummary): string {
    const { settings, language, date, training } = this.#options;
    return findingsHtml(
      { ...settings, images: this.#shown, summary },
      {
        language,
        date,
        training,
        pictures: this.#shown.map(({ sideBySide }) => (sideBySide === undefined ? undefined : { sideBySide })),
        colours: FINDING_COLOURS,
        omitted: this.#images - this.#shown.length,
      },
    );
  }
}
