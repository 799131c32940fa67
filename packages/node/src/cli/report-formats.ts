/**
 * @file Page, table and picture of one image's findings.
 */
import { parseDataSet } from "@fovea/core/dicom/data-set";
import type { ByteImage } from "@fovea/core/imaging/image";
import { clinicalHtml } from "@fovea/core/report/clinical-html";
import { findingsCsv } from "@fovea/core/report/csv";
import type { ImageFindings } from "@fovea/core/report/findings";
import { type ClassNames, shownName } from "@fovea/core/rules/class-names";
import { type JudgedLesion, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readSourceImage } from "../data/source-image";
import { dicomImage } from "../dicom/read-dicom";
import { annotate } from "../imaging/annotate";
import { readBytes } from "../read-file";
import { writeResult } from "./write-result";

/** A frame with what the rules say of its findings. */
export interface JudgedFrame extends ImageFindings {
  readonly findings: readonly JudgedLesion[];
}

/** Pictures on a page at most: each is part of the file. */
const MOST_PICTURES = 20;

interface FormatInput {
  readonly image: string;
  readonly frames: readonly JudgedFrame[];
  readonly out: string;
  readonly lang: "zh" | "en";
  readonly classNames: ClassNames;
}

export async function writeCsv({ frames, out, lang, classNames }: FormatInput): Promise<string> {
  const named = frames.map((frame) => ({
    ...frame,
    findings: frame.findings.map((one) => ({ ...one, className: shownName(one.className, lang, classNames) })),
  }));
  await writeResult(out, findingsCsv({ images: named }));
  return out;
}

/** The frame with the most confident finding, else the first. */
export async function writePicture(input: FormatInput): Promise<string> {
  const confidenceOf = ({ findings }: JudgedFrame) => Math.max(0, ...findings.map(({ confidence }) => confidence));
  const best = input.frames.reduce((a, b) => (confidenceOf(b) > confidenceOf(a) ? b : a));
  await writeResult(input.out, await pictureOf(input, best));
  return input.out;
}

export async function writePage(
  input: FormatInput & { readonly version: { readonly modelId: string }; readonly rules?: RuleSet },
  at: Date,
): Promise<string> {
  const { frames, out, lang, classNames, version, rules } = input;
  const shown = frames.length === 1 ? frames : frames.filter(({ findings, error }) => findings.length > 0 || error);
  const images = [];
  for (const frame of shown.slice(0, MOST_PICTURES)) {
    const png = frame.error === undefined ? await pictureOf(input, frame) : undefined;
    images.push({ ...frame, ...(png && { picture: `data:image/png;base64,${png.toString("base64")}` }) });
  }
  const page = clinicalHtml({
    subject: frames[0].file,
    images,
    date: at.toISOString().slice(0, 10),
    omitted: frames.length - images.length,
    language: lang,
    classNames,
    modelVersion: version.modelId,
    ...(rules && { rulesVersion: rulesVersion(rules), reportAbove: rules.reportAbove }),
  });
  await writeResult(out, page);
  return out;
}

async function pictureOf({ image, lang, classNames }: FormatInput, { frame, findings }: JudgedFrame): Promise<Buffer> {
  const pixels = frame === undefined || frame === 0 ? await readSourceImage(image) : await frameOf(image, frame);
  const named = findings.map((one) => ({ ...one, className: shownName(one.className, lang, classNames) }));
  return annotate(pixels, named);
}

async function frameOf(image: string, frame: number): Promise<ByteImage> {
  const { image: shown } = await dicomImage(parseDataSet(await readBytes(image, "DICOM file"), image), { frame });
  return shown;
}
