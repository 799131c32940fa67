/**
 * @file Page, table and picture of one image's findings.
 */
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { ArgumentError } from "@fovea/core/errors";
import type { ByteImage } from "@fovea/core/imaging/image";
import { clinicalHtml } from "@fovea/core/report/clinical-html";
import { findingsCsv } from "@fovea/core/report/csv";
import type { ImageFindings } from "@fovea/core/report/findings";
import { type ClassNames, shownName } from "@fovea/core/rules/class-names";
import { type JudgedLesion, reported, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readSourceImage } from "../data/source-image";
import { dicomImage } from "../dicom/read-dicom";
import { annotate } from "../imaging/annotate";
import { momentOf } from "../objects/moment";
import { readBytes } from "../read-file";
import { warn } from "./message";
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
  /** Confidence below which findings were left out. */
  readonly threshold?: number;
  readonly rules?: RuleSet;
}

export async function writeCsv({ frames, out, lang, classNames }: FormatInput): Promise<string> {
  const named = frames.map((frame) => ({
    ...frame,
    findings: frame.findings.map((one) => ({ ...one, className: shownName(one.className, lang, classNames) })),
  }));
  await writeResult(out, findingsCsv({ images: named }));
  return out;
}

/**
 * The frame with the most confident finding, else the first.
 *
 * @throws {ArgumentError} if nothing was found and not all was read: the picture would look clear
 */
export async function writePicture(input: FormatInput): Promise<string> {
  const { image, frames } = input;
  const best = frames.reduce((a, b) => (confidenceOf(b) > confidenceOf(a) ? b : a));
  const unread = frames.filter(({ error }) => error !== undefined).length;
  if (unread > 0) {
    const what = `${unread} of ${frames.length} frames could not be read`;
    if (best.findings.length === 0) {
      const message = `has no findings, but ${what}: a picture without boxes would look clear; take --format html, which says so`;
      throw new ArgumentError(message, { file: image });
    }
    warn(`${what}; the picture does not say so, --format html does`);
  }
  await writeResult(input.out, await pictureOf(input, best));
  const left = best.findings.length - shownOf(best, input).length;
  if (left > 0) {
    warn(
      `${left} of ${best.findings.length} findings do not exceed the rule file's ${reportAbove(input)} and are not drawn`,
    );
  }
  return input.out;
}

export async function writePage(
  input: FormatInput & { readonly version: { readonly modelId: string } },
  at: Date,
): Promise<string> {
  const { frames, out, lang, classNames, version, threshold, rules } = input;
  const wanted = shownFrames(frames);
  const images = [];
  for (const frame of wanted) {
    const png = frame.error === undefined ? await pictureOf(input, frame) : undefined;
    images.push({ ...frame, ...(png && { picture: `data:image/png;base64,${png.toString("base64")}` }) });
  }
  const left = frames.filter((frame) => !wanted.includes(frame));
  const page = clinicalHtml({
    subject: frames[0].file,
    images,
    date: dayOf(at),
    omitted: left.length,
    omittedWithFindings: left.filter((frame) => shownOf(frame, input).length > 0).length,
    unread: frames.filter(({ error }) => error !== undefined).length,
    language: lang,
    classNames,
    modelVersion: version.modelId,
    ...(threshold !== undefined && { thresholds: [threshold] }),
    ...(rules && { rulesVersion: rulesVersion(rules), reportAbove: rules.reportAbove }),
  });
  await writeResult(out, page);
  return out;
}

/** Those with the most confident findings and those that could not be read, in their order; of frames that are all clear, the first. */
function shownFrames(frames: readonly JudgedFrame[]): readonly JudgedFrame[] {
  const ranked = frames
    .filter(({ findings, error }) => findings.length > 0 || error !== undefined)
    .toSorted((a, b) => confidenceOf(b) - confidenceOf(a));
  const wanted = new Set(ranked.length === 0 ? frames.slice(0, 1) : ranked.slice(0, MOST_PICTURES));
  return frames.filter((frame) => wanted.has(frame));
}

const confidenceOf = ({ findings }: JudgedFrame) => Math.max(0, ...findings.map(({ confidence }) => confidence));

const reportAbove = ({ rules }: FormatInput) => rules?.reportAbove ?? 0;

/** Findings that pages and pictures show. */
const shownOf = ({ findings }: JudgedFrame, input: FormatInput) =>
  reported(findings, { reportAbove: reportAbove(input) });

/** `2026-11-27`, as the clock on the wall has it. */
function dayOf(at: Date): string {
  const { date } = momentOf(at, undefined);
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
}

async function pictureOf(input: FormatInput, judged: JudgedFrame): Promise<Buffer> {
  const { image, lang, classNames } = input;
  const { frame } = judged;
  const pixels = frame === undefined || frame === 0 ? await readSourceImage(image) : await frameOf(image, frame);
  const named = shownOf(judged, input).map((one) => ({
    ...one,
    className: shownName(one.className, lang, classNames),
  }));
  return annotate(pixels, named);
}

async function frameOf(image: string, frame: number): Promise<ByteImage> {
  const { image: shown } = await dicomImage(parseDataSet(await readBytes(image, "DICOM file"), image), { frame });
  return shown;
}
