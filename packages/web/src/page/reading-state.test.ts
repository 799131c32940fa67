import { describe, expect, test } from "vitest";
import { details } from "../../test/made-studies";
import {
  atFinding,
  atImage,
  atNeighbour,
  atSeries,
  orderOf,
  placeIn,
  type Reading,
  START,
  settled,
  withThreshold,
} from "./reading-state";

const [ct, radiograph] = details;
const order = orderOf(ct);
const start = settled(START, order);
/** Series and image, counted from 0. */
const placeOf = (reading: Reading, given = order) => placeIn(given, reading.place);

describe("reading", () => {
  test("begins at the first finding, with nothing selected and nothing hidden", () => {
    expect(placeOf(start)).toEqual({ series: 0, image: 4 });
    expect(start).toMatchObject({ selected: undefined, threshold: 0 });
  });

  test("begins at the first series that has images where there is no finding", () => {
    const reportFirst = orderOf({ series: [ct.series[1], ct.series[0]], findings: [] });
    expect(placeOf(settled(START, reportFirst), reportFirst)).toEqual({ series: 1, image: 0 });
  });

  test("goes to the image of a finding", () => {
    const at = atFinding(start, order, "ct-2");
    expect([placeOf(at), at.selected]).toEqual([{ series: 0, image: 8 }, "ct-2"]);
    expect(atFinding(start, order, "none")).toBe(start);
  });

  test("passes findings below the threshold by", () => {
    const sure = withThreshold(start, order, 0.5);
    expect(atNeighbour(atFinding(sure, order, "ct-1"), order, 1).selected).toBe("ct-1");
  });

  test("lets go of a finding that the threshold hides", () => {
    const at = atFinding(start, order, "ct-2");
    expect(withThreshold(at, order, 0.31).selected).toBe("ct-2");
    expect(withThreshold(at, order, 0.32).selected).toBeUndefined();
    expect(withThreshold(at, order, 1.4).threshold).toBe(1);
  });

  test("stays within the series", () => {
    expect(placeOf(atImage(start, order, -3))).toEqual({ series: 0, image: 0 });
    expect(placeOf(atImage(start, order, 99))).toEqual({ series: 0, image: 11 });
    expect(atImage(start, order, 4)).toBe(start);
  });

  test("goes to a series that is there, at its first finding", () => {
    const other = atSeries(start, order, 1);
    expect(placeOf(other)).toEqual({ series: 1, image: 0 });
    expect(placeOf(atSeries(other, order, 0))).toEqual({ series: 0, image: 4 });
    expect(atSeries(other, order, 2)).toBe(other);
  });

  test("stays at its image when another series and other images come before it", () => {
    const at = atFinding(start, order, "ct-1");
    const [series] = ct.series;
    const scout = { ...series.instances[0], sop_uid: "scout", instance_number: 0 };
    const later = orderOf({
      findings: ct.findings,
      series: [...radiograph.series, { ...series, instances: [...series.instances, scout] }],
    });
    expect(settled(at, later)).toBe(at);
    expect(placeOf(at, later)).toEqual({ series: 2, image: 5 });
    expect(later.stacks[2].at(5)).toEqual({ sopUid: "1.2.3.2.1.5", frame: 0 });
  });

  test("holds to the first image that comes", () => {
    const none = orderOf({ series: [], findings: [] });
    expect(settled(START, none)).toBe(START);
    const empty = orderOf({ series: [{ ...ct.series[0], instances: [] }], findings: [] });
    const waiting = settled(START, empty);
    const filled = settled(waiting, orderOf({ series: ct.series, findings: [] }));
    expect(filled.place).toEqual({ seriesUid: "1.2.3.2.1", image: { sopUid: "1.2.3.2.1.1", frame: 0 } });
  });

  test("begins anew where its image is no longer there", () => {
    const gone = { ...start, place: { seriesUid: "gone", image: { sopUid: "gone", frame: 0 } } };
    expect(placeOf(settled(gone, order))).toEqual({ series: 0, image: 4 });
  });
});
