import { describe, expect, test } from "vitest";
import { madeImage } from "../../test/made-image";
import { frameImage } from "./frame-image";
import { edgeLabels } from "./orientation";

describe("edgeLabels", () => {
  test("has an axial slice's right hand at the left, and its back below", () => {
    const image = madeImage({ image_orientation: [1, 0, 0, 0, 1, 0] });
    expect(edgeLabels(image)).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
  });

  test("names an oblique direction by its parts, the stronger first", () => {
    const image = madeImage({ image_orientation: [0, 1, 0, 0.5, 0, -Math.sqrt(0.75)] });
    expect(edgeLabels(image)).toEqual({ left: "A", right: "P", top: "HR", bottom: "FL" });
  });

  test("reads PatientOrientation where there are no cosines", () => {
    expect(edgeLabels(madeImage({ patient_orientation: ["L", "F"] }))).toEqual({
      left: "R",
      right: "L",
      top: "H",
      bottom: "F",
    });
  });

  test("has the sides of the frame, where frames lie differently (a localizer of two planes)", () => {
    const facts = {
      ...{ rescale_slope: 1, rescale_intercept: 0, windows: [], voi_lut_function: "LINEAR" },
      pixel_spacing: null,
    } as const;
    const axial = { ...facts, image_orientation: [1, 0, 0, 0, 1, 0] };
    // Rows to the back, columns to the feet.
    const sagittal = { ...facts, image_orientation: [0, 1, 0, 0, 0, -1] };
    const image = madeImage({ frames: 3, frame_values: [axial, sagittal, { ...facts, image_orientation: null }] });
    expect(edgeLabels(frameImage(image, 0))).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
    expect(edgeLabels(frameImage(image, 1))).toEqual({ left: "A", right: "P", top: "H", bottom: "F" });
    expect(edgeLabels(frameImage(image, 2))).toBeUndefined();
  });

  test("makes none up", () => {
    expect(edgeLabels(madeImage())).toBeUndefined();
    expect(edgeLabels(madeImage({ patient_orientation: ["", ""] }))).toBeUndefined();
  });
});
