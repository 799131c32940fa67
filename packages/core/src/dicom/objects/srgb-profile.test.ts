import { expect, test } from "vitest";
import { SRGB_PROFILE } from "./srgb-profile";

const view = new DataView(SRGB_PROFILE.buffer);
const text = (at: number, length: number) => String.fromCharCode(...SRGB_PROFILE.subarray(at, at + length));

test("the profile says its size, its class and its spaces where ICC.1:2001-04 6.1 has them", () => {
  expect(view.getUint32(0)).toBe(SRGB_PROFILE.length);
  expect([text(12, 4), text(16, 4), text(20, 4), text(36, 4)]).toEqual(["scnr", "RGB ", "XYZ ", "acsp"]);
  expect(SRGB_PROFILE.length % 2).toBe(0);
});

test("every tag lies within the profile, on a boundary of four", () => {
  const tags = Array.from({ length: view.getUint32(128) }, (_, i) => 132 + 12 * i);
  expect(tags.map((at) => text(at, 4)).sort()).toEqual(
    ["bTRC", "bXYZ", "cprt", "desc", "gTRC", "gXYZ", "rTRC", "rXYZ", "wtpt"].sort(),
  );
  for (const at of tags) {
    expect(view.getUint32(at + 4) % 4).toBe(0);
    expect(view.getUint32(at + 4) + view.getUint32(at + 8)).toBeLessThanOrEqual(SRGB_PROFILE.length);
  }
});

test("the curve is that of IEC 61966-2-1", () => {
  const at = 132 + 12 * Array.from({ length: 9 }, (_, i) => text(132 + 12 * i, 4)).indexOf("gTRC");
  const curve = view.getUint32(at + 4) + 12;
  const value = (i: number) => view.getUint16(curve + 2 * i) / 65535;
  // Half of the way is 21.4 % of the light.
  expect(value(0)).toBe(0);
  expect(value(512)).toBeCloseTo(0.2144, 3);
  expect(value(1023)).toBe(1);
});
