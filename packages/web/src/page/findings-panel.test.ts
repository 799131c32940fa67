import { describe, expect, test } from "vitest";
import { details } from "../../test/made-studies";
import { emptyMessage, isWhole } from "./findings-panel";
import { orderOf } from "./reading-state";

const [images, report] = details[0].series;
const whole = (...series: (typeof images)[]) => isWhole(orderOf({ series, findings: [] }));

describe("a study is wholly analysed", () => {
  test("if every series of images is, and every image of it", () => {
    expect(whole(images)).toBe(true);
    expect(whole(images, { ...images, state: "failed", reason: "timed out" })).toBe(false);
    expect(whole(images, { ...images, state: "not_attempted", reason: "no model" })).toBe(false);
    expect(whole({ ...images, reason: "2 of 12 images failed" })).toBe(false);
  });

  test("whatever else is in it that holds no image, unless that failed", () => {
    expect(whole(images, report)).toBe(true);
    expect(whole(images, { ...report, state: "failed", reason: "Rows: missing" })).toBe(false);
  });

  test("not if an image was not attempted whose size could not be told", () => {
    const instances = report.instances.map((one) => ({ ...one, size_unknown: true }));
    expect(whole(images, { ...report, instances })).toBe(false);
  });
});

describe("where nothing is listed", () => {
  const said = (studyState: Parameters<typeof emptyMessage>[0]["studyState"], isWhole = true) =>
    emptyMessage({ all: [], studyState, isWhole });

  test("only what was analysed, and all of it, is without a finding", () => {
    expect(said("analysed")).toBe("findings.none");
    expect(said("analysed", false)).toBe("findings.noneInPart");
    expect([said("receiving"), said("queued")]).toEqual(["findings.noneYet", "findings.noneYet"]);
    expect([said("failed"), said("not_attempted")]).toEqual(["findings.notAnalysed", "findings.notAnalysed"]);
  });

  test("findings that the threshold hides are told of", () => {
    const { findings: all } = orderOf(details[0]);
    expect(emptyMessage({ all, studyState: "analysed", isWhole: true })).toBe("findings.noneShown");
  });
});
