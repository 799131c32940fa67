import { describe, expect, test } from "vitest";
import { ctFindings, details } from "../../test/made-studies";
import { placedFindings } from "../findings/finding-order";
import { atFinding, atImage, atNeighbour, atSeries, firstPlace, START, withThreshold } from "./reading-state";

const [detail] = details;
const findings = placedFindings(detail.series, ctFindings);

describe("reading", () => {
  test("begins at the first finding, with nothing selected and nothing hidden", () => {
    expect(firstPlace(detail, findings)).toEqual({ series: 0, image: 4 });
    expect(START).toMatchObject({ selected: undefined, threshold: 0 });
  });

  test("begins at the first series that has images where there is no finding", () => {
    expect(firstPlace({ series: [detail.series[1], detail.series[0]] }, [])).toEqual({ series: 1, image: 0 });
  });

  test("goes to the image of a finding", () => {
    expect(atFinding(START, findings, "ct-2")).toMatchObject({ place: { series: 0, image: 8 }, selected: "ct-2" });
    expect(atFinding(START, findings, "none")).toBe(START);
  });

  test("passes findings below the threshold by", () => {
    const sure = withThreshold(START, findings, 0.5);
    expect(atNeighbour(atFinding(sure, findings, "ct-1"), findings, 1).selected).toBe("ct-1");
  });

  test("lets go of a finding that the threshold hides", () => {
    const at = atFinding(START, findings, "ct-2");
    expect(withThreshold(at, findings, 0.31).selected).toBe("ct-2");
    expect(withThreshold(at, findings, 0.32).selected).toBeUndefined();
    expect(withThreshold(at, findings, 1.4).threshold).toBe(1);
  });

  test("stays within the series", () => {
    expect(atImage(START, -3, 12)).toBe(START);
    expect(atImage(START, 99, 12).place.image).toBe(11);
  });

  test("goes to a series that is there, at its first finding", () => {
    const other = atSeries(START, detail, findings, 1);
    expect(other.place).toEqual({ series: 1, image: 0 });
    expect(atSeries(other, detail, findings, 0).place).toEqual({ series: 0, image: 4 });
    expect(atSeries(other, detail, findings, 2)).toBe(other);
  });
});
