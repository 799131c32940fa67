/**
 * @file Images as reception hands them to the record, for tests: one patient's CT unless told otherwise.
 */
import { createHash } from "node:crypto";
import type { ReceivedInstance } from "../src/store/record";

/** UIDs under 2.25, the root for those made of UUIDs (PS3.5 B.2). */
export const STUDY = "2.25.1";
export const SERIES = "2.25.1.2";

export function received(n: number, changes: Partial<ReceivedInstance> = {}): ReceivedInstance {
  return {
    studyUid: STUDY,
    seriesUid: SERIES,
    sopUid: `2.25.1.2.${n}`,
    sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
    transferSyntaxUid: "1.2.840.10008.1.2.1",
    origin: "dimse",
    callingAe: "CT1",
    patient: { PatientID: "P-4711", PatientName: "Curie^Marie", StudyDescription: "Thorax" },
    studyDate: "20261126",
    modality: "CT",
    bodyPart: "CHEST",
    seriesDescription: "Lung 1.0",
    seriesNumber: 2,
    instanceNumber: n,
    frames: 1,
    rows: 512,
    columns: 512,
    bytes: 526_000,
    sha256: createHash("sha256").update(String(n)).digest("hex"),
    blob: `images/00/${n.toString(16).padStart(32, "0")}`,
    ...changes,
  };
}
