import { describe, expect, test } from "vitest";
import { editDistance, nearestName } from "./nearest-name";

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["", "abc", 3],
    ["epochs", "epochs", 0],
    // Replace k by s, replace e by i, append g.
    ["kitten", "sitting", 3],
    // One swap of neighbours; without swaps it would be two replacements.
    ["bacth", "batch", 1],
    // Two swaps.
    ["abcd", "badc", 2],
    ["lr", "lr0", 1],
  ])("from %j to %j is %d", (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });
});

describe("nearestName", () => {
  test.each([
    ["epoch", "epochs"],
    ["patiense", "patience"],
    ["EPOCHS", "epochs"],
    // Delete _, i and e: 3 of 8 letters.
    ["img_size", "imgsz"],
  ])("finds for %s the argument %s", (name, meant) => {
    expect(nearestName(name, ["imgsz", "epochs", "patience", "batch"])).toBe(meant);
  });

  test("takes the first of equally near names", () => {
    // One replacement from either.
    expect(nearestName("C4", ["C2", "C3"])).toBe("C2");
  });

  test("guesses up to two fifths of the letters and no further", () => {
    expect(nearestName("abcxy", ["abcde"])).toBe("abcde");
    expect(nearestName("abxyz", ["abcde"])).toBeUndefined();
    expect(nearestName("x".repeat(100_000), ["abcde"])).toBeUndefined();
  });

  test("guesses what begins alike where nothing is near", () => {
    expect(nearestName("batch_size", ["imgsz", "batch"])).toBe("batch");
    expect(nearestName("pat", ["epochs", "patience"])).toBe("patience");
    expect(nearestName("pa", ["epochs", "patience"])).toBeUndefined();
  });

  test("guesses nothing from nothing", () => {
    expect(nearestName("epochs", [])).toBeUndefined();
    expect(nearestName("", ["epochs"])).toBeUndefined();
  });
});
