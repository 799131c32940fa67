/**
 * @file Masks of findings as binary Segmentations (PS3.3 A.51, C.8.20): a segment, and a frame, for each finding with an
 * outline.
 */
import { outlineSpans } from "../../geometry/scanline";
import { type Attributes, CODES, codeSequence, longString } from "./code";
import {
  decimal,
  imageReference,
  type NumberedFinding,
  numberedFindings,
  type ResultContext,
  type SourceFrame,
  saidOf,
  trackingOf,
} from "./result-source";
import { lossyHistory, referencedSeries, sharedModules } from "./shared-modules";

export const SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4";

/** The dimension of the frames: the segment (PS3.3 C.7.6.17). */
const REFERENCED_SEGMENT_NUMBER = 0x0062000b;
const SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062000a;

/** Bits of pixel data of one object at most, 64 MB: it is held in memory several times while it is checked and written. */
const MOST_BITS = 2 ** 29;

/**
 * One after another for each size, orientation and frame of reference of the images, several where one would become too
 * large; none where no finding has an outline.
 *
 * @param mostBits of pixel data in one object; an object has one frame at least. @default 2^29
 */
export function* segmentations(context: ResultContext, mostBits = MOST_BITS): Generator<Attributes> {
  const groups = new Map<string, [NumberedFinding, ...NumberedFinding[]]>();
  for (const one of numberedFindings(context.images)) {
    if (one.finding.polygon === undefined || one.finding.polygon.length < 6) continue;
    const { rows, columns, frameOfReferenceUid } = one.source;
    const { spacing, sliceThickness, orientation } = detailsOf(one);
    const placed = isPlaced(one);
    const key = JSON.stringify([rows, columns, frameOfReferenceUid, spacing, sliceThickness, orientation, placed]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  let number = 0;
  for (const group of groups.values()) {
    const [{ source }] = group;
    const most = Math.max(1, Math.floor(mostBits / (source.rows * source.columns)));
    for (let from = 0; from < group.length; from += most) {
      const [first, ...others] = group.slice(from, from + most);
      yield segmentation(context, [first, ...others], ++number);
    }
  }
}

function detailsOf({ source, finding }: NumberedFinding): SourceFrame {
  return source.frameDetails.get(finding.frame) ?? {};
}

function segmentation(
  context: ResultContext,
  outlined: [NumberedFinding, ...NumberedFinding[]],
  number: number,
): Attributes {
  const { date, time, uid } = context;
  const [first] = outlined;
  const { rows, columns } = first.source;
  const said = outlined.map((one) => [one.number, one.source.sopUid, saidOf(one.finding, context)]);
  const dimensions = uid("seg dimensions", said);
  const sources = [...new Map(outlined.map(({ source }) => [source.sopUid, source])).values()];
  return {
    ...sharedModules(context, first.source, {
      sopClassUid: SEGMENTATION,
      part: "seg",
      ...{ said, seriesSaid: [first.source.studyUid, first.source.seriesUid] },
      modality: "SEG",
      seriesNumber: 9104,
      seriesDescription: "Fovea findings (masks)",
      instanceNumber: number,
    }),
    ...(isPlaced(first)
      ? { FrameOfReferenceUID: first.source.frameOfReferenceUid, PositionReferenceIndicator: "" }
      : { PatientOrientation: "" }),
    ImageType: ["DERIVED", "PRIMARY"],
    ContentDate: date,
    ContentTime: time,
    ContentLabel: "FINDINGS",
    ContentDescription: "Masks of the findings of Fovea",
    ContentCreatorName: "",
    ...lossyHistory(first.source),
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    NumberOfFrames: outlined.length,
    Rows: rows,
    Columns: columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    SegmentationType: "BINARY",
    SegmentsOverlap: "UNDEFINED",
    SegmentSequence: outlined.map((one, i) => segment(context, one, i + 1)),
    ReferencedSeriesSequence: referencedSeries(sources, "ReferencedInstanceSequence"),
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: dimensions,
        DimensionIndexPointer: REFERENCED_SEGMENT_NUMBER,
        FunctionalGroupPointer: SEGMENT_IDENTIFICATION_SEQUENCE,
        DimensionDescriptionLabel: "Segment Number",
      },
    ],
    SharedFunctionalGroupsSequence: [sharedGroups(first)],
    PerFrameFunctionalGroupsSequence: outlined.map((one, i) => frameGroups(one, i + 1)),
    PixelData: [packedMasks(outlined, rows, columns).buffer],
  };
}

/** Whether the images say where in the patient they lie, thickness included, which a segmentation so placed must have. */
function isPlaced(one: NumberedFinding): boolean {
  const { position, orientation, spacing, sliceThickness } = detailsOf(one);
  const isWhole = position?.length === 3 && orientation?.length === 6 && spacing?.source === "PixelSpacing";
  return isWhole && sliceThickness !== undefined && one.source.frameOfReferenceUid !== undefined;
}

function segment(context: ResultContext, one: NumberedFinding, segmentNumber: number): Attributes {
  const { algorithm, codeOf, nameOf } = context;
  const { number, finding } = one;
  const tracking = trackingOf(one, context);
  return {
    SegmentNumber: segmentNumber,
    SegmentLabel: longString(`${nameOf(finding.className)} ${number}`),
    SegmentAlgorithmType: "AUTOMATIC",
    SegmentAlgorithmName: longString(algorithm.name),
    SegmentedPropertyCategoryCodeSequence: codeSequence(CODES.morphology),
    SegmentedPropertyTypeCodeSequence: codeSequence(codeOf(finding.className)),
    TrackingID: tracking.id,
    TrackingUID: tracking.uid,
    SegmentationAlgorithmIdentificationSequence: [
      {
        AlgorithmFamilyCodeSequence: codeSequence({
          value: "123110",
          scheme: "DCM",
          meaning: "Artificial Intelligence",
        }),
        AlgorithmName: longString(algorithm.name),
        AlgorithmVersion: longString(algorithm.version),
      },
    ],
  };
}

function sharedGroups(one: NumberedFinding): Attributes {
  if (!isPlaced(one)) return {};
  const { spacing, sliceThickness, orientation } = detailsOf(one);
  return {
    PixelMeasuresSequence: [
      {
        ...(spacing !== undefined && { PixelSpacing: [decimal(spacing.row), decimal(spacing.column)] }),
        ...(sliceThickness !== undefined && { SliceThickness: decimal(sliceThickness) }),
      },
    ],
    PlaneOrientationSequence: [{ ImageOrientationPatient: (orientation ?? []).map(decimal) }],
  };
}

function frameGroups(one: NumberedFinding, segmentNumber: number): Attributes {
  const { position } = detailsOf(one);
  return {
    DerivationImageSequence: [
      {
        DerivationCodeSequence: codeSequence(CODES.segmentation),
        SourceImageSequence: [
          {
            ...imageReference(one.source, one.finding.frame),
            PurposeOfReferenceCodeSequence: codeSequence(CODES.sourceImage),
          },
        ],
      },
    ],
    FrameContentSequence: [{ DimensionIndexValues: segmentNumber }],
    ...(isPlaced(one) && { PlanePositionSequence: [{ ImagePositionPatient: (position ?? []).map(decimal) }] }),
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segmentNumber }],
  };
}

/** Frames one behind the other, the first pixel in the lowest bit, frames not padded (PS3.5 8.1.1, PS3.3 C.7.6.3). */
function packedMasks(outlined: readonly NumberedFinding[], rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const bytes = Math.ceil((outlined.length * rows * columns) / 8);
  const packed = new Uint8Array(bytes + (bytes % 2));
  // `at` may be beyond 2^31, where bit operations end.
  const set = (at: number) => {
    packed[Math.floor(at / 8)] |= 1 << (at % 8);
  };
  for (const [i, { finding }] of outlined.entries()) {
    let isEmpty = true;
    outlineSpans(Float32Array.from(finding.polygon ?? []), columns, rows, (y, from, to) => {
      for (let at = (i * rows + y) * columns + from, end = at + to - from; at < end; at++) set(at);
      isEmpty = false;
    });
    if (!isEmpty) continue;
    // An outline so thin that it holds no pixel's centre: the lesion is there all the same.
    const { x1, y1, x2, y2 } = finding.box;
    const [x, y] = [Math.min(Math.floor((x1 + x2) / 2), columns - 1), Math.min(Math.floor((y1 + y2) / 2), rows - 1)];
    set((i * rows + y) * columns + x);
  }
  return packed;
}
