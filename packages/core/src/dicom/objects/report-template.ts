/**
 * @file The rows of template 1500 and those below it, as far as our reports use them (PS3.16 annex A).
 */
import { CODES, type Code } from "./code";
import type { Relationship } from "./content-item";

export interface TemplateRow {
  readonly relationship: Relationship;
  readonly valueType: string;
  /** Absent: any name. `null`: none. */
  readonly name?: Code | null;
  readonly least?: number;
  readonly most?: number;
  readonly rows?: readonly TemplateRow[];
}

const row = (relationship: Relationship, valueType: string, name: TemplateRow["name"], least = 0, most = Infinity) => ({
  relationship,
  valueType,
  name,
  least,
  most,
});

/** TID 1601 and 1602. */
const LIBRARY_ENTRY: TemplateRow = {
  ...row("CONTAINS", "IMAGE", null, 1),
  rows: [
    row("HAS ACQ CONTEXT", "NUM", CODES.pixelRows, 0, 1),
    row("HAS ACQ CONTEXT", "NUM", CODES.pixelColumns, 0, 1),
    row("HAS ACQ CONTEXT", "UIDREF", CODES.frameOfReference, 0, 1),
    row("HAS ACQ CONTEXT", "CODE", CODES.modality, 0, 1),
  ],
};

/** TID 1600. */
const IMAGE_LIBRARY: TemplateRow = {
  ...row("CONTAINS", "CONTAINER", CODES.imageLibrary, 1, 1),
  rows: [
    {
      ...row("CONTAINS", "CONTAINER", CODES.imageLibraryGroup, 1),
      rows: [row("HAS ACQ CONTEXT", "CODE", CODES.modality, 0, 1), LIBRARY_ENTRY],
    },
  ],
};

/** TID 1410 with TID 4108 (tracking), 4019 (algorithm), 1419 (measurements); TID 1410's evaluations may have any name. */
const MEASUREMENT_GROUP: TemplateRow = {
  ...row("CONTAINS", "CONTAINER", CODES.measurementGroup, 1),
  rows: [
    row("HAS OBS CONTEXT", "TEXT", CODES.trackingIdentifier, 1, 1),
    row("HAS OBS CONTEXT", "UIDREF", CODES.trackingUid, 1, 1),
    row("CONTAINS", "CODE", CODES.finding, 1, 1),
    row("HAS CONCEPT MOD", "TEXT", CODES.algorithmName, 1, 1),
    row("HAS CONCEPT MOD", "TEXT", CODES.algorithmVersion, 1, 1),
    row("HAS CONCEPT MOD", "TEXT", CODES.algorithmParameters),
    {
      ...row("CONTAINS", "SCOORD", CODES.imageRegion, 1, 1),
      rows: [row("SELECTED FROM", "IMAGE", null, 1, 1)],
    },
    row("CONTAINS", "NUM", undefined),
    row("CONTAINS", "CODE", undefined),
    row("CONTAINS", "TEXT", undefined),
  ],
};

/** TID 1500, with TID 1204 (language) and 1002 and 1004 (a device as observer). */
export const REPORT_ROWS: readonly TemplateRow[] = [
  row("HAS CONCEPT MOD", "CODE", CODES.language, 1, 1),
  row("HAS OBS CONTEXT", "CODE", CODES.observerType, 1, 1),
  row("HAS OBS CONTEXT", "UIDREF", CODES.deviceUid, 1, 1),
  row("HAS OBS CONTEXT", "TEXT", CODES.deviceName, 0, 1),
  row("HAS OBS CONTEXT", "TEXT", CODES.deviceManufacturer, 0, 1),
  row("HAS OBS CONTEXT", "TEXT", CODES.deviceModelName, 0, 1),
  row("HAS OBS CONTEXT", "TEXT", CODES.deviceSerialNumber, 0, 1),
  row("HAS CONCEPT MOD", "CODE", CODES.procedureReported, 1),
  IMAGE_LIBRARY,
  { ...row("CONTAINS", "CONTAINER", CODES.imagingMeasurements, 0, 1), rows: [MEASUREMENT_GROUP] },
  {
    ...row("CONTAINS", "CONTAINER", CODES.qualitativeEvaluations, 1, 1),
    rows: [row("CONTAINS", "CODE", CODES.processingSummary, 1, 1), row("CONTAINS", "TEXT", undefined)],
  },
];
