import { describe, expect, test } from "vitest";
import { type RoutedSeries, route } from "./routing";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const series = (given: Partial<RoutedSeries> = {}): RoutedSeries => ({
  ...{ modality: "CT", bodyPart: "CHEST", station: "CT-1", callingAe: "MODALITY", description: "Thorax 1.0 LUNG" },
  ...{ sopClassUids: [CT], hasPixels: true },
  ...given,
});

describe("route", () => {
  test("leaves a series that no rule names to the default model of its modality", () => {
    expect(route(series(), [])).toEqual({ model: undefined });
    expect(route(series(), [{ when: { modality: "MR" }, model: "brain" }])).toEqual({ model: undefined });
  });

  test("follows the first rule whose conditions all hold", () => {
    const rules = [
      { when: { modality: "CT", bodyPart: "HEAD" }, model: "head" },
      { when: { modality: "ct", bodyPart: "chest" }, model: "lung", sendTo: ["archive"] },
      { when: { modality: "CT" }, model: "any" },
    ];
    expect(route(series(), rules)).toEqual({ model: "lung", sendTo: ["archive"] });
    expect(route(series({ bodyPart: undefined }), rules)).toEqual({ model: "any" });
  });

  test.each([
    ["*lung*", true],
    ["thorax*", true],
    ["*LUNG", true],
    ["thorax*1.0*lung", true],
    ["*", true],
    ["lung", false],
    ["thorax*2.0*", false],
    // "Thorax 1.0 LUNG" has one "lung" only: the two parts may not share it.
    ["*lung*lung", false],
    ["thorax 1.0 lungs*", false],
    // A dot is a dot, no sign for any letter.
    ["thorax 1x0 lung", false],
  ])("compares a description with %s: %s", (description, hit) => {
    expect(route(series(), [{ when: { description }, model: "lung" }])).toEqual({ model: hit ? "lung" : undefined });
  });

  test("attempts nothing where a rule says so", () => {
    expect(route(series(), [{ when: { station: "CT-*" }, model: null }])).toEqual({
      notAttempted: "routing rule 1 says so",
    });
  });

  // PS3.6 table A-1.
  test.each([
    ["1.2.840.10008.5.1.4.1.1.88.34", "structured reports or key object selections"],
    ["1.2.840.10008.5.1.4.1.1.88.59", "structured reports or key object selections"],
    ["1.2.840.10008.5.1.4.1.1.11.1", "presentation states"],
    ["1.2.840.10008.5.1.4.1.1.66.4", "segmentations"],
    ["1.2.840.10008.5.1.4.1.1.66", "raw data, fiducials or the like"],
    ["1.2.840.10008.5.1.4.1.1.30", "parametric maps"],
    ["1.2.840.10008.5.1.4.1.1.104.1", "encapsulated documents"],
    ["1.2.840.10008.5.1.4.1.1.481.2", "radiotherapy doses"],
    ["1.2.840.10008.5.1.4.1.1.481.3", "radiotherapy structures"],
    ["1.2.840.10008.5.1.4.1.1.9.1.1", "waveforms"],
  ])("never attempts %s, whatever the rules say: %s", (uid, what) => {
    const rules = [{ when: {}, model: "any" }];
    expect(route(series({ sopClassUids: [uid] }), rules)).toEqual({
      notAttempted: `not images to look at, but ${what}`,
    });
  });

  // PS3.6 table A-1; .3 and .30 stand next to classes above.
  test.each([
    ["CT", CT],
    ["Digital X-Ray for presentation", "1.2.840.10008.5.1.4.1.1.1.1"],
    ["Ultrasound multi-frame", "1.2.840.10008.5.1.4.1.1.3.1"],
    ["MR", "1.2.840.10008.5.1.4.1.1.4"],
    ["VL whole slide microscopy", "1.2.840.10008.5.1.4.1.1.77.1.6"],
    ["PET", "1.2.840.10008.5.1.4.1.1.128"],
    ["RT image", "1.2.840.10008.5.1.4.1.1.481.1"],
  ])("attempts %s", (_, uid) => {
    expect(route(series({ sopClassUids: [uid] }), [])).toEqual({ model: undefined });
  });

  test("attempts secondary captures only by a rule", () => {
    const capture = series({ sopClassUids: ["1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.4"] });
    expect(route(capture, [])).toHaveProperty("notAttempted");
    expect(route(capture, [{ when: { modality: "CT" }, model: "film" }])).toEqual({ model: "film" });
  });

  test("attempts an image that has a report beside it in its series, and nothing without pixels", () => {
    const mixed = ["1.2.840.10008.5.1.4.1.1.88.34", CT];
    expect(route(series({ sopClassUids: mixed }), [])).toEqual({ model: undefined });
    expect(route(series({ hasPixels: false }), [])).toEqual({ notAttempted: "its objects have no pixels" });
  });
});
