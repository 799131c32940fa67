import { Command, InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { flag, flagOption, imageSides, realNumber, wholeNumber } from "./option";

describe("wholeNumber", () => {
  test("reads numbers within its bounds", () => {
    expect([wholeNumber(-1, 5)("-1"), wholeNumber(-1, 5)("5"), wholeNumber(0)("007")]).toEqual([-1, 5, 7]);
  });

  test.each(["", " ", "1.5", "1e3", "x", "0x10", "6", "-2", "Infinity"])('refuses "%s"', (text) => {
    expect(() => wholeNumber(-1, 5)(text)).toThrow(InvalidArgumentError);
    expect(() => wholeNumber(-1, 5)(text)).toThrow("Wanted a whole number from -1 to 5.");
  });

  test("names a single bound", () => {
    expect(() => wholeNumber(1)("0")).toThrow("Wanted a whole number of at least 1.");
  });
});

describe("realNumber", () => {
  test("reads numbers within its bounds", () => {
    expect(["0", "1", ".25", "1e-3"].map(realNumber(0, 1))).toEqual([0, 1, 0.25, 0.001]);
  });

  test.each(["", " ", "-0.1", "1.01", "NaN", "half"])('refuses "%s"', (text) => {
    expect(() => realNumber(0, 1)(text)).toThrow("Wanted a number from 0 to 1.");
  });
});

describe("flag", () => {
  test("reads true and false in the words people use", () => {
    expect(["true", "1", "Yes", "ON"].map(flag)).toEqual([true, true, true, true]);
    expect(["False", "0", "no", "off"].map(flag)).toEqual([false, false, false, false]);
  });

  test("refuses anything else", () => {
    expect(() => flag("maybe")).toThrow("Wanted true or false.");
  });
});

describe("imageSides", () => {
  test.each([
    ["640", 640, 640],
    ["480,640", 480, 640],
    ["480x640", 480, 640],
    ["[480, 640]", 480, 640],
  ])("reads %s as height %d and width %d", (text, height, width) => {
    expect(imageSides(text)).toEqual({ height, width });
  });

  test.each(["", "31", "8193", "1,2,3", "640,", "-640", "640.5", "wide"])('refuses "%s"', (text) => {
    expect(() => imageSides(text)).toThrow(InvalidArgumentError);
  });
});

describe("flagOption", () => {
  const half = (...args: string[]) =>
    new Command().addOption(flagOption("half", "halves")).parse(args, { from: "user" }).opts().half;

  test("is true alone, and what is said where something is", () => {
    expect([half(), half("--half"), half("--half", "false"), half("--half=True")]).toEqual([false, true, false, true]);
  });
});
