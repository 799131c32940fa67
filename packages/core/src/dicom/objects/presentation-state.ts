/**
 * @file Findings as a Grayscale Softcopy Presentation State (PS3.3 A.33.1), or a colour one (A.33.2) for colour images.
 *
 * Outlines are in PIXEL units: 0\0 is the outer corner of the first pixel and Columns\Rows that of the last (PS3.3 C.10.5,
 * Graphic Annotation Units), which is the frame of `Box`. The displayed area counts whole pixels instead, the first being
 * 1\1 (PS3.3 C.10.4).
 */
import type { Finding } from "../../finding";
import type { Attributes } from "./code";
import {
  type AnalysedImage,
  closedOutline,
  decimal,
  imageReference,
  type ObjectFinding,
  type ResultContext,
  type SourceFrame,
  type SourceInstance,
  type SourceTable,
  saidOf,
} from "./result-source";
import { sharedModules } from "./shared-modules";
import { SRGB_PROFILE } from "./srgb-profile";

export const GRAYSCALE_PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1";
export const COLOUR_PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.2";

const LAYER = "FINDINGS";

/** A frame with its findings. */
interface MarkedFrame {
  readonly source: SourceInstance;
  readonly frame: number;
  readonly details: SourceFrame;
  readonly findings: readonly ObjectFinding[];
}

/**
 * The presentation states of a result: one for each kind of image that one state cannot hold together (colour, inverted,
 * another Modality LUT); none without findings.
 */
export function presentationStates(context: ResultContext): Attributes[] {
  const groups = grouped(markedFrames(context.images), ({ source, details }) => {
    if (source.isColour) return "colour";
    const { rescale, modalityTable } = details;
    return JSON.stringify([source.isInverted, rescale, modalityTable && tableKey(modalityTable)]);
  });
  return groups.map((frames, i) => presentationState(context, frames, i + 1));
}

function markedFrames(images: readonly AnalysedImage[]): MarkedFrame[] {
  return images.flatMap(({ source, findings }) => {
    const frames = grouped(findings, ({ frame }) => String(frame));
    return frames.map((own) => {
      const [{ frame }] = own;
      return { source, frame, details: source.frameDetails.get(frame) ?? {}, findings: own };
    });
  });
}

/** Lists of what has the same key, in the order of their firsts. */
function grouped<T>(all: readonly T[], keyOf: (one: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const known = groups.get(keyOf(one));
    if (known === undefined) groups.set(keyOf(one), [one]);
    else known.push(one);
  }
  return [...groups.values()];
}

function presentationState(
  context: ResultContext,
  frames: [MarkedFrame, ...MarkedFrame[]],
  number: number,
): Attributes {
  const [{ source }] = frames;
  const { isColour } = source;
  return {
    ...sharedModules(context, source, {
      sopClassUid: isColour ? COLOUR_PRESENTATION_STATE : GRAYSCALE_PRESENTATION_STATE,
      part: "gsps",
      said: frames.map(({ source: { sopUid }, findings }) => [sopUid, findings.map((one) => saidOf(one, context))]),
      seriesSaid: [source.studyUid, source.seriesUid],
      modality: "PR",
      seriesNumber: 9103,
      seriesDescription: "Fovea findings (presentation)",
      instanceNumber: number,
    }),
    Laterality: source.laterality ?? "",
    ContentLabel: LAYER,
    ContentDescription: "Findings of Fovea",
    ContentCreatorName: "",
    PresentationCreationDate: context.date,
    PresentationCreationTime: context.time,
    ReferencedSeriesSequence: seriesOf(frames),
    DisplayedAreaSelectionSequence: grouped(frames, areaKey).map(displayedArea),
    GraphicAnnotationSequence: frames.map((frame) => annotation(context, frame)),
    GraphicLayerSequence: [graphicLayer()],
    ...(isColour ? { ICCProfile: [SRGB_PROFILE.slice().buffer] } : greyModules(frames)),
  };
}

function seriesOf(frames: readonly MarkedFrame[]): Attributes[] {
  return grouped(frames, ({ source }) => source.seriesUid).map((own) => ({
    SeriesInstanceUID: own[0].source.seriesUid,
    ReferencedImageSequence: references(own),
  }));
}

/** One item for each image, with the numbers of its frames. */
function references(frames: readonly MarkedFrame[]): Attributes[] {
  return grouped(frames, ({ source }) => source.sopUid).map((own) => {
    const numbers = own.map(({ frame }) => frame + 1);
    const reference = imageReference(own[0].source);
    return own[0].source.frames > 1 ? { ...reference, ReferencedFrameNumber: numbers } : reference;
  });
}

const areaKey = ({ source: { columns, rows }, details: { spacing, aspect } }: MarkedFrame) =>
  [columns, rows, spacing?.row, spacing?.column, ...(aspect ?? [])].join();

function displayedArea(frames: [MarkedFrame, ...MarkedFrame[]]): Attributes {
  const [{ source, details }] = frames;
  const { spacing, aspect = [1, 1] } = details;
  return {
    ReferencedImageSequence: references(frames),
    DisplayedAreaTopLeftHandCorner: [1, 1],
    DisplayedAreaBottomRightHandCorner: [source.columns, source.rows],
    PresentationSizeMode: "SCALE TO FIT",
    ...(spacing === undefined
      ? { PresentationPixelAspectRatio: [...aspect] }
      : { PresentationPixelSpacing: [decimal(spacing.row), decimal(spacing.column)] }),
  };
}

function annotation(context: ResultContext, frame: MarkedFrame): Attributes {
  return {
    ReferencedImageSequence: references([frame]),
    GraphicLayer: LAYER,
    TextObjectSequence: frame.findings.map((finding) => ({
      AnchorPointAnnotationUnits: "PIXEL",
      UnformattedTextValue: labelText(finding, context),
      AnchorPoint: [finding.box.x1, finding.box.y1],
      AnchorPointVisibility: "N",
    })),
    GraphicObjectSequence: frame.findings.map((finding) => {
      const points = closedOutline(finding);
      return {
        GraphicAnnotationUnits: "PIXEL",
        GraphicDimensions: 2,
        NumberOfGraphicPoints: points.length / 2,
        GraphicData: points,
        GraphicType: "POLYLINE",
        GraphicFilled: "N",
      };
    }),
  };
}

/** Class and confidence: `nodule 0.87`. */
export function labelText({ className, confidence }: Finding, { nameOf }: Pick<ResultContext, "nameOf">): string {
  return `${nameOf(className)} ${confidence.toFixed(2)}`;
}

/** Yellow where colours are shown: L* 97.1, a* -21.6, b* 94.5 (PS3.3 C.10.7.1.1). */
function graphicLayer(): Attributes {
  return {
    GraphicLayer: LAYER,
    GraphicLayerOrder: 1,
    GraphicLayerRecommendedDisplayGrayscaleValue: 65535,
    GraphicLayerRecommendedDisplayCIELabValue: [63661, 27358, 57177],
    GraphicLayerDescription: "Findings of Fovea",
  };
}

/** Modality LUT, Softcopy VOI LUT and Softcopy Presentation LUT, as the images have them (PS3.3 C.11.1, C.11.8, C.11.6). */
function greyModules(frames: [MarkedFrame, ...MarkedFrame[]]): Attributes {
  const [{ source, details }] = frames;
  const { rescale, modalityTable } = details;
  const windowed = frames.filter((frame) => frame.details.voi !== undefined);
  return {
    ...(modalityTable !== undefined
      ? { ModalityLUTSequence: [{ ...lutItem(modalityTable), ModalityLUTType: "US" }] }
      : rescale !== undefined && {
          RescaleIntercept: decimal(rescale.intercept),
          RescaleSlope: decimal(rescale.slope),
          RescaleType: rescale.type ?? "US",
        }),
    ...(windowed.length > 0 && { SoftcopyVOILUTSequence: grouped(windowed, voiKey).map(softcopyVoi) }),
    PresentationLUTShape: source.isInverted ? "INVERSE" : "IDENTITY",
  };
}

function voiKey({ details: { voi } }: MarkedFrame): string {
  if (voi === undefined) return "";
  return "table" in voi ? tableKey(voi.table) : JSON.stringify(voi);
}

/** Small tables only are compared by value: those of one series are one in practice, and an item too many does no harm. */
function tableKey({ descriptor, entries }: SourceTable): string {
  return `${descriptor.join()}:${entries.join()}`;
}

function softcopyVoi(frames: [MarkedFrame, ...MarkedFrame[]]): Attributes {
  const [{ details }] = frames;
  const ReferencedImageSequence = references(frames);
  const { voi } = details;
  if (voi === undefined) throw new Error("unreachable: a frame without a window among those with one");
  if ("table" in voi) return { ReferencedImageSequence, VOILUTSequence: [lutItem(voi.table)] };
  return {
    ReferencedImageSequence,
    WindowCenter: decimal(voi.center),
    WindowWidth: decimal(voi.width),
    ...(voi.voiLutFunction !== undefined && { VOILUTFunction: voi.voiLutFunction }),
  };
}

/** Entries of 8 bits stand two to a word, the first in the lower byte (PS3.3 C.11.1.1.1, PS3.5 annex A). */
function lutItem({ descriptor, entries }: SourceTable): Attributes {
  if (descriptor[2] > 8) return { LUTDescriptor: descriptor, LUTData: [entries.slice().buffer] };
  const bytes = new Uint8Array(entries.length + (entries.length % 2));
  bytes.set(entries);
  return { LUTDescriptor: descriptor, LUTData: [bytes.buffer] };
}
