/**
 * @file Checks that an object has what its modules demand (PS3.3 annexes A and C): attributes of type 1 with a value, those
 * of type 2 at least empty.
 */
import { listOf, UID_PATTERN } from "./check-values";
import type { Attributes } from "./code";
import { COMPREHENSIVE_3D_SR } from "./measurement-report";
import { COLOUR_PRESENTATION_STATE, GRAYSCALE_PRESENTATION_STATE } from "./presentation-state";
import { SECONDARY_CAPTURE } from "./secondary-capture";
import { SEGMENTATION } from "./segmentation";

interface Demands {
  /** With a value. */
  readonly one: readonly string[];
  /** Present, perhaps empty. */
  readonly two?: readonly string[];
  /** Attributes that may have one value only, and which. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** Patient, General Study, General Series, equipment and SOP Common of a result. */
const EVERY: Demands = {
  one: words(`SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality SeriesNumber Manufacturer
    ManufacturerModelName DeviceSerialNumber SoftwareVersions InstanceNumber ContributingEquipmentSequence`),
  two: words(
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber",
  ),
  fixed: { SpecificCharacterSet: "ISO_IR 192" },
};

const PIXELS = words(`SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit
  PixelRepresentation PixelData`);

const STATE: Demands = {
  one: words(`ContentLabel PresentationCreationDate PresentationCreationTime ReferencedSeriesSequence
    DisplayedAreaSelectionSequence GraphicAnnotationSequence GraphicLayerSequence`),
  two: words("ContentDescription ContentCreatorName"),
  fixed: { Modality: "PR" },
};

/** By SOP class. */
const OBJECTS: Readonly<Record<string, Demands | undefined>> = {
  [COMPREHENSIVE_3D_SR]: {
    one: words(`CompletionFlag VerificationFlag ContentDate ContentTime ConceptNameCodeSequence ContentTemplateSequence
      CurrentRequestedProcedureEvidenceSequence ContentSequence`),
    two: words("ReferencedPerformedProcedureStepSequence PerformedProcedureCodeSequence"),
    fixed: { Modality: "SR", ValueType: "CONTAINER", ContinuityOfContent: "SEPARATE", VerificationFlag: "UNVERIFIED" },
  },
  [SECONDARY_CAPTURE]: {
    one: [
      ...PIXELS,
      ...words("ConversionType ImageType SourceImageSequence DerivationDescription PlanarConfiguration"),
    ],
    two: words("PatientOrientation"),
    fixed: { BurnedInAnnotation: "YES", PhotometricInterpretation: "RGB", SamplesPerPixel: 3, BitsAllocated: 8 },
  },
  [GRAYSCALE_PRESENTATION_STATE]: { ...STATE, one: [...STATE.one, "PresentationLUTShape"] },
  [COLOUR_PRESENTATION_STATE]: { ...STATE, one: [...STATE.one, "ICCProfile"] },
  [SEGMENTATION]: {
    one: [
      ...PIXELS,
      ...words(`ImageType ContentDate ContentTime ContentLabel NumberOfFrames SegmentSequence ReferencedSeriesSequence
        DimensionOrganizationSequence DimensionIndexSequence SharedFunctionalGroupsSequence
        PerFrameFunctionalGroupsSequence LossyImageCompression`),
    ],
    two: words("ContentDescription ContentCreatorName"),
    fixed: { Modality: "SEG", SegmentationType: "BINARY", BitsAllocated: 1, BitsStored: 1, HighBit: 0 },
  },
};

/** Items of these sequences, wherever they stand. */
const ITEMS: Readonly<Record<string, Demands | undefined>> = {
  ContributingEquipmentSequence: { one: words("PurposeOfReferenceCodeSequence Manufacturer DeviceUID") },
  ReferencedSOPSequence: { one: words("ReferencedSOPClassUID ReferencedSOPInstanceUID") },
  ReferencedImageSequence: { one: words("ReferencedSOPClassUID ReferencedSOPInstanceUID") },
  ReferencedInstanceSequence: { one: words("ReferencedSOPClassUID ReferencedSOPInstanceUID") },
  SourceImageSequence: {
    one: words("ReferencedSOPClassUID ReferencedSOPInstanceUID PurposeOfReferenceCodeSequence"),
  },
  ReferencedSeriesSequence: { one: words("SeriesInstanceUID") },
  DisplayedAreaSelectionSequence: {
    one: words("DisplayedAreaTopLeftHandCorner DisplayedAreaBottomRightHandCorner PresentationSizeMode"),
  },
  GraphicAnnotationSequence: { one: words("GraphicLayer ReferencedImageSequence") },
  GraphicObjectSequence: {
    one: words("GraphicAnnotationUnits GraphicDimensions NumberOfGraphicPoints GraphicData GraphicType"),
  },
  TextObjectSequence: {
    one: words("UnformattedTextValue AnchorPoint AnchorPointAnnotationUnits AnchorPointVisibility"),
  },
  GraphicLayerSequence: { one: words("GraphicLayer GraphicLayerOrder") },
  SegmentSequence: {
    one: words(`SegmentNumber SegmentLabel SegmentAlgorithmType SegmentAlgorithmName
      SegmentedPropertyCategoryCodeSequence SegmentedPropertyTypeCodeSequence`),
  },
  SegmentationAlgorithmIdentificationSequence: {
    one: words("AlgorithmFamilyCodeSequence AlgorithmName AlgorithmVersion"),
  },
  SegmentIdentificationSequence: { one: words("ReferencedSegmentNumber") },
  DimensionIndexSequence: { one: words("DimensionIndexPointer DimensionOrganizationUID") },
};

/** What the object lacks. */
export function moduleFaults(attributes: Attributes): string[] {
  const demands = OBJECTS[String(attributes.SOPClassUID)];
  if (demands === undefined) return ["SOPClassUID: no class that results are written as"];
  const isOwn = UID_PATTERN.test(String(attributes.SeriesInstanceUID ?? ""));
  const series = isOwn ? [] : ["SeriesInstanceUID: no valid UID"];
  return [
    ...series,
    ...lacking(attributes, EVERY, ""),
    ...lacking(attributes, demands, ""),
    ...itemFaults(attributes, ""),
  ];
}

function lacking(attributes: Attributes, { one, two = [], fixed = {} }: Demands, path: string): string[] {
  const isEmpty = (keyword: string) => {
    const values = listOf(attributes[keyword]);
    return values.length === 0 || values.every((value) => value === "");
  };
  return [
    ...one.filter(isEmpty).map((keyword) => `${path}${keyword}: missing (type 1)`),
    ...two
      .filter((keyword) => attributes[keyword] === undefined)
      .map((keyword) => `${path}${keyword}: missing (type 2)`),
    ...Object.entries(fixed)
      .filter(([keyword, value]) => !listOf(attributes[keyword]).every((one) => one === value) || isEmpty(keyword))
      .map(([keyword, value]) => `${path}${keyword}: expected ${String(value)}`),
  ];
}

function itemFaults(attributes: Attributes, path: string): string[] {
  return Object.entries(attributes).flatMap(([keyword, value]) => {
    if (!keyword.endsWith("Sequence") || !Array.isArray(value)) return [];
    return value.flatMap((item: Attributes, i) => {
      const at = `${path}${keyword}[${i}].`;
      const demands = keyword.endsWith("CodeSequence") ? undefined : ITEMS[keyword];
      const own = keyword.endsWith("CodeSequence") ? codeFaults(item, at) : [];
      return [...own, ...(demands === undefined ? [] : lacking(item, demands, at)), ...itemFaults(item, at)];
    });
  });
}

/** One of the two values, a scheme and a meaning (PS3.3 8.1 to 8.3). */
function codeFaults(item: Attributes, path: string): string[] {
  const values = [item.CodeValue, item.LongCodeValue].filter((value) => value !== undefined && value !== "");
  const faults = lacking(item, { one: ["CodingSchemeDesignator", "CodeMeaning"] }, path);
  return values.length === 1 ? faults : [...faults, `${path}CodeValue: ${values.length} values, expected one`];
}
