import { describe, expect, test } from "vitest";
import { details } from "../../test/made-studies";
import { imagesOf } from "./image-reference";

const [series] = details[0].series;
const instance = (sop_uid: string, instance_number: number | null, frames = 1, rows = 96) => ({
  ...{ sop_uid, instance_number, frames, rows, columns: 128, size_unknown: false, failure: null },
});
const stackOf = (...instances: (typeof series)["instances"]) => imagesOf({ ...series, instances });

describe("imagesOf", () => {
  test("goes by the instance number, frame by frame, what has no number last", () => {
    const stack = stackOf(instance("c", null), instance("b", 2, 3), instance("a", 1));
    const all = Array.from({ length: stack.length }, (_, index) => stack.at(index));
    expect(all.map((one) => `${one?.sopUid}${one?.frame}`)).toEqual(["a0", "b0", "b1", "b2", "c0"]);
    expect(all.map((one) => stack.indexOf(one))).toEqual([0, 1, 2, 3, 4]);
  });

  test("has nothing before the first, after the last and of other files", () => {
    const stack = stackOf(instance("a", 1, 2));
    expect([stack.at(-1), stack.at(2), stack.at(0.5)]).toEqual([undefined, undefined, undefined]);
    expect([{ sopUid: "a", frame: 2 }, { sopUid: "b", frame: 0 }, undefined].map((one) => stack.indexOf(one))).toEqual([
      -1, -1, -1,
    ]);
  });

  test("leaves out what has no rows and columns: a dose report is one frame of nothing", () => {
    expect(stackOf(instance("report", 1, 1, 0)).length).toBe(0);
  });

  test("has an image whose size could not be told", () => {
    const unknown = { ...instance("broken", 1, 1, 0), columns: 0, size_unknown: true };
    const stack = stackOf(unknown, instance("a", 2));
    expect([stack.length, stack.at(0)]).toEqual([2, { sopUid: "broken", frame: 0 }]);
  });

  test("takes any number of frames that a file claims, without listing them", () => {
    const stack = stackOf(instance("mad", 1, 2 ** 31 - 1), instance("next", 2));
    expect(stack.length).toBe(2 ** 31);
    expect(stack.at(2 ** 31 - 1)).toEqual({ sopUid: "next", frame: 0 });
  });
});
