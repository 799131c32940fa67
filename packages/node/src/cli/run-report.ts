/**
 * @file What `fovea report` does.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, extname, join, parse, resolve } from "node:path";
import { type DataSet, hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { uidFromSha256 } from "@fovea/core/dicom/uid";
import { ArgumentError } from "@fovea/core/errors";
import type { ImageFindings } from "@fovea/core/report/findings";
import { type FindingsFile, parseFindings } from "@fovea/core/report/findings-file";
import { type ClassNames, mergedClassNames, shownName } from "@fovea/core/rules/class-names";
import { type JudgedLesion, judge, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readClassNamesFile, readRuleFile } from "../data/rule-file";
import { isDicomName } from "../data/source-image";
import { type ModelFileVersion, modelFileVersion, modelNameOf } from "../model/model-file-version";
import { buildResultObjects } from "../objects/build-result-objects";
import { resultUid } from "../objects/result-uid";
import { readBytes, readText } from "../read-file";
import { warn } from "./message";
import type { ReportCommandOptions, ReportFormat } from "./report";
import { type JudgedFrame, writeCsv, writePage, writePicture } from "./report-formats";
import { systemLanguage } from "./run-predict";
import { writeResult } from "./write-result";

/** Writes the findings of one image, and says where. */
export async function runReport(findingsPath: string, options: ReportCommandOptions): Promise<void> {
  const { image, format, out, lang = systemLanguage() } = options;
  const file = parseFindings(await readText(findingsPath, "findings.json"), findingsPath);
  const bytes = await readBytes(image, "image file");
  const rules = options.rules === undefined ? undefined : await readRuleFile(options.rules);
  const given = options.classNames === undefined ? undefined : await readClassNamesFile(options.classNames);
  const classNames = mergedClassNames(rules?.classNames, given);
  const frames = findingsOf(file.images, { image, bytes }, findingsPath).map((one) => judged(one, rules));
  const { characterSet } = options;
  const { conf: threshold } = file;
  const report = { image, bytes, frames, out, lang, classNames, characterSet, threshold, ...(rules && { rules }) };
  const paths = await write(format, report, findingsPath, () => versionOf(options.model, file, findingsPath));
  process.stdout.write(paths.map((path) => `Report ${path}\n`).join(""));
}

interface Report {
  readonly image: string;
  readonly bytes: Uint8Array;
  readonly frames: readonly JudgedFrame[];
  readonly out: string;
  readonly lang: "zh" | "en";
  readonly classNames: ClassNames;
  readonly characterSet?: string;
  /** Confidence below which findings were left out. */
  readonly threshold?: number;
  readonly rules?: RuleSet;
}

async function write(
  format: ReportFormat,
  report: Report,
  findingsPath: string,
  versionOfModel: () => Promise<ModelFileVersion>,
): Promise<string[]> {
  if (format === "csv") return [await writeCsv(report)];
  if (format === "png") return [await writePicture(report)];
  const versioned = { ...report, version: await versionOfModel() };
  const at = await timeOf(findingsPath);
  return format === "html" ? [await writePage(versioned, at)] : writeObjects(format, versioned, at);
}

/** When the findings were made. */
async function timeOf(findingsPath: string): Promise<Date> {
  const { mtime } = await stat(findingsPath);
  return mtime;
}

/**
 * The frames of the image among those of the file: of the same bytes. A name says nothing, since every export has an
 * `IM0001`; where the file keeps no sums, because somebody else wrote it, the whole path must be the same.
 *
 * @throws {ArgumentError} if there is none
 */
function findingsOf(
  images: readonly ImageFindings[],
  { image, bytes }: Pick<Report, "image" | "bytes">,
  findingsPath: string,
): readonly ImageFindings[] {
  const sum = createHash("sha256").update(bytes).digest("hex");
  const full = resolve(image);
  const found = images.filter(({ file, sha256 }) => (sha256 === undefined ? resolve(file) === full : sha256 === sum));
  // Copies of one image have the same findings.
  if (found.length > 0) return found.filter(({ file }) => file === found[0].file);
  const namesake = images.find(({ file }) => basename(file) === basename(image));
  const message =
    namesake === undefined
      ? `${findingsPath} has no findings of this image; its images are ${listed(images)}`
      : `${findingsPath} has findings of ${namesake.file}, which is another file of that name; give the image itself, or run fovea predict on this one`;
  throw new ArgumentError(message, { file: image });
}

function listed(images: readonly ImageFindings[]): string {
  const files = [...new Set(images.map(({ file }) => file))];
  return files.length > 3 ? `${files.slice(0, 3).join(", ")} and ${files.length - 3} more` : files.join(", ") || "none";
}

function judged(frame: ImageFindings, rules: RuleSet | undefined): JudgedFrame {
  if (rules === undefined) return frame;
  return { ...frame, findings: frame.findings.map((one): JudgedLesion => ({ ...one, ...judge(one, rules) })) };
}

/**
 * The version of the model that found: as the file tells it, else by the model's own file. Without either only its name is
 * known, and the report says no more.
 *
 * @throws {ArgumentError} if the model that is given is another one
 */
async function versionOf(
  given: string | undefined,
  { model, modelVersion, modelSha256 }: FindingsFile,
  findingsPath: string,
): Promise<ModelFileVersion> {
  const file = given === undefined ? undefined : await modelFileVersion(given);
  if (modelVersion !== undefined && modelSha256 !== undefined) {
    if (file !== undefined && file.sha256 !== modelSha256) {
      const message = `is not the model that found what ${findingsPath} holds, which was ${modelVersion}; leave --model out`;
      throw new ArgumentError(message, { file: given });
    }
    return { modelId: modelVersion, name: modelNameOf(modelVersion), sha256: modelSha256 };
  }
  if (file !== undefined) return file;
  const name = basename(model, extname(model));
  warn(
    `${findingsPath} does not tell the version of its model ${name}, so the report has the name alone; give --model`,
  );
  return { modelId: name, name, sha256: "" };
}

async function writeObjects(
  kind: "sr" | "sc" | "gsps" | "seg",
  {
    image,
    bytes,
    frames,
    out,
    lang,
    classNames,
    characterSet,
    version,
    threshold,
    rules,
  }: Report & { readonly version: ModelFileVersion },
  at: Date,
): Promise<string[]> {
  if (!hasDicomPrefix(bytes) && !isDicomName(image)) {
    const message = `is no DICOM file, which --format ${kind} needs: patient, study and image are its references; take html, csv or png`;
    throw new ArgumentError(message, { file: image });
  }
  const source = parseDataSet(bytes, image);
  refuseOtherSize(source, frames);
  const failed = frames.find(({ error }) => error !== undefined)?.error;
  const rulesOf = rules && { rulesVersion: rulesVersion(rules) };
  const findings = frames.flatMap(({ frame = 0, findings: own }) => own.map((one) => ({ ...one, ...rulesOf, frame })));
  const names = [...new Set(findings.map(({ className }) => className))];
  const { modelId, name, sha256 } = version;
  const deviceUid = sha256 === "" ? resultUid("fovea device without version", name) : uidFromSha256(sha256);
  const paths: string[] = [];
  for await (const object of buildResultObjects({
    series: [{ source, outcome: { findings, threshold, ...(failed && { failure: failed.message }) } }],
    model: { modelId, name, sha256, deviceUid },
    kinds: [kind],
    defaultCharacterSet: characterSet,
    language: lang,
    at,
    classNames: Object.fromEntries(names.map((one) => [one, shownName(one, lang, classNames)])),
  })) {
    const path = numbered(out, paths.length + 1);
    await writeResult(path, object.bytes);
    paths.push(path);
  }
  if (paths.length === 0) throw new ArgumentError(nothing(kind), { file: image });
  return paths;
}

/** Boxes of a larger or smaller image would come to lie anywhere. */
function refuseOtherSize(source: DataSet, frames: readonly JudgedFrame[]): void {
  const { rows, columns } = readImagePixel(source);
  const other = frames.find(
    ({ width, height, error }) => error === undefined && (width !== columns || height !== rows),
  );
  if (other === undefined) return;
  const message = `has ${columns} x ${rows} pixels, and the findings are of an image of ${other.width} x ${other.height}`;
  throw new ArgumentError(message, { file: source.file });
}

function nothing(kind: string): string {
  const wanted = kind === "seg" ? "findings with outlines, of a segmenting model" : "findings";
  return `has no ${wanted}, which --format ${kind} shows; nothing was written. --format sr says so in a report`;
}

/** `a.dcm`, `a-2.dcm` ... */
function numbered(path: string, number: number): string {
  if (number === 1) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${number}${ext}`);
}
