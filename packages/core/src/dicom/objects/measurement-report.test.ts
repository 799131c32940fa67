import { describe, expect, test } from "vitest";
import { noduleFinding, resultContext, sourceImage } from "../../../test/result-context";
import { itemsOf, referencedUids, textOf } from "./attribute-access";
import { checkObject } from "./check-object";
import type { Attributes } from "./code";
import { measurementReport } from "./measurement-report";

/** `CONTAINS CODE 121071 = 27925004`, one line for each item, children further in. */
function outline(item: Attributes, depth = 0): string[] {
  return itemsOf(item, "ContentSequence").flatMap((child) => {
    const [name] = itemsOf(child, "ConceptNameCodeSequence");
    const [value] = itemsOf(child, "ConceptCodeSequence");
    const line = [
      textOf(child, "RelationshipType"),
      textOf(child, "ValueType"),
      name?.CodeValue,
      value && `= ${value.CodeValue}`,
    ];
    return [
      `${"  ".repeat(depth)}${line.filter((part) => part !== undefined).join(" ")}`,
      ...outline(child, depth + 1),
    ];
  });
}

/** All items below, in their order. */
const below = (item: Attributes): Attributes[] =>
  itemsOf(item, "ContentSequence").flatMap((child) => [child, ...below(child)]);
const regions = (report: Attributes) => below(report).filter(({ ValueType }) => ValueType === "SCOORD");

describe("measurementReport", () => {
  test("has the tree of TID 1500, 1600 and 1410 with its relationships and value types", () => {
    // PS3.16 annex A; codes are those of PS3.16 annex D.
    expect(outline(measurementReport(resultContext()))).toEqual([
      "HAS CONCEPT MOD CODE 121049 = zh-CN",
      "HAS OBS CONTEXT CODE 121005 = 121007",
      "HAS OBS CONTEXT UIDREF 121012",
      "HAS OBS CONTEXT TEXT 121013",
      "HAS OBS CONTEXT TEXT 121014",
      "HAS OBS CONTEXT TEXT 121015",
      "HAS OBS CONTEXT TEXT 121016",
      "HAS CONCEPT MOD CODE 121058 = 77477000",
      "CONTAINS CONTAINER 111028",
      "  CONTAINS CONTAINER 126200",
      "    HAS ACQ CONTEXT CODE 121139 = CT",
      ...["CONTAINS IMAGE", "CONTAINS IMAGE"].flatMap((image) => [
        `    ${image}`,
        "      HAS ACQ CONTEXT NUM 110910",
        "      HAS ACQ CONTEXT NUM 110911",
        "      HAS ACQ CONTEXT UIDREF 112227",
      ]),
      "CONTAINS CONTAINER 126010",
      "  CONTAINS CONTAINER 125007",
      "    HAS OBS CONTEXT TEXT 112039",
      "    HAS OBS CONTEXT UIDREF 112040",
      "    CONTAINS CODE 121071 = nodule",
      "    HAS CONCEPT MOD TEXT 111001",
      "    HAS CONCEPT MOD TEXT 111003",
      "    HAS CONCEPT MOD TEXT 111002",
      "    CONTAINS SCOORD 111030",
      "      SELECTED FROM IMAGE",
      "    CONTAINS NUM 111012",
      "    CONTAINS NUM 103355008",
      "    CONTAINS NUM 121207",
      "    CONTAINS TEXT RuleCategory",
      "    CONTAINS TEXT 121075",
      "CONTAINS CONTAINER C0034375",
      "  CONTAINS CODE 111017 = 111242",
      "  CONTAINS TEXT 121077",
    ]);
  });

  test("keeps the coordinates of a box, whose origin PS3.3 C.18.6 shares: the corner of the first pixel", () => {
    const [region] = regions(measurementReport(resultContext()));
    expect(region.GraphicType).toBe("POLYLINE");
    expect(region.GraphicData).toEqual([2.5, 4, 12.25, 4, 12.25, 20, 2.5, 20, 2.5, 4]);
  });

  test("draws the mask's outline where there is one, closed once", () => {
    const open = noduleFinding({ polygon: [3, 4, 12, 4, 7, 20] });
    const closed = noduleFinding({ polygon: [3, 4, 12, 4, 7, 20, 3, 4] });
    const report = measurementReport(resultContext({ images: [{ source: sourceImage(), findings: [open, closed] }] }));
    for (const { GraphicData } of regions(report)) expect(GraphicData).toEqual([3, 4, 12, 4, 7, 20, 3, 4]);
  });

  test("says confidence in percent and size in millimetres", () => {
    const values = below(measurementReport(resultContext()))
      .filter(({ ValueType }) => ValueType === "NUM")
      .flatMap((item) => itemsOf(item, "MeasuredValueSequence"))
      .map((item) => [item.NumericValue, itemsOf(item, "MeasurementUnitsCodeSequence")[0].CodeValue]);
    expect(values.slice(-3)).toEqual([
      ["87.5", "%"],
      ["4.875", "mm"],
      ["8", "mm"],
    ]);
  });

  test("makes up no millimetres, and warns of those that were measured at the detector", () => {
    const bare = resultContext({
      images: [{ source: sourceImage(), findings: [noduleFinding({ sizeMm: undefined })] }],
    });
    const text = JSON.stringify(measurementReport(bare));
    expect(text).not.toContain("103355008");
    const details = new Map([[0, { spacing: { row: 0.5, column: 0.5, source: "ImagerPixelSpacing" as const } }]]);
    const images = [{ source: sourceImage({ frameDetails: details }), findings: [noduleFinding()] }];
    expect(JSON.stringify(measurementReport(resultContext({ images })))).toContain("未校正放大率");
    expect(JSON.stringify(measurementReport(resultContext({ images, language: "en" })))).toContain("not corrected");
  });

  test("refers to the frame, counted from 1, of an image of several", () => {
    const source = sourceImage({ frames: 5, frameDetails: new Map() });
    const images = [{ source, findings: [noduleFinding({ frame: 3 })] }];
    const [region] = regions(measurementReport(resultContext({ images })));
    const [image] = itemsOf(region, "ContentSequence");
    expect(itemsOf(image, "ReferencedSOPSequence")[0].ReferencedFrameNumber).toBe(4);
  });

  test("without findings is valid and says that all went well without findings", () => {
    const images = [{ source: sourceImage(), findings: [] }];
    const report = measurementReport(resultContext({ images, summary: "未检测到明显病灶" }));
    expect(checkObject(report)).toEqual([]);
    const lines = outline(report);
    expect(lines).toContain("  CONTAINS CODE 111017 = 111241");
    expect(lines.join()).not.toContain("126010");
    expect(report.CompletionFlag).toBe("COMPLETE");
  });

  test.each([
    [1, 0, 0, "111243"],
    [1, 0, 1, "111244"],
    [2, 0, 0, "111245"],
    [1, 1, 0, "111243"],
  ])(
    "with %i failed, %i unreadable images and %i findings is partial and says so by %4$s",
    (failed, unreadable, found, code) => {
      const images = [0, 1].map((i) => ({
        source: sourceImage({ sopUid: `1.2.3.4.${i}` }),
        findings: i === 1 && found > 0 ? [noduleFinding()] : [],
        ...(i < failed && { failed: true }),
      }));
      const report = measurementReport(resultContext({ images, unreadable }));
      expect(checkObject(report)).toEqual([]);
      expect(outline(report)).toContain(`  CONTAINS CODE 111017 = ${code}`);
      expect(report.CompletionFlag).toBe("PARTIAL");
    },
  );

  test("says below which confidence nothing is reported: of each finding, and of the report also where nothing was found", () => {
    const parameters = (report: Attributes) =>
      below(report)
        .filter((item) => itemsOf(item, "ConceptNameCodeSequence").at(0)?.CodeValue === "111002")
        .map(({ RelationshipType, TextValue }) => `${RelationshipType}: ${TextValue}`);
    const images = [
      { source: sourceImage(), findings: [noduleFinding()], threshold: 0.25 },
      { source: sourceImage({ sopUid: "1.2.3.4.2" }), findings: [], threshold: 0.25 },
    ];
    const report = measurementReport(resultContext({ images, language: "en" }));
    expect(checkObject(report)).toEqual([]);
    // PS3.16 TID 4019 in TID 1410, and a text of TID 1500's qualitative evaluations.
    expect(parameters(report)).toEqual([
      "HAS CONCEPT MOD: confidence threshold 0.25",
      "HAS CONCEPT MOD: rules 3@0a1b2c3d4e5f",
      "CONTAINS: Confidence threshold 0.25: what the algorithm is less sure of is not reported",
    ]);
    const [, clear] = images;
    expect(parameters(measurementReport(resultContext({ images: [clear] })))).toEqual([
      "CONTAINS: 置信度阈值0.25：置信度低于此值者不列为病灶",
    ]);
  });

  test("says of which images each threshold is, where they were looked at with several, or it is not known of some", () => {
    const image = (n: number, more: object) => ({
      source: sourceImage({ sopUid: `1.2.3.4.${n}` }),
      findings: [],
      ...more,
    });
    const images = [
      ...[image(1, { threshold: 0.5 }), image(2, { threshold: 0.25 }), image(3, { threshold: 0.5 })],
      ...[image(4, {}), image(5, { failed: true })],
    ];
    const said = (language: "zh" | "en") =>
      below(measurementReport(resultContext({ images, language }))).flatMap(({ TextValue }) =>
        /阈值|threshold/.test(String(TextValue)) ? [TextValue] : [],
      );
    expect(said("en")).toEqual([
      "Confidence threshold 0.25 (1 of 4 images): what the algorithm is less sure of is not reported",
      "Confidence threshold 0.5 (2 of 4 images): what the algorithm is less sure of is not reported",
    ]);
    expect(said("zh")[0]).toBe("置信度阈值0.25（4幅图像中的1幅）：置信度低于此值者不列为病灶");
  });

  test("is another report where the threshold is another, and says nothing of one that is not known", () => {
    const context = resultContext();
    const uidWith = (threshold?: number) =>
      measurementReport({ ...context, images: context.images.map((image) => ({ ...image, threshold })) })
        .SOPInstanceUID;
    expect(new Set([uidWith(0.25), uidWith(0.5), uidWith()]).size).toBe(3);
    expect(uidWith()).toBe(measurementReport(context).SOPInstanceUID);
    expect(JSON.stringify(measurementReport(context))).not.toMatch(/阈值|threshold/);
  });

  test("stays in the study and with the patient of its images, in a series of its own", () => {
    const report = measurementReport(resultContext());
    expect(report).toMatchObject({
      StudyInstanceUID: "1.2.3",
      PatientName: "Wang^XiaoDong=王^小东",
      PatientID: "P1",
      SpecificCharacterSet: "ISO_IR 192",
      VerificationFlag: "UNVERIFIED",
      PreliminaryFlag: "PRELIMINARY",
    });
    expect(report.SeriesInstanceUID).toMatch(/^2\.25\./);
  });

  test("has every image, found in or not, in its evidence", () => {
    const evidence = itemsOf(measurementReport(resultContext()), "CurrentRequestedProcedureEvidenceSequence");
    expect(evidence.flatMap(referencedUids)).toEqual(["1.2.3.4.1", "1.2.3.4.2"]);
  });

  test("names the algorithm as contributing equipment with the UID of its version", () => {
    const [equipment] = itemsOf(measurementReport(resultContext()), "ContributingEquipmentSequence");
    expect(equipment).toMatchObject({ DeviceUID: "2.25.1", ManufacturerModelName: "lung", Manufacturer: "Fovea" });
    expect(itemsOf(equipment, "PurposeOfReferenceCodeSequence")[0].CodeValue).toBe("109102");
  });
});
