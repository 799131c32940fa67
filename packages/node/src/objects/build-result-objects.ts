/**
 * @file From the images of a series and what was found in them to DICOM objects: SR, Secondary Captures, presentation states,
 * segmentations.
 */
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
import { type Attributes, type Code, longString, privateCode } from "@fovea/core/dicom/objects/code";
import { measurementReport } from "@fovea/core/dicom/objects/measurement-report";
import { labelText, presentationStates } from "@fovea/core/dicom/objects/presentation-state";
import type {
  AnalysedImage,
  ObjectFinding,
  ReportReference,
  ResultContext,
} from "@fovea/core/dicom/objects/result-source";
import { secondaryCapture } from "@fovea/core/dicom/objects/secondary-capture";
import { segmentations } from "@fovea/core/dicom/objects/segmentation";
import { EXPLICIT_LITTLE } from "@fovea/core/dicom/transfer-syntax";
import { FoveaError } from "@fovea/core/errors";
import { findingsSentence } from "@fovea/core/report/summary";
import type { ResultKind } from "../config/service-config";
import { DECODE_LIMITS } from "../dicom/decode-limits";
import { FrameDecoder } from "../dicom/frame-decoder";
import { dicomImage } from "../dicom/read-dicom";
import { modelNameOf } from "../model/model-file-version";
import type { JudgedFinding, ModelVersion } from "../store/record";
import { VERSION } from "../version";
import { capturePicture } from "./capture-picture";
import { encodeObject } from "./encode-object";
import { momentOf, readTimezone } from "./moment";
import { readSource } from "./read-source";
import { resultUid } from "./result-uid";

/** Captures of one result at most: those with the most confident findings. */
export const MOST_CAPTURES = 20;

/** Findings of one result at most, the most confident; the report says how many are left out. */
export const MOST_FINDINGS = 2000;

/** A finding, and the rules that gave its category: of several that a series was judged by, each names its own. */
export interface ResultFinding extends JudgedFinding {
  /** `version@first 12 digits`; absent where there were none. */
  readonly rulesVersion?: string;
}

/** An image of the series. */
export interface ResultImage {
  /** A data set that is parsed already, or what reads the whole file: asked one image at a time, and again for pictures. */
  readonly source: DataSet | (() => Promise<Uint8Array>);
  /** `failure`: it could not be analysed; the report says so. With findings too: some of its frames could not. */
  readonly outcome:
    | { readonly findings: readonly ResultFinding[]; readonly failure?: string }
    | { readonly findings?: undefined; readonly failure: string };
}

export interface ResultRequest {
  /** Images of one study, in their order. */
  readonly series: readonly ResultImage[];
  readonly model: Pick<ModelVersion, "modelId" | "name" | "sha256" | "deviceUid">;
  readonly kinds: readonly ResultKind[];
  readonly language: "zh" | "en";
  /** Of the analysis, kept with it: a repetition must give it again, so that the bytes are the same. */
  readonly at: Date;
  /** Names of classes as readers see them. */
  readonly classNames?: Readonly<Record<string, string>>;
  /** Concepts of classes: `{ nodule: { value: "27925004", scheme: "SCT", meaning: "Nodule" } }`. @default a private scheme */
  readonly classCodes?: Readonly<Record<string, Code>>;
  /** Defined term of the character set of images that declare none. @default what is no ASCII becomes U+FFFD */
  readonly defaultCharacterSet?: string;
  /** Reports about the same series that were made before, the newest first. @default none */
  readonly earlier?: readonly ReportReference[];
  /** Decompresses frames. @default one of its own */
  readonly decoder?: FrameDecoder;
}

/** A DICOM file to send. */
export interface ResultObject {
  readonly kind: ResultKind;
  readonly sopUid: string;
  readonly sopClassUid: string;
  readonly seriesUid: string;
  readonly transferSyntaxUid: string;
  readonly bytes: Uint8Array;
}

/**
 * The objects of a result, in the order sr, sc, gsps, seg, each checked against its templates and modules.
 *
 * An object of the same images, findings, model, rules, language and names has the same identifiers, whatever else is found
 * in the series; with the same time, the same bytes. A series without findings gives a report alone, which says so.
 *
 * @throws {FoveaError} `invalid_dicom` if no image can be referred to, or an object does not pass its check;
 *   `invalid_argument` if a finding lies outside of its image; what reading the file of an image throws, unless that image failed
 *   and it is not `files_unavailable`
 */
export async function* buildResultObjects(request: ResultRequest): AsyncGenerator<ResultObject> {
  const decoder = request.decoder ?? new FrameDecoder();
  try {
    const read = await readImages(request, decoder);
    const context = resultContext(request, read);
    const wants = (kind: ResultKind) => request.kinds.includes(kind);
    if (wants("sr")) yield written("sr", measurementReport(context));
    if (wants("sc")) {
      for await (const capture of captures(request, read, context, decoder)) yield written("sc", capture);
    }
    if (wants("gsps")) for (const state of presentationStates(context)) yield written("gsps", state);
    if (wants("seg")) for (const masks of segmentations(context)) yield written("seg", masks);
  } finally {
    if (request.decoder === undefined) await decoder.close();
  }
}

function written(kind: ResultKind, attributes: Attributes): ResultObject {
  const bytes = encodeObject(attributes);
  return {
    kind,
    sopUid: String(attributes.SOPInstanceUID),
    sopClassUid: String(attributes.SOPClassUID),
    seriesUid: String(attributes.SeriesInstanceUID),
    transferSyntaxUid: EXPLICIT_LITTLE,
    bytes,
  };
}

function resultContext(request: ResultRequest, { images: all, unreadable, timezone }: ReadImages): ResultContext {
  const { series, model, language, at, classNames = {}, classCodes = {} } = request;
  const images = mostConfident(all);
  const left = countOf(all) - countOf(images);
  // A class may be called "constructor".
  const nameOf = (className: string) => (Object.hasOwn(classNames, className) ? classNames[className] : className);
  const codeOf = (className: string) =>
    Object.hasOwn(classCodes, className) ? classCodes[className] : privateCode(className, nameOf(className));
  return {
    images,
    unreadable,
    algorithm: {
      name: longString(model.name),
      version: versionText(model.modelId),
      deviceUid: model.deviceUid,
      softwareVersion: VERSION,
    },
    language,
    ...momentOf(at, timezone),
    ...(timezone !== undefined && { timezone }),
    ...(request.earlier && { earlier: request.earlier }),
    uid: (part, said) => resultUid("fovea result", model.modelId, model.sha256, language, part, JSON.stringify(said)),
    nameOf,
    codeOf,
    summary: `${summaryOf(images, series.length, nameOf, language)}${leftOut(left, language)}`,
  };
}

/** A version in 64 characters: a long name is cut, the digits that tell versions apart are kept. */
function versionText(modelId: string): string {
  const whole = modelNameOf(modelId);
  const digits = modelId.slice(whole.length);
  const name = [...whole];
  return longString(name.slice(0, 64 - digits.length).join("") + digits);
}

const countOf = (images: readonly AnalysedImage[]) => images.reduce((sum, { findings }) => sum + findings.length, 0);

function mostConfident(images: readonly AnalysedImage[]): readonly AnalysedImage[] {
  if (countOf(images) <= MOST_FINDINGS) return images;
  const falling = images.flatMap(({ findings }) => findings).sort((a, b) => b.confidence - a.confidence);
  const kept = new Set(falling.slice(0, MOST_FINDINGS));
  return images.map((image) => ({ ...image, findings: image.findings.filter((finding) => kept.has(finding)) }));
}

function leftOut(count: number, language: "zh" | "en"): string {
  if (count === 0) return "";
  return language === "zh"
    ? `另有${count}处置信度更低者未列入。`
    : ` ${count} more of lower confidence are not listed.`;
}

interface ReadImages {
  readonly images: readonly AnalysedImage[];
  /** Where each stands in the series, by SOP Instance UID. */
  readonly places: ReadonlyMap<string, number>;
  /** Failed images that nothing can refer to. */
  readonly unreadable: number;
  readonly timezone?: string;
}

/** One image after another: no file is kept. */
async function readImages(request: ResultRequest, decoder: FrameDecoder): Promise<ReadImages> {
  const { series, kinds, language, defaultCharacterSet } = request;
  const images: AnalysedImage[] = [];
  let unreadable = 0;
  let timezone: string | undefined;
  const places = new Map<string, number>();
  for (const [place, { source, outcome }] of series.entries()) {
    const failed = outcome.failure !== undefined;
    const findings = (outcome.findings ?? []).map((finding) => reported(finding, language));
    try {
      const dataSet = await opened(source);
      const frames = findings.map(({ frame }) => frame);
      const read = await readSource(dataSet, {
        frames,
        fitWindows: kinds.includes("gsps"),
        decoder,
        defaultCharacterSet,
      });
      timezone ??= readTimezone(dataSet);
      places.set(read.sopUid, place);
      images.push({ source: read, findings: findings.map((one) => inside(one, read)), ...(failed && { failed }) });
    } catch (error) {
      if (!failed || findings.length > 0 || !saysOfTheImage(error)) throw error;
      unreadable++;
    }
  }
  if (images.length === 0) {
    const message = `none of ${series.length} images can be referred to; a result needs one`;
    throw new FoveaError("invalid_dicom", message);
  }
  if (images.some(({ source }) => source.studyUid !== images[0].source.studyUid)) {
    throw new FoveaError("invalid_argument", "images of several studies; a result is one study's");
  }
  return { images, places, unreadable, ...(timezone !== undefined && { timezone }) };
}

/** That the folder of files is away says nothing: with the image's identifiers the report would be another one. */
function saysOfTheImage(error: unknown): boolean {
  return error instanceof FoveaError && error.code !== "files_unavailable";
}

async function opened(source: ResultImage["source"]): Promise<DataSet> {
  // What the analysis refused to read for its size would hold up this thread for seconds.
  return typeof source === "function" ? parseDataSet(await source(), "image", DECODE_LIMITS) : source;
}

/** What objects say of a finding, and no more: the record's own identifiers and what readers think of it are not among it. */
function reported(finding: ResultFinding, language: "zh" | "en"): ObjectFinding {
  const { classId, className, confidence, box, sizeMm, polygon, frame, category, suggestion, rulesVersion } = finding;
  return {
    ...{ classId, className, confidence, box, frame },
    ...(sizeMm !== undefined && { sizeMm }),
    ...(polygon !== undefined && { polygon }),
    ...(category !== undefined && { category: category[language] }),
    ...(suggestion !== undefined && { suggestion: suggestion[language] }),
    ...(rulesVersion !== undefined && { rulesVersion }),
  };
}

/** What rounding may have moved over the edge of the image is put back onto it; more is a mistake. Pixels. */
const ROUNDING = 0.01;

function inside(finding: ObjectFinding, { columns, rows }: AnalysedImage["source"]): ObjectFinding {
  const { box, polygon } = finding;
  const within = (value: number, most: number) => {
    if (value >= -ROUNDING && value <= most + ROUNDING) return Math.min(Math.max(value, 0), most);
    const message = `a finding at ${value} in an image of ${columns} x ${rows} px; it belongs to another image`;
    throw new FoveaError("invalid_argument", message);
  };
  return {
    ...finding,
    box: {
      x1: within(box.x1, columns),
      y1: within(box.y1, rows),
      x2: within(box.x2, columns),
      y2: within(box.y2, rows),
    },
    ...(polygon && { polygon: polygon.map((value, i) => within(value, i % 2 === 0 ? columns : rows)) }),
  };
}

function summaryOf(
  images: readonly AnalysedImage[],
  all: number,
  nameOf: (className: string) => string,
  language: "zh" | "en",
): string {
  const failures = all - images.filter(({ failed }) => failed !== true).length;
  const findings = images.flatMap((image) => image.findings);
  const named = findings.map((finding) => ({ ...finding, className: nameOf(finding.className) }));
  const failed =
    language === "zh"
      ? `${all}幅图像中有${failures}幅未能分析或未能完整分析。`
      : `${failures} of ${all} images could not be analysed, or not all of them.`;
  if (failures === all && findings.length === 0) return failed;
  const sentence = findingsSentence(named, language);
  if (failures === 0) return sentence;
  // The one about no findings is without its full stop, as clients know it.
  const [stop, space] = language === "zh" ? ["。", ""] : [".", " "];
  return `${sentence}${sentence.endsWith(stop) ? "" : stop}${space}${failed}`;
}

/** A picture of each frame with findings, up to `MOST_CAPTURES`, in the order of the images. */
async function* captures(
  { series }: ResultRequest,
  { places }: ReadImages,
  context: ResultContext,
  decoder: FrameDecoder,
): AsyncGenerator<Attributes> {
  const wanted = framesToCapture(context.images);
  const footer = `${context.algorithm.version} · 仅供科研使用 · For research use only`;
  for (const image of context.images) {
    const frames = wanted.get(image) ?? [];
    if (frames.length === 0) continue;
    const dataSet = await opened(series[places.get(image.source.sopUid) ?? 0].source);
    for (const frame of frames) {
      const { image: shown } = await dicomImage(dataSet, { frame, decoder });
      const findings = image.findings.filter((finding) => finding.frame === frame);
      const picture = await capturePicture(shown, findings, { label: (one) => labelText(one, context), footer });
      yield secondaryCapture(context, { source: image.source, frame, findings }, picture);
    }
  }
}

/** Frames by image, rising; the most confident are kept where there are too many. */
function framesToCapture(images: readonly AnalysedImage[]): Map<AnalysedImage, number[]> {
  const best = images.flatMap((image) => {
    const confidences = new Map<number, number>();
    for (const { frame, confidence } of image.findings) {
      confidences.set(frame, Math.max(confidence, confidences.get(frame) ?? 0));
    }
    return [...confidences].map(([frame, confidence]) => ({ image, frame, confidence }));
  });
  const kept = best.toSorted((a, b) => b.confidence - a.confidence).slice(0, MOST_CAPTURES);
  const wanted = new Map<AnalysedImage, number[]>();
  for (const { image, frame } of kept) wanted.set(image, [...(wanted.get(image) ?? []), frame]);
  for (const frames of wanted.values()) frames.sort((a, b) => a - b);
  return wanted;
}
