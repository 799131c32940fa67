import { describe, expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../test/result-context";
import { checkObject } from "./check-object";
import type { Attributes } from "./code";
import { measurementReport } from "./measurement-report";
import { presentationStates } from "./presentation-state";
import { secondaryCapture } from "./secondary-capture";
import { segmentations } from "./segmentation";
import { writeObject } from "./write-object";

const picture = { width: 3, height: 1, rgb: new Uint8Array(9) };
const outlined = resultContext({
  images: [{ source: sourceImage(), findings: [noduleFinding({ polygon: [3, 4, 12, 4, 7, 20] })] }],
});
const report = () => measurementReport(resultContext());
const state = () => presentationStates(resultContext())[0];
const mask = () => [...segmentations(outlined)][0];
const capture = () =>
  secondaryCapture(resultContext(), { source: sourceImage(), frame: 0, findings: [noduleFinding()] }, picture);

/** The object with the value at `path` replaced, or taken out by undefined. Content items by number, as `ContentSequence.9`. */
function broken(object: Attributes, path: string, value: unknown): Attributes {
  const copy: Record<string, unknown> = structuredClone(object);
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const parent = steps.reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, copy);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
  return copy;
}

const GROUP = "ContentSequence.9.ContentSequence.0";
const REGION = `${GROUP}.ContentSequence.6`;

const SECOND_FINDING = {
  RelationshipType: "CONTAINS",
  ValueType: "CODE",
  ConceptNameCodeSequence: [{ CodeValue: "121071", CodingSchemeDesignator: "DCM", CodeMeaning: "Finding" }],
  ConceptCodeSequence: [{ CodeValue: "4147007", CodingSchemeDesignator: "SCT", CodeMeaning: "Mass" }],
};

describe("checkObject", () => {
  test.each([
    ["report", report],
    ["presentation state", state],
    ["segmentation", mask],
    ["capture", capture],
  ])("finds nothing wrong with a %s", (_, make) => {
    expect(checkObject(make())).toEqual([]);
  });

  test.each<[what: string, path: string, value: unknown, fault: string]>([
    ["an unknown attribute", "FoveaScore", 1, "no attribute that result objects have"],
    ["a date that is none", "ContentDate", "2026-11-26", "VR DA"],
    ["a time that is none", "ContentTime", "256000", "VR TM"],
    ["a name of 65 letters", "SeriesDescription", "x".repeat(65), "VR LO"],
    ["a UID with a leading zero", "SOPInstanceUID", "1.2.03", "VR UI"],
    ["a series UID of letters", "SeriesInstanceUID", "1.2.x", "SeriesInstanceUID"],
    ["two values where one may be", "PatientID", ["a", "b"], "2 values, expected 1"],
    ["another character set", "SpecificCharacterSet", "GB18030", "expected ISO_IR 192"],
    ["no patient's name", "PatientName", undefined, "type 2"],
    ["an empty study", "StudyInstanceUID", "", "type 1"],
    ["no completion flag", "CompletionFlag", undefined, "type 1"],
    ["a report that says it is verified", "VerificationFlag", "VERIFIED", "expected UNVERIFIED"],
    ["no contributing equipment", "ContributingEquipmentSequence", [], "type 1"],
    ["another template", "ContentTemplateSequence.0.TemplateIdentifier", "2000", "template 1500"],
    ["another title", "ConceptNameCodeSequence.0.CodeValue", "126001", "template 1500"],
    ["no language", "ContentSequence.0", { RelationshipType: "CONTAINS", ValueType: "TEXT" }, "not in the template"],
    ["a wrong relationship", "ContentSequence.1.RelationshipType", "HAS PROPERTIES", "HAS PROPERTIES CODE is not in"],
    ["a wrong value type", "ContentSequence.2.ValueType", "TEXT", "TEXT is not in the template"],
    ["no image library", "ContentSequence.8.ConceptNameCodeSequence.0.CodeValue", "1", "0 of CONTAINER Image Library"],
    ["a code without meaning", "ContentSequence.7.ConceptCodeSequence.0.CodeMeaning", "", "CodeMeaning: missing"],
    ["a code without value", "ContentSequence.7.ConceptCodeSequence.0.CodeValue", undefined, "0 values, expected one"],
    ["no tracking identifier", `${GROUP}.ContentSequence.0.TextValue`, "", "no TextValue"],
    ["two findings in a group", `${GROUP}.ContentSequence.12`, SECOND_FINDING, "2 of CODE Finding"],
    [
      "a number without unit",
      `${GROUP}.ContentSequence.8.MeasuredValueSequence.0.MeasurementUnitsCodeSequence`,
      [],
      "no unit",
    ],
    ["a number that is none", `${GROUP}.ContentSequence.8.MeasuredValueSequence.0.NumericValue`, "many", "VR DS"],
    ["a region outside of its image", `${REGION}.GraphicData`, [1, 1, 41, 1, 41, 9, 1, 1], "outside of its image"],
    ["a region below its image", `${REGION}.GraphicData`, [1, 1, 9, 1, 9, 31, 1, 1], "outside of its image"],
    ["an open region", `${REGION}.GraphicData`, [1, 1, 9, 1, 9, 9, 1, 9], "not closed"],
    ["a region of odd length", `${REGION}.GraphicData`, [1, 1, 9, 1, 9, 9, 1, 9, 1], "no outline"],
    ["a region in no image", `${REGION}.ContentSequence`, [], "expected at least 1"],
    [
      "a region in an image that nobody looked at",
      `${REGION}.ContentSequence.0.ReferencedSOPSequence.0.ReferencedSOPInstanceUID`,
      "1.9",
      "not in the library",
    ],
    [
      "evidence that lacks an image",
      "CurrentRequestedProcedureEvidenceSequence.0.ReferencedSeriesSequence.0.ReferencedSOPSequence.0.ReferencedSOPInstanceUID",
      "1.9",
      "evidence: lacks 1.2.3.4.1",
    ],
    ["a container without continuity", "ContentSequence.8.ContinuityOfContent", undefined, "no ContinuityOfContent"],
  ])("finds in a report %s", (_, path, value, fault) => {
    expect(checkObject(broken(report(), path, value)).join("\n")).toContain(fault);
  });

  const TABLES = [{ LUTDescriptor: [3, 0, 8], LUTData: [new ArrayBuffer(6)] }];
  const GRAPHIC = "GraphicAnnotationSequence.0.GraphicObjectSequence.0";
  test.each<[what: string, path: string, value: unknown, fault: string]>([
    ["no layer", "GraphicLayerSequence", [], "type 1"],
    ["an annotation on another layer", "GraphicAnnotationSequence.0.GraphicLayer", "OTHER", "on no layer"],
    ["a box outside of the image", `${GRAPHIC}.GraphicData`, [1, 1, 50, 1, 50, 9, 9, 9, 1, 1], "outside of its image"],
    ["a wrong count of points", `${GRAPHIC}.NumberOfGraphicPoints`, 4, "not as many points"],
    [
      "an image without displayed area",
      "DisplayedAreaSelectionSequence.0.ReferencedImageSequence.0.ReferencedSOPInstanceUID",
      "1.9",
      "displayed area: none for",
    ],
    ["a table longer than it says", "SoftcopyVOILUTSequence.0.VOILUTSequence", TABLES, "LUTData: 6 bytes, expected 3"],
    ["more points than find room", `${GRAPHIC}.GraphicData`, new Array(16384).fill(1), "65536 bytes, at most 65534"],
    [
      "a window for another image",
      "SoftcopyVOILUTSequence.0.ReferencedImageSequence.0.ReferencedSOPInstanceUID",
      "1.9",
      "referenced series: lack 1.9",
    ],
    ["no shape of the presentation LUT", "PresentationLUTShape", undefined, "type 1"],
  ])("finds in a presentation state %s", (_, path, value, fault) => {
    expect(checkObject(broken(state(), path, value)).join("\n")).toContain(fault);
  });

  test.each<[what: string, path: string, value: unknown, fault: string]>([
    ["a frame too many", "NumberOfFrames", 2, "1 described, 2 said"],
    ["a mask that is lost", "PixelData", [new ArrayBuffer(150)], "1 has no pixel of its segment"],
    ["pixels that are cut short", "PixelData", [new ArrayBuffer(10)], "10 bytes, expected 150"],
    [
      "a segment that is not there",
      "PerFrameFunctionalGroupsSequence.0.SegmentIdentificationSequence.0.ReferencedSegmentNumber",
      2,
      "no segment 2",
    ],
    ["a segment of number 0", "SegmentSequence.0.SegmentNumber", 0, "not numbered from 1"],
    ["no kind of algorithm", "SegmentSequence.0.SegmentAlgorithmType", undefined, "SegmentAlgorithmType: missing"],
    ["8 bits a pixel", "BitsAllocated", 8, "expected 1"],
  ])("finds in a segmentation %s", (_, path, value, fault) => {
    expect(checkObject(broken(mask(), path, value)).join("\n")).toContain(fault);
  });

  test.each<[what: string, path: string, value: unknown, fault: string]>([
    ["pixels of another size", "Rows", 2, "10 bytes, expected 18"],
    ["that it denies what is drawn into it", "BurnedInAnnotation", "NO", "expected YES"],
    ["no source", "SourceImageSequence", undefined, "type 1"],
    ["a class of another kind", "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2", "no class that results"],
  ])("finds in a capture %s", (_, path, value, fault) => {
    expect(checkObject(broken(capture(), path, value)).join("\n")).toContain(fault);
  });

  test("finds a file that is cut short or changed at any place, and never throws", () => {
    const file = writeObject(report(), { classUid: "1.2.3", version: "TEST" });
    expect(checkObject(file)).toEqual([]);
    // The last item ends with the file: without its last bytes something is missing.
    for (let length = 0; length < file.length - 2; length += 97) {
      expect(checkObject(file.subarray(0, length))).not.toEqual([]);
    }
    for (let at = 0; at < file.length; at += 13) {
      const changed = file.slice();
      changed[at] ^= 0xff;
      expect(Array.isArray(checkObject(changed))).toBe(true);
    }
  });

  test("tells no value, which might be the patient's", () => {
    const faults = checkObject(broken(report(), "PatientBirthDate", "Geheim^Name"));
    expect(faults).toHaveLength(1);
    expect(faults.join()).not.toContain("Geheim");
  });
});
