import { measurementReport } from "@fovea/core/dicom/objects/measurement-report";
import { presentationStates } from "@fovea/core/dicom/objects/presentation-state";
import { readWritten } from "@fovea/core/dicom/objects/read-written";
import { segmentations } from "@fovea/core/dicom/objects/segmentation";
import { expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../core/test/result-context";
import { encodeDicom, type NewAttributes } from "../dicom/write-dicom";
import { encodeObject } from "./encode-object";

const outlined = noduleFinding({ polygon: [3, 4, 12, 4, 7, 20] });
const images = [{ source: sourceImage(), findings: [noduleFinding(), outlined] }];
const objects = [
  measurementReport(resultContext({ images })),
  ...presentationStates(resultContext({ images })),
  ...segmentations(resultContext({ images })),
];

test.each(objects)("writes object %# with the values that dcmjs writes", async (object) => {
  const reference = readWritten(await encodeDicom(object as NewAttributes));
  // Its sequences have no length and the group another one therefore; values are the same.
  expect(readWritten(encodeObject(object))).toEqual(reference);
});

test("refuses an object with a fault, and names the fault", () => {
  const faulty = { ...objects[0], CompletionFlag: "" };
  expect(() => encodeObject(faulty)).toThrow("CompletionFlag: missing (type 1)");
});

test("keeps characters outside of the basic plane", () => {
  const report = measurementReport(resultContext({ images, summary: "𠮷野家 ≥ é" }));
  expect(Buffer.from(encodeObject(report)).includes(Buffer.from("𠮷野家 ≥ é", "utf8"))).toBe(true);
});
