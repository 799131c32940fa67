/**
 * @file A small result: two CT slices of 40 x 30 pixels, a nodule in the first and nothing in the second.
 */
import { privateCode } from "../src/dicom/objects/code";
import type { ObjectFinding, ResultContext, SourceInstance } from "../src/dicom/objects/result-source";

export function sourceImage(changed: Partial<SourceInstance> = {}): SourceInstance {
  return {
    sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
    sopUid: "1.2.3.4.1",
    seriesUid: "1.2.3.4",
    studyUid: "1.2.3",
    modality: "CT",
    rows: 30,
    columns: 40,
    frames: 1,
    isColour: false,
    isInverted: false,
    frameOfReferenceUid: "1.2.3.9",
    patientAndStudy: {
      PatientName: "Wang^XiaoDong=王^小东",
      PatientID: "P1",
      PatientBirthDate: "19700101",
      PatientSex: "M",
      StudyDate: "20261120",
      StudyTime: "101500",
      AccessionNumber: "",
      ReferringPhysicianName: "",
      StudyID: "",
    },
    procedures: [],
    frameDetails: new Map([
      [
        0,
        {
          spacing: { row: 0.5, column: 0.5, source: "PixelSpacing" },
          sliceThickness: 1,
          position: [0, 0, 10],
          orientation: [1, 0, 0, 0, 1, 0],
          voi: { center: 40, width: 400 },
          rescale: { slope: 1, intercept: -1024, type: "HU" },
        },
      ],
    ]),
    ...changed,
  };
}

export function noduleFinding(changed: Partial<ObjectFinding> = {}): ObjectFinding {
  return {
    classId: 0,
    className: "nodule",
    confidence: 0.875,
    box: { x1: 2.5, y1: 4, x2: 12.25, y2: 20 },
    sizeMm: { width: 4.875, height: 8 },
    frame: 0,
    category: "中度",
    suggestion: "三个月后复查",
    rulesVersion: "3@0a1b2c3d4e5f",
    ...changed,
  };
}

export function resultContext(changed: Partial<ResultContext> = {}): ResultContext {
  let last = 0;
  const uids = new Map<string, string>();
  return {
    images: [
      { source: sourceImage(), findings: [noduleFinding()] },
      { source: sourceImage({ sopUid: "1.2.3.4.2" }), findings: [] },
    ],
    algorithm: {
      name: "lung",
      version: "lung@0123456789ab",
      deviceUid: "2.25.1",
      softwareVersion: "1.0",
    },
    language: "zh",
    date: "20261126",
    time: "120000",
    uid: (part, said) => {
      const key = JSON.stringify([part, said]);
      const known = uids.get(key) ?? `2.25.${1000 + ++last}`;
      uids.set(key, known);
      return known;
    },
    nameOf: (className) => (className === "nodule" ? "结节" : className),
    codeOf: (className) => privateCode(className, className === "nodule" ? "结节" : className),
    summary: "共检测到1处病灶，包括：1个结节。",
    ...changed,
  };
}
