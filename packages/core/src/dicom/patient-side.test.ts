import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { readSideAtLeft } from "./patient-side";

const side = (...extra: TestElement[]) =>
  readSideAtLeft(parseDataSet(dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), extra)), "a.dcm"), 0);
const orientation = (value: string): TestElement => [0x00200020, "CS", value];
const cosines = (value: string): TestElement => [0x00200037, "DS", value];

describe("readSideAtLeft", () => {
  // PS3.3 C.7.6.1.1.1: the first value is the direction of the rows, from the image's left to its right.
  test.each([
    ["L\\F", "patient-right"],
    ["R\\F", "patient-left"],
    ["LP\\F", "patient-right"],
    ["A\\F", undefined],
    ["PL\\F", undefined],
    ["LE\\V", undefined],
  ])("reads PatientOrientation %s as %s", (value, wanted) => {
    expect(side(orientation(value))).toBe(wanted);
  });

  // PS3.3 C.7.6.2.1.1: x grows to the patient's left.
  test.each([
    ["1\\0\\0\\0\\1\\0", "patient-right"],
    ["-1\\0\\0\\0\\1\\0", "patient-left"],
    ["0.9\\0.4\\0\\-0.4\\0.9\\0", "patient-right"],
    ["0\\1\\0\\0\\0\\-1", undefined],
    ["0.7071\\0.7071\\0\\0\\0\\1", undefined],
    ["x\\0\\0\\0\\1\\0", undefined],
  ])("reads ImageOrientationPatient %s as %s", (value, wanted) => {
    expect(side(cosines(value))).toBe(wanted);
  });

  test("takes what the file says of the projection before the cosines", () => {
    expect(side(orientation("R\\F"), cosines("1\\0\\0\\0\\1\\0"))).toBe("patient-left");
  });

  test("says nothing where the file says nothing, and nothing of animals on four legs", () => {
    expect(side()).toBeUndefined();
    expect(side([0x00102210, "CS", "QUADRUPED"], orientation("L\\F"))).toBeUndefined();
  });
});
