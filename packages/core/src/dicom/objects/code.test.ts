import { describe, expect, test } from "vitest";
import { codeSequence, longString, privateCode } from "./code";
import { decimal } from "./result-source";

describe("privateCode", () => {
  test("is the class's name in a private scheme, with the name that readers see", () => {
    expect(privateCode("nodule", "结节")).toEqual({ value: "nodule", scheme: "99FOVEA", meaning: "结节" });
  });

  test("holds what SH allows: 16 characters of ASCII without a backslash", () => {
    expect(privateCode("ground\\glass", "x").value).toMatch(/^ground_g#[0-9a-z]{7}$/);
    expect(privateCode("", "").value).toMatch(/^#[0-9a-z]{7}$/);
    expect(privateCode("exactly sixteen!", "x").value).toBe("exactly sixteen!");
  });

  test("tells classes apart whose names do not fit", () => {
    const names = ["肿块", "结节", "ground glass opacity A", "ground glass opacity B"];
    const values = names.map((name) => privateCode(name, name).value);
    expect(new Set(values).size).toBe(names.length);
    for (const value of values) expect(value.length).toBeLessThanOrEqual(16);
  });
});

test("codeSequence puts a value of more than 16 characters where PS3.3 8.1 wants it", () => {
  expect(codeSequence({ value: "x".repeat(17), scheme: "A", meaning: "m" })[0]).toHaveProperty("LongCodeValue");
  expect(codeSequence({ value: "x".repeat(16), scheme: "A", meaning: "m" })[0]).toHaveProperty("CodeValue");
});

test("longString cuts between characters, never within one", () => {
  expect(longString("𠮷".repeat(70))).toBe("𠮷".repeat(64));
  expect(longString("a\\b\nc")).toBe("a b c");
});

test.each([
  [0.1 + 0.2, "0.3"],
  [-1024, "-1024"],
  [1 / 3, "0.33333333333333"],
  [-1.23456789e-20, "-1.23456789e-20"],
  [-1.23456789012345e-20, "-1.234567890e-20"],
])("decimal writes %d in 16 characters", (value, text) => {
  expect(decimal(value).length).toBeLessThanOrEqual(16);
  expect(Number(decimal(value))).toBeCloseTo(Number(text), 12);
});
