/**
 * @file What `fovea report` does.
 */
import { stat } from "node:fs/promises";
import { basename, extname, join, parse, resolve, sep } from "node:path";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { uidFromSha256 } from "@fovea/core/dicom/uid";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import type { ImageFindings } from "@fovea/core/report/findings";
import { parseFindings } from "@fovea/core/report/findings-file";
import { type ClassNames, mergedClassNames, shownName } from "@fovea/core/rules/class-names";
import { type JudgedLesion, judge, reported, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { readClassNamesFile, readRuleFile } from "../data/rule-file";
import { isDicomName } from "../data/source-image";
import { type ModelFileVersion, modelFileVersion } from "../model/model-file-version";
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
  const { model, images } = parseFindings(await readText(findingsPath, "findings.json"), findingsPath);
  const rules = options.rules === undefined ? undefined : await readRuleFile(options.rules);
  const given = options.classNames === undefined ? undefined : await readClassNamesFile(options.classNames);
  const classNames = mergedClassNames(rules?.classNames, given);
  const frames = findingsOf(images, image, findingsPath).map((one) => judged(one, rules));
  const report = { image, frames, out, lang, classNames, ...(rules && { rules }) };
  const paths = await write(format, report, findingsPath, () => versionOf(options.model, model));
  process.stdout.write(paths.map((path) => `Report ${path}\n`).join(""));
}

interface Report {
  readonly image: string;
  readonly frames: readonly JudgedFrame[];
  readonly out: string;
  readonly lang: "zh" | "en";
  readonly classNames: ClassNames;
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
 * The frames of `image` among those of the file: by the same path, else by the end of it, else by name.
 *
 * @throws {ArgumentError} if there is none, or several images could be meant
 */
function findingsOf(images: readonly ImageFindings[], image: string, findingsPath: string): readonly ImageFindings[] {
  const full = resolve(image);
  const rules: readonly ((file: string) => boolean)[] = [
    (file) => file === image || resolve(file) === full,
    (file) => full.endsWith(join(sep, file)),
    (file) => basename(file) === basename(image),
  ];
  for (const fits of rules) {
    const found = images.filter(({ file }) => fits(file));
    const files = new Set(found.map(({ file }) => file));
    if (files.size === 1) return found;
    if (files.size > 1) {
      const message = `${findingsPath} has ${files.size} images of this name; give the path that it has: ${[...files].slice(0, 3).join(", ")}`;
      throw new ArgumentError(message, { file: image });
    }
  }
  const message = `${findingsPath} has no findings of this image; its images are ${listed(images)}`;
  throw new ArgumentError(message, { file: image });
}

function listed(images: readonly ImageFindings[]): string {
  const files = [...new Set(images.map(({ file }) => file))];
  return files.length > 3 ? `${files.slice(0, 3).join(", ")} and ${files.length - 3} more` : files.join(", ") || "none";
}

function judged(frame: ImageFindings, rules: RuleSet | undefined): JudgedFrame {
  if (rules === undefined) return frame;
  const findings = reported(frame.findings, rules).map((one): JudgedLesion => ({ ...one, ...judge(one, rules) }));
  return { ...frame, findings };
}

/** The model's version by its file; without the file only its name is known, and the report says no more. */
async function versionOf(given: string | undefined, named: string): Promise<ModelFileVersion> {
  try {
    return await modelFileVersion(given ?? named);
  } catch (error) {
    if (given !== undefined || !(error instanceof FoveaError)) throw error;
    const name = basename(named, extname(named));
    warn(`the model ${named} is not here, so the report has its name without its version; give --model`);
    return { modelId: name, name, sha256: "" };
  }
}

async function writeObjects(
  kind: "sr" | "sc" | "gsps" | "seg",
  { image, frames, out, lang, classNames, version, rules }: Report & { readonly version: ModelFileVersion },
  at: Date,
): Promise<string[]> {
  const bytes = await readBytes(image, "image file");
  if (!hasDicomPrefix(bytes) && !isDicomName(image)) {
    const message = `is no DICOM file, which --format ${kind} needs: patient, study and image are its references; take html, csv or png`;
    throw new ArgumentError(message, { file: image });
  }
  const source = parseDataSet(bytes, image);
  const failed = frames.find(({ error }) => error !== undefined)?.error;
  const findings = frames.flatMap(({ frame = 0, findings: own }) => own.map((one) => ({ ...one, frame })));
  const names = [...new Set(findings.map(({ className }) => className))];
  const { modelId, name, sha256 } = version;
  const deviceUid = sha256 === "" ? resultUid("fovea device without version", name) : uidFromSha256(sha256);
  const paths: string[] = [];
  for await (const object of buildResultObjects({
    series: [{ source, outcome: { findings, ...(failed && { failure: failed.message }) } }],
    model: { modelId, name, sha256, deviceUid },
    ...(rules && { rulesVersion: rulesVersion(rules) }),
    kinds: [kind],
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
