/**
 * @file Findings as a Comprehensive 3D SR (PS3.3 A.35.13) by template 1500 "Measurement Report" (PS3.16): library of the
 * images (TID 1600), a planar region with its measurements for each finding (TID 1410), and what the algorithm came to.
 */
import { thresholdText } from "../../finding";
import {
  type Attributes,
  CODES,
  type Code,
  codeSequence,
  LANGUAGES,
  modalityCode,
  procedureCode,
  SUMMARIES,
} from "./code";
import {
  codeItem,
  containerItem,
  imageItem,
  numberItem,
  regionItem,
  templateOf,
  textItem,
  uidItem,
} from "./content-item";
import {
  type AnalysedImage,
  closedOutline,
  decimal,
  imageReference,
  MANUFACTURER,
  type NumberedFinding,
  numberedFindings,
  type ObjectFinding,
  type ReportReference,
  type ResultContext,
  type SourceInstance,
  saidOf,
  thresholdParameter,
  thresholdSaid,
  trackingOf,
} from "./result-source";
import { referencedSeries, sharedModules } from "./shared-modules";

export const COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34";

/** The report's attributes. Valid without findings too: it says then that the algorithm found none. */
export function measurementReport(context: ResultContext): Attributes {
  const { images, unreadable = 0, date, time, earlier = [], uid } = context;
  const [{ source }] = images;
  const all = images.length + unreadable;
  const failed = images.filter((image) => image.failed === true).length + unreadable;
  const said = saidByReport(context);
  return {
    ...sharedModules(context, source, {
      sopClassUid: COMPREHENSIVE_3D_SR,
      part: "sr",
      ...{ said, seriesSaid: said },
      modality: "SR",
      seriesNumber: 9101,
      seriesDescription: "Fovea findings (SR)",
      instanceNumber: 1,
    }),
    ReferencedPerformedProcedureStepSequence: [],
    CompletionFlag: failed === 0 ? "COMPLETE" : "PARTIAL",
    ...(failed > 0 && { CompletionFlagDescription: `${failed} of ${all} images could not be analysed` }),
    PreliminaryFlag: "PRELIMINARY",
    VerificationFlag: "UNVERIFIED",
    ContentDate: date,
    ContentTime: time,
    ...predecessors(earlier.find(({ sopUid }) => sopUid !== uid("sr", said))),
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        ReferencedSeriesSequence: referencedSeries(images.map(sourceOf), "ReferencedSOPSequence"),
        StudyInstanceUID: source.studyUid,
      },
    ],
    ValueType: "CONTAINER",
    ConceptNameCodeSequence: codeSequence(CODES.report),
    ContinuityOfContent: "SEPARATE",
    ...templateOf("1500"),
    ContentSequence: reportTree(context, source, failed, all),
  };
}

function saidByReport({ images, unreadable = 0, summary, ...context }: ResultContext): unknown {
  const of = ({ source: { studyUid, seriesUid, sopUid }, findings, failed = false, threshold }: AnalysedImage) => [
    ...[studyUid, seriesUid, sopUid, failed],
    findings.map((finding) => saidOf(finding, context)),
    ...thresholdSaid({ threshold }),
  ];
  return [images.map(of), unreadable, summary];
}

/** The report whose place this one takes (PS3.3 C.17.2.2). */
function predecessors(report: ReportReference | undefined): Attributes {
  if (report === undefined) return {};
  const { studyUid, seriesUid, sopClassUid, sopUid } = report;
  const ReferencedSOPSequence = [{ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopUid }];
  const ReferencedSeriesSequence = [{ SeriesInstanceUID: seriesUid, ReferencedSOPSequence }];
  return { PredecessorDocumentsSequence: [{ StudyInstanceUID: studyUid, ReferencedSeriesSequence }] };
}

const sourceOf = ({ source }: AnalysedImage) => source;

function reportTree(context: ResultContext, source: SourceInstance, failed: number, all: number): Attributes[] {
  const { images, language } = context;
  const procedures = source.procedures.length > 0 ? source.procedures : [procedureCode(source.modality)];
  const findings = numberedFindings(images);
  return [
    codeItem("HAS CONCEPT MOD", CODES.language, LANGUAGES[language]),
    ...observer(context),
    ...procedures.map((code) => codeItem("HAS CONCEPT MOD", CODES.procedureReported, code)),
    imageLibrary(images.map(sourceOf)),
    ...(findings.length === 0
      ? []
      : [
          containerItem(
            CODES.imagingMeasurements,
            findings.map((one) => measurementGroup(context, one)),
          ),
        ]),
    containerItem(CODES.qualitativeEvaluations, [
      codeItem("CONTAINS", CODES.processingSummary, summaryOf(findings.length, failed, all)),
      textItem("CONTAINS", CODES.conclusion, context.summary),
      ...thresholdsOf(images).map((one) => textItem("CONTAINS", CODES.algorithmParameters, inWords(one, language))),
    ]),
  ];
}

/** A threshold that images were looked at with. */
interface SharedThreshold {
  readonly threshold: number;
  readonly images: number;
  /** Images that were looked at, with whatever threshold. */
  readonly of: number;
}

/** Rising. What was not looked at has none, and of what was analysed long ago none may be known. */
function thresholdsOf(images: readonly AnalysedImage[]): SharedThreshold[] {
  const looked = images.filter(({ failed, findings }) => failed !== true || findings.length > 0);
  const counts = new Map<number, number>();
  for (const { threshold } of looked) {
    if (threshold !== undefined) counts.set(threshold, 1 + (counts.get(threshold) ?? 0));
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([threshold, count]) => ({ threshold, images: count, of: looked.length }));
}

/** What "without findings" means. */
function inWords({ threshold, images, of }: SharedThreshold, language: "zh" | "en"): string {
  const value = thresholdText(threshold);
  if (language === "zh") {
    const some = images === of ? "" : `（${of}幅图像中的${images}幅）`;
    return `置信度阈值${value}${some}：置信度低于此值者不列为病灶`;
  }
  const some = images === of ? "" : ` (${images} of ${of} images)`;
  return `Confidence threshold ${value}${some}: what the algorithm is less sure of is not reported`;
}

function summaryOf(findings: number, failed: number, images: number): Code {
  if (failed === images && findings === 0) return SUMMARIES.none;
  if (failed === 0) return findings === 0 ? SUMMARIES.allWithout : SUMMARIES.allWith;
  return findings === 0 ? SUMMARIES.someWithout : SUMMARIES.someWith;
}

/** TID 1002 and 1004: a device observed, not a person. */
function observer({ algorithm }: ResultContext): Attributes[] {
  const context = (name: Code, text: string) => textItem("HAS OBS CONTEXT", name, text);
  return [
    codeItem("HAS OBS CONTEXT", CODES.observerType, CODES.device),
    uidItem("HAS OBS CONTEXT", CODES.deviceUid, algorithm.deviceUid),
    context(CODES.deviceName, algorithm.name),
    context(CODES.deviceManufacturer, MANUFACTURER),
    context(CODES.deviceModelName, algorithm.name),
    context(CODES.deviceSerialNumber, algorithm.version),
  ];
}

/** TID 1600 to 1602: every image that was looked at, with and without findings. */
function imageLibrary(sources: readonly SourceInstance[]): Attributes {
  const [{ modality }] = sources;
  const code = modalityCode(modality);
  const entries = sources.map((source) =>
    imageItem("CONTAINS", imageReference(source), [
      numberItem("HAS ACQ CONTEXT", CODES.pixelRows, String(source.rows), CODES.pixels),
      numberItem("HAS ACQ CONTEXT", CODES.pixelColumns, String(source.columns), CODES.pixels),
      ...(source.frameOfReferenceUid === undefined
        ? []
        : [uidItem("HAS ACQ CONTEXT", CODES.frameOfReference, source.frameOfReferenceUid)]),
    ]),
  );
  const group = code === undefined ? [] : [codeItem("HAS ACQ CONTEXT", CODES.modality, code)];
  return containerItem(CODES.imageLibrary, [containerItem(CODES.imageLibraryGroup, [...group, ...entries])]);
}

/** TID 1410, with the algorithm by TID 4019. */
function measurementGroup(context: ResultContext, one: NumberedFinding): Attributes {
  const { algorithm, codeOf } = context;
  const { source, finding, threshold } = one;
  const tracking = trackingOf(one, context);
  const children = [
    textItem("HAS OBS CONTEXT", CODES.trackingIdentifier, tracking.id),
    uidItem("HAS OBS CONTEXT", CODES.trackingUid, tracking.uid),
    codeItem("CONTAINS", CODES.finding, codeOf(finding.className)),
    textItem("HAS CONCEPT MOD", CODES.algorithmName, algorithm.name),
    textItem("HAS CONCEPT MOD", CODES.algorithmVersion, algorithm.version),
    ...(threshold === undefined
      ? []
      : [textItem("HAS CONCEPT MOD", CODES.algorithmParameters, thresholdParameter(threshold))]),
    ...(finding.rulesVersion === undefined
      ? []
      : [textItem("HAS CONCEPT MOD", CODES.algorithmParameters, `rules ${finding.rulesVersion}`)]),
    regionItem(
      CODES.imageRegion,
      closedOutline(finding),
      imageItem("SELECTED FROM", imageReference(source, finding.frame)),
    ),
    numberItem("CONTAINS", CODES.certainty, decimal(Number((100 * finding.confidence).toFixed(4))), CODES.percent),
    ...sizes(context, source, finding),
    ...evaluations(finding),
  ];
  return containerItem(CODES.measurementGroup, children, "1410");
}

/** Width and height of the box (CID 7470), where the image says its spacing; no axes of the lesion, which nobody measured. */
function sizes({ language }: ResultContext, source: SourceInstance, { sizeMm, frame }: ObjectFinding): Attributes[] {
  if (sizeMm === undefined) return [];
  const note = MAGNIFIED[source.frameDetails.get(frame)?.spacing?.source ?? "PixelSpacing"];
  return [
    numberItem("CONTAINS", CODES.width, decimal(Number(sizeMm.width.toFixed(4))), CODES.millimetre),
    numberItem("CONTAINS", CODES.height, decimal(Number(sizeMm.height.toFixed(4))), CODES.millimetre),
    ...(note === undefined ? [] : [textItem("CONTAINS", CODES.comment, note[language])]),
  ];
}

/** What millimetres mean where they are not the patient's. */
const MAGNIFIED: Readonly<Record<string, { readonly zh: string; readonly en: string } | undefined>> = {
  ImagerPixelSpacing: {
    zh: "尺寸在探测器平面测得，未校正放大率",
    en: "Sizes are at the plane of the detector, not corrected for magnification",
  },
  NominalScannedPixelSpacing: { zh: "尺寸在扫描胶片上测得", en: "Sizes are on the scanned film" },
};

function evaluations({ category, suggestion }: ObjectFinding): Attributes[] {
  return [
    ...(category === undefined ? [] : [textItem("CONTAINS", CODES.category, category)]),
    ...(suggestion === undefined ? [] : [textItem("CONTAINS", CODES.recommendation, suggestion)]),
  ];
}
