/**
 * @file Files of a report on agreement: the page, its figures, a table of lesions; and crops of the images it shows.
 */
import { join } from "node:path";
import type { Agreement } from "@fovea/core/consensus/agreement";
import type { Consensus } from "@fovea/core/consensus/consensus";
import { type Disagreement, worstDisagreements } from "@fovea/core/consensus/disagreements";
import type { Readings } from "@fovea/core/consensus/readings";
import { cropImage } from "@fovea/core/imaging/crop";
import { agreementHtml } from "@fovea/core/report/agreement-html";
import {
  type AgreementReport,
  agreementJson,
  type ConsensusSettings,
  type DisagreementPicture,
} from "@fovea/core/report/agreement-report";
import { lesionsCsv } from "@fovea/core/report/lesions-csv";
import { readSourceImage } from "../data/source-image";
import { sharpLibrary } from "../imaging/sharp-library";
import { VERSION } from "../version";

export interface AgreementMaterial {
  readonly readings: Readings;
  readonly consensus: Consensus;
  readonly agreement: Agreement;
  readonly settings: ConsensusSettings;
  /** Folder of each reader's pictures. */
  readonly roots: readonly string[];
}

export interface AgreementFilesOptions {
  /** Folder for page, figures and table. */
  readonly report?: string;
  /** File for the figures alone. */
  readonly json?: string;
  /** Disagreements shown at most. */
  readonly pictures: number;
  readonly lang: "zh" | "en";
}

export interface ReportFile {
  readonly path: string;
  readonly content: string;
  /** What it is, in a word. */
  readonly what: string;
}

/** What is to be written. Images are read only for a page. */
export async function agreementFiles(
  material: AgreementMaterial,
  { report: folder, json, pictures: most, lang }: AgreementFilesOptions,
): Promise<ReportFile[]> {
  const { readings, consensus, agreement, settings, roots } = material;
  const disagreements = worstDisagreements(readings, consensus, { most });
  const pictures =
    folder === undefined
      ? disagreements.map((disagreement) => ({ disagreement }))
      : await Promise.all(disagreements.map((one) => withPixels(one, readings, roots)));
  const categories = readings.categories.map(({ name }) => name);
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const report: AgreementReport = { date, version: VERSION, categories, agreement, settings, pictures };
  const { interchangeable } = agreement;
  return [
    ...(json === undefined ? [] : [{ path: json, content: agreementJson(report), what: "Figures" }]),
    ...(folder === undefined
      ? []
      : [
          { path: join(folder, "agreement.html"), content: agreementHtml(report, { language: lang }), what: "Page" },
          { path: join(folder, "agreement.json"), content: agreementJson(report), what: "Figures" },
          {
            path: join(folder, "lesions.csv"),
            content: lesionsCsv(readings, consensus, { interchangeable }),
            what: "Table",
          },
        ]),
  ];
}

/** Longest side of a crop, pixels: a page with two dozen stays small. */
const MOST_SIDE = 600;

/** A disagreement with its part of the image; without where there is no readable picture. */
async function withPixels(
  disagreement: Disagreement,
  { images }: Readings,
  roots: readonly string[],
): Promise<DisagreementPicture> {
  const { file, view } = disagreement;
  const readBy = images.find((image) => image.file === file)?.readBy ?? [];
  for (const root of new Set(readBy.map((reader) => roots[reader]))) {
    const image = await readSourceImage(join(root, file)).catch(() => undefined);
    if (image === undefined) continue;
    // The view was made for the size that the annotations tell; the picture may be another.
    const x2 = Math.min(view.x2, image.width);
    const y2 = Math.min(view.y2, image.height);
    if (x2 <= view.x1 || y2 <= view.y1) continue;
    const part = cropImage(image, { x: view.x1, y: view.y1, width: x2 - view.x1, height: y2 - view.y1 });
    const sharp = await sharpLibrary();
    const { width, height, channels, data } = part;
    const jpeg = await sharp(data, { raw: { width, height, channels } })
      .resize({ width: MOST_SIDE, height: MOST_SIDE, fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toBuffer();
    return { disagreement: { ...disagreement, view: { ...view, x2, y2 } }, jpeg: jpeg.toString("base64") };
  }
  return { disagreement };
}
