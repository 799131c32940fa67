/**
 * @file The clinical report is what the service has promised its clients.
 */
import { Value } from "typebox/value";
import { expect, test } from "vitest";
import { type DetectResponse, DetectSchema } from "../src/contract/detection";
import { clinicalReport } from "../src/report/clinical-report";

test("clinicalReport gives what /detect answers by its schema", () => {
  const box = { x1: 1, y1: 2, x2: 3, y2: 4 };
  const findings = [{ classId: 0, className: "mass", confidence: 0.9, box }];
  const report: DetectResponse = clinicalReport({
    ...{ studyId: "1.2.3", modelVersion: "m@0", inferenceTimeMs: 1 },
    images: [
      { image: "/a", findings },
      { image: "/b", frame: 1, findings },
    ],
  });
  expect([...Value.Errors(DetectSchema, report)]).toEqual([]);
  expect(Value.Check(DetectSchema, { ...report, rules_version: 3 })).toBe(false);
});
