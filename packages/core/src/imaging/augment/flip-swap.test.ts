import { describe, expect, test } from "vitest";
import { flipSwap } from "./flip-swap";

const NAMES = ["left_lung", "right_lung", "heart", "left_rib", "right_rib"];

describe("flipSwap", () => {
  test("swaps both ways and leaves the others", () => {
    const expected = [1, 0, 2, 4, 3];
    expect(flipSwap({ left_lung: "right_lung", right_rib: "left_rib" }, NAMES)).toEqual(expected);
    expect(flipSwap({ left_lung: "right_lung", right_lung: "left_lung", left_rib: "right_rib" }, NAMES)).toEqual(
      expected,
    );
    expect(flipSwap(expected, NAMES)).toEqual(expected);
    expect(flipSwap(undefined, NAMES)).toEqual([]);
  });

  test.each([
    [{ left_lung: "right_lungs" }, NAMES, "flip_swap: no class right_lungs, did you mean right_lung?"],
    [{ zzz: "heart" }, NAMES, "no class zzz; the data set has left_lung, right_lung"],
    [{ a: "b" }, [], "no class names are known here"],
    [{ left_lung: "right_lung", left_rib: "right_lung" }, NAMES, "right_lung has two partners"],
    ["left", NAMES, 'got "left", wanted pairs'],
    [[1, 2, 0], NAMES, "got [1,2,0], wanted pairs of class names"],
  ])("refuses %j", (given, names, message) => {
    expect(() => flipSwap(given, names)).toThrow(message);
  });
});
