import { expect, test } from "vitest";
import { isSafePrivate } from "./safe-private";

test("knows the rows of PS3.15 Table E.3.10-1, in any block", () => {
  expect(isSafePrivate("ELSCINT1", 0x00e11050, "DS", 4, "1.52")).toBe(true);
  expect(isSafePrivate("GEMS_PARM_01", 0x00431127, "SH", 8, "0.984:1")).toBe(true);
  expect(isSafePrivate("SIEMENS MR HEADER", 0x0019100e, "UN", 24, "\x01\x02")).toBe(true);
  // Not in the table: another group, a row that no edition at hand has, another creator.
  expect(isSafePrivate("ELSCINT1", 0x01e11050, "DS", 4, "1.52")).toBe(false);
  expect(isSafePrivate("Philips MR Imaging DD 001", 0x200510b0, "FL", 4, "\x01\x02")).toBe(false);
  expect(isSafePrivate("MAKER", 0x00191023, "DS", 4, "1.52")).toBe(false);
});

test("does not trust a value that is not of the table's VR", () => {
  expect(isSafePrivate("GEMS_ACQU_01", 0x00191023, "DS", 12, "Miller^Anna")).toBe(false);
  expect(isSafePrivate("GEMS_ACQU_01", 0x00191023, "LO", 4, "1.52")).toBe(false);
  expect(isSafePrivate("Philips MR Imaging DD 001", 0x2005100d, "UN", 12, "Miller^Anna")).toBe(false);
  expect(isSafePrivate("GEMS_PARM_01", 0x00431127, "UN", 12, "Miller^Anna")).toBe(false);
});
