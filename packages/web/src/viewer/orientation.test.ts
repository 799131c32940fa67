import { describe, expect, test } from "vitest";
import { madeImage } from "../../test/made-image";
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

  test("makes none up", () => {
    expect(edgeLabels(madeImage())).toBeUndefined();
    expect(edgeLabels(madeImage({ patient_orientation: ["", ""] }))).toBeUndefined();
  });
});
