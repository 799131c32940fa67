/**
 * @file The DICOM attributes in use, by their PS3.6 keyword.
 *
 * A new attribute does not compile until its line is here. The VR is the one PS3.6 gives; it serves implicit VR files,
 * whose elements do not say theirs.
 */

/** How a value is stored, as far as reading it differs. `xs`: US or SS, decided by PixelRepresentation. */
export type ValueKind = "text" | "DS" | "IS" | "US" | "UL" | "FL" | "FD" | "xs" | "SQ" | "bytes";

/** Tag, written `xGGGGEEEE`, and kind of value. */
export const ATTRIBUTES = {
  MediaStorageSOPClassUID: ["x00020002", "text"],
  TransferSyntaxUID: ["x00020010", "text"],
  SOPClassUID: ["x00080016", "text"],
  SOPInstanceUID: ["x00080018", "text"],
  Modality: ["x00080060", "text"],
  Manufacturer: ["x00080070", "text"],
  InstitutionName: ["x00080080", "text"],
  ManufacturerModelName: ["x00081090", "text"],
  PatientID: ["x00100020", "text"],
  PatientSex: ["x00100040", "text"],
  PatientAge: ["x00101010", "text"],
  SliceThickness: ["x00180050", "DS"],
  ImagerPixelSpacing: ["x00181164", "DS"],
  NominalScannedPixelSpacing: ["x00182010", "DS"],
  StudyInstanceUID: ["x0020000d", "text"],
  SeriesInstanceUID: ["x0020000e", "text"],
  SamplesPerPixel: ["x00280002", "US"],
  PhotometricInterpretation: ["x00280004", "text"],
  PlanarConfiguration: ["x00280006", "US"],
  NumberOfFrames: ["x00280008", "IS"],
  Rows: ["x00280010", "US"],
  Columns: ["x00280011", "US"],
  PixelSpacing: ["x00280030", "DS"],
  BitsAllocated: ["x00280100", "US"],
  BitsStored: ["x00280101", "US"],
  HighBit: ["x00280102", "US"],
  PixelRepresentation: ["x00280103", "US"],
  PixelPaddingValue: ["x00280120", "xs"],
  PixelPaddingRangeLimit: ["x00280121", "xs"],
  WindowCenter: ["x00281050", "DS"],
  WindowWidth: ["x00281051", "DS"],
  RescaleIntercept: ["x00281052", "DS"],
  RescaleSlope: ["x00281053", "DS"],
  RescaleType: ["x00281054", "text"],
  VOILUTFunction: ["x00281056", "text"],
  RedPaletteColorLookupTableDescriptor: ["x00281101", "xs"],
  GreenPaletteColorLookupTableDescriptor: ["x00281102", "xs"],
  BluePaletteColorLookupTableDescriptor: ["x00281103", "xs"],
  RedPaletteColorLookupTableData: ["x00281201", "bytes"],
  GreenPaletteColorLookupTableData: ["x00281202", "bytes"],
  BluePaletteColorLookupTableData: ["x00281203", "bytes"],
  ModalityLUTSequence: ["x00283000", "SQ"],
  LUTDescriptor: ["x00283002", "xs"],
  LUTData: ["x00283006", "bytes"],
  VOILUTSequence: ["x00283010", "SQ"],
  PixelMeasuresSequence: ["x00289110", "SQ"],
  FrameVOILUTSequence: ["x00289132", "SQ"],
  PixelValueTransformationSequence: ["x00289145", "SQ"],
  SharedFunctionalGroupsSequence: ["x52009229", "SQ"],
  PerFrameFunctionalGroupsSequence: ["x52009230", "SQ"],
  FloatPixelData: ["x7fe00008", "bytes"],
  DoubleFloatPixelData: ["x7fe00009", "bytes"],
  PixelData: ["x7fe00010", "bytes"],
} as const satisfies Readonly<Record<string, readonly [tag: string, kind: ValueKind]>>;

/** PS3.6 keyword of an attribute in use. */
export type Keyword = keyof typeof ATTRIBUTES;
