/**
 * @file Coded concepts as attributes (PS3.3 section 8.8), and those that result objects use (PS3.16 annex D, CID lists).
 */

/** Values by PS3.6 keyword: text, numbers, arrays of them, items of a sequence. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A concept: value, coding scheme and meaning. */
export interface Code {
  /** At most 16 characters. */
  readonly value: string;
  /** `DCM`, `SCT`, `UCUM`, `99FOVEA` ...; at most 16 characters. */
  readonly scheme: string;
  /** At most 64 characters. */
  readonly meaning: string;
}

/** Scheme of concepts that no standard has: names of a model's classes. */
const PRIVATE_SCHEME = "99FOVEA";

/** A code sequence of one item. A value longer than 16 characters is a Long Code Value (PS3.3 8.1). */
export function codeSequence({ value, scheme, meaning }: Code): Attributes[] {
  const key = value.length > 16 ? "LongCodeValue" : "CodeValue";
  return [{ [key]: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }];
}

const dcm = (value: string, meaning: string): Code => ({ value, scheme: "DCM", meaning });
const sct = (value: string, meaning: string): Code => ({ value, scheme: "SCT", meaning });
const ucum = (value: string, meaning: string): Code => ({ value, scheme: "UCUM", meaning });
const own = (value: string, meaning: string): Code => ({ value, scheme: PRIVATE_SCHEME, meaning });

/** Concepts of the templates. */
export const CODES = {
  algorithmName: dcm("111001", "Algorithm Name"),
  algorithmParameters: dcm("111002", "Algorithm Parameters"),
  algorithmVersion: dcm("111003", "Algorithm Version"),
  category: own("RuleCategory", "Category by rule"),
  certainty: dcm("111012", "Certainty of Finding"),
  comment: dcm("121106", "Comment"),
  conclusion: dcm("121077", "Conclusion"),
  device: dcm("121007", "Device"),
  deviceManufacturer: dcm("121014", "Device Observer Manufacturer"),
  deviceModelName: dcm("121015", "Device Observer Model Name"),
  deviceName: dcm("121013", "Device Observer Name"),
  deviceSerialNumber: dcm("121016", "Device Observer Serial Number"),
  deviceUid: dcm("121012", "Device Observer UID"),
  finding: dcm("121071", "Finding"),
  frameOfReference: dcm("112227", "Frame of Reference UID"),
  height: dcm("121207", "Height"),
  imageLibrary: dcm("111028", "Image Library"),
  imageLibraryGroup: dcm("126200", "Image Library Group"),
  imageRegion: dcm("111030", "Image Region"),
  imagingMeasurements: dcm("126010", "Imaging Measurements"),
  language: dcm("121049", "Language of Content Item and Descendants"),
  measurementGroup: dcm("125007", "Measurement Group"),
  millimetre: ucum("mm", "millimeter"),
  modality: dcm("121139", "Modality"),
  morphology: sct("49755003", "Morphologically Abnormal Structure"),
  observerType: dcm("121005", "Observer Type"),
  percent: ucum("%", "Percent"),
  pixelColumns: dcm("110911", "Pixel Data Columns"),
  pixelRows: dcm("110910", "Pixel Data Rows"),
  pixels: ucum("{pixels}", "pixels"),
  procedureReported: dcm("121058", "Procedure reported"),
  processingEquipment: dcm("109102", "Processing Equipment"),
  processingSummary: dcm("111017", "CAD Processing and Findings Summary"),
  qualitativeEvaluations: { value: "C0034375", scheme: "UMLS", meaning: "Qualitative Evaluations" },
  recommendation: dcm("121075", "Recommendation"),
  report: dcm("126000", "Imaging Measurement Report"),
  segmentation: dcm("113076", "Segmentation"),
  sourceImage: dcm("121322", "Source image for image processing operation"),
  trackingIdentifier: dcm("112039", "Tracking Identifier"),
  trackingUid: dcm("112040", "Tracking Unique Identifier"),
  width: sct("103355008", "Width"),
} as const satisfies Readonly<Record<string, Code>>;

/** CID 6047: how the algorithm went, and whether it found anything. */
export const SUMMARIES = {
  allWithout: dcm("111241", "All algorithms succeeded; without findings"),
  allWith: dcm("111242", "All algorithms succeeded; with findings"),
  someWithout: dcm("111243", "Not all algorithms succeeded; without findings"),
  someWith: dcm("111244", "Not all algorithms succeeded; with findings"),
  none: dcm("111245", "No algorithms succeeded; without findings"),
} as const satisfies Readonly<Record<string, Code>>;

/** Languages as RFC 5646 spells them (CID 5000). */
export const LANGUAGES = {
  zh: { value: "zh-CN", scheme: "RFC5646", meaning: "Chinese (China)" },
  en: { value: "en", scheme: "RFC5646", meaning: "English" },
} as const satisfies Readonly<Record<"zh" | "en", Code>>;

/** CID 29, by the value of Modality. */
const MODALITIES: Readonly<Record<string, string>> = {
  CR: "Computed Radiography",
  CT: "Computed Tomography",
  DX: "Digital Radiography",
  ES: "Endoscopy",
  IO: "Intra-oral Radiography",
  MG: "Mammography",
  MR: "Magnetic Resonance",
  NM: "Nuclear Medicine",
  OP: "Ophthalmic Photography",
  OPT: "Ophthalmic Tomography",
  PT: "Positron emission tomography",
  PX: "Panoramic X-Ray",
  RF: "Radiofluoroscopy",
  RG: "Radiographic imaging",
  SM: "Slide Microscopy",
  US: "Ultrasound",
  XA: "X-Ray Angiography",
  XC: "External-camera Photography",
};

/** The modality as a concept; undefined where CID 29 has none. */
export function modalityCode(modality: string): Code | undefined {
  const meaning = MODALITIES[modality];
  return meaning === undefined ? undefined : dcm(modality, meaning);
}

const PROCEDURES: Readonly<Record<string, Code>> = {
  CT: sct("77477000", "Computed tomography"),
  US: sct("16310003", "Diagnostic ultrasonography"),
  MG: sct("71651007", "Mammography"),
  DX: sct("168537006", "Plain radiography"),
  CR: sct("168537006", "Plain radiography"),
};

/** What was done to the patient, as far as the modality tells. */
export function procedureCode(modality: string): Code {
  return PROCEDURES[modality] ?? sct("363679005", "Imaging (procedure)");
}

/**
 * The concept of a class without one: its name in the private scheme. A code value has 16 characters of ASCII (PS3.5 6.2):
 * a name that is longer or has others is cut and gets a number that follows from all of it.
 */
export function privateCode(className: string, shown: string): Code {
  const plain = className.replace(/[^\x20-\x7e]|\\/g, "_").trim();
  const fits = plain === className && plain.length > 0 && plain.length <= 16;
  const value = fits ? plain : `${plain.slice(0, 8).trim()}#${hashOf(className)}`;
  return { value, scheme: PRIVATE_SCHEME, meaning: longString(shown) };
}

/** FNV-1a of the characters, 7 digits to the base 36. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(36).padStart(7, "0");
}

/** At most 64 characters, without `\` and control characters (VR LO); "-" where nothing is left. */
export function longString(text: string): string {
  const cleaned = text.replace(/[\p{Cc}\\]+/gu, " ").trim();
  return [...cleaned].slice(0, 64).join("").trim() || "-";
}
