import { expect, test } from "vitest";
import { isStorable, isStorage, preferredSyntax } from "./service-class";

const [IMPLICIT, EXPLICIT, BIG] = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"];
const [JPEG, LOSSLESS, J2K] = ["50", "70", "91"].map((suffix) => `1.2.840.10008.1.2.4.${suffix}`);

test("takes the first of what is offered that loses nothing", () => {
  expect(preferredSyntax([IMPLICIT, EXPLICIT])).toBe(IMPLICIT);
  expect(preferredSyntax([LOSSLESS, EXPLICIT])).toBe(LOSSLESS);
  expect(preferredSyntax([JPEG, IMPLICIT])).toBe(IMPLICIT);
  expect(preferredSyntax([JPEG, J2K])).toBe(JPEG);
  expect(preferredSyntax([BIG, IMPLICIT])).toBe(IMPLICIT);
  expect(preferredSyntax([BIG])).toBe(BIG);
});

test("takes nothing whose pixels lie elsewhere, or that nobody else can read", () => {
  // JPIP Referenced; a vendor's own.
  expect(preferredSyntax(["1.2.840.10008.1.2.4.94"])).toBeUndefined();
  expect(preferredSyntax(["1.2.840.113619.5.2"])).toBeUndefined();
  expect(preferredSyntax([])).toBeUndefined();
  expect(isStorable("1.2.840.10008.1.2.4.102")).toBe(true);
});

test("stores what PS3.4 B.5 lists, and what vendors add", () => {
  // CT, Comprehensive 3D SR, Hanging Protocol, Siemens CSA.
  for (const uid of ["5.1.4.1.1.2", "5.1.4.1.1.88.34", "5.1.4.38.1"])
    expect(isStorage(`1.2.840.10008.${uid}`)).toBe(true);
  expect(isStorage("1.3.12.2.1107.5.9.1")).toBe(true);
  // Verification, Study Root C-FIND, Storage Commitment.
  for (const uid of ["1.1", "5.1.4.1.2.2.1", "1.20.1"]) expect(isStorage(`1.2.840.10008.${uid}`)).toBe(false);
  expect(isStorage("")).toBe(false);
});
