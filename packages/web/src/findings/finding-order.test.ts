import { describe, expect, test } from "vitest";
import { ctFindings, details } from "../../test/made-studies";
import { aboveThreshold, neighbour, placedFindings } from "./finding-order";

const made = ctFindings[0];
const { series } = details[0];
/** Images 2, 0 and 2 of the first series, in this order. */
const findings = [
  { ...made, id: "late", sop_uid: "1.2.3.2.1.3", confidence: 0.4 },
  { ...made, id: "early", sop_uid: "1.2.3.2.1.1", confidence: 0.2 },
  { ...made, id: "late and sure", sop_uid: "1.2.3.2.1.3", confidence: 0.9 },
  { ...made, id: "of an image that is not here", sop_uid: "9.9" },
];
const placed = placedFindings(series, findings);
const ids = (list: typeof placed) => list.map(({ finding }) => finding.id);

describe("placedFindings", () => {
  test("go by image, then by confidence, and leave out what has no image", () => {
    expect(ids(placed)).toEqual(["early", "late and sure", "late"]);
    expect(placed.map(({ place }) => place.image)).toEqual([0, 2, 2]);
  });

  test("go by the instance number, not by the order of arrival", () => {
    const turned = series.map((one) => ({ ...one, instances: [...one.instances].reverse() }));
    expect(placedFindings(turned, findings).map(({ place }) => place.image)).toEqual([0, 2, 2]);
  });

  test("name the series only where there are several", () => {
    expect(placed[0].seriesName).toBeUndefined();
    const two = [
      series[0],
      {
        ...series[0],
        series_uid: "other",
        description: "Coronal",
        instances: [{ ...series[0].instances[0], sop_uid: "c" }],
      },
    ];
    const both = placedFindings(two, [findings[0], { ...made, id: "c", series_uid: "other", sop_uid: "c" }]);
    expect(both.map(({ seriesName }) => seriesName)).toEqual(["Axial 1.0 mm", "Coronal"]);
  });
});

describe("aboveThreshold", () => {
  test("keeps what is at the threshold", () => {
    expect(ids(aboveThreshold(placed, 0.4))).toEqual(["late and sure", "late"]);
    expect(aboveThreshold(placed, 0.91)).toEqual([]);
  });

  test("keeps what is shown as being at the threshold: 0.246 is 25 %", () => {
    const near = placedFindings(series, [{ ...made, confidence: 0.246 }]);
    expect(aboveThreshold(near, 0.25)).toHaveLength(1);
    expect(aboveThreshold(near, 0.26)).toEqual([]);
  });
});

describe("neighbour", () => {
  const here = { series: 0, image: 1 };
  test("goes around either end", () => {
    expect(neighbour(placed, "late", here, 1)?.finding.id).toBe("early");
    expect(neighbour(placed, "early", here, -1)?.finding.id).toBe("late");
  });

  test("begins from the image that is shown", () => {
    expect(neighbour(placed, undefined, here, 1)?.finding.id).toBe("late and sure");
    expect(neighbour(placed, undefined, here, -1)?.finding.id).toBe("early");
    expect(neighbour(placed, undefined, { series: 0, image: 9 }, 1)?.finding.id).toBe("early");
  });

  test("is nothing where nothing is shown", () => {
    expect(neighbour([], "late", here, 1)).toBeUndefined();
  });
});
