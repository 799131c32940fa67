import { describe, expect, test } from "vitest";
import { parseRules } from "./rule-file";
import { ruleWarnings, unknownClasses } from "./rule-warnings";

const rules = (...lines: string[]) =>
  parseRules(["version: 1", "rules:", ...lines.map((line) => `  - ${line}`)].join("\n"), {
    file: "r.yaml",
    sha256: "0",
  });

describe("ruleWarnings", () => {
  test.each([
    ["a rule behind one for everything", ["category: any", "{when: {classes: [a]}, category: b}"]],
    [
      "a range within an earlier one",
      ["{when: {area_px: {max: 9}}, category: a}", "{when: {area_px: {min: 2, max: 9}}, category: b}"],
    ],
    [
      "a class within earlier ones",
      [
        "{when: {classes: [a]}, category: a}",
        "{when: {classes: [b]}, category: b}",
        "{when: {classes: [a, b]}, category: c}",
      ],
    ],
    [
      "a confidence within an earlier one",
      ["{when: {confidence: {above: 0.5}}, category: a}", "{when: {confidence: {above: 0.8}}, category: b}"],
    ],
    [
      "a size in mm behind everything of the class",
      ["{when: {classes: [a]}, category: a}", "{when: {classes: [a], longest_mm: {min: 6}}, category: b}"],
    ],
  ])("tells of %s", (_, lines) => {
    const last = lines.length - 1;
    expect(ruleWarnings(rules(...lines))).toEqual([
      `rules[${last}]: its category is never given, because rules[0] comes first; move it up or take it out`,
    ]);
  });

  test.each([
    [
      "ranges that only touch",
      ["{when: {area_px: {max: 9}}, category: a}", "{when: {area_px: {min: 9}}, category: b}"],
    ],
    [
      "ranges that overlap",
      ["{when: {area_px: {max: 9}}, category: a}", "{when: {area_px: {min: 8, max: 10}}, category: b}"],
    ],
    ["a suggestion behind a category", ["category: any", "{when: {classes: [a]}, suggestion: b}"]],
    ["a rule for everything behind one for a class", ["{when: {classes: [a]}, category: a}", "category: b"]],
    ["findings without millimetres", ["{when: {longest_mm: {min: 0}}, category: a}", "category: b"]],
    ["another class", ["{when: {classes: [a]}, category: a}", "{when: {classes: [a, b]}, category: b}"]],
  ])("says nothing of %s", (_, lines) => {
    expect(ruleWarnings(rules(...lines))).toEqual([]);
  });

  test("tells of a rule for confidences that are not reported", () => {
    expect(ruleWarnings(rules("{when: {confidence: {at_most: 0.5}}, category: a}"))).toEqual([
      "rules[0]: it is for confidences up to 0.5, and only findings above 0.5 are reported",
    ]);
    expect(ruleWarnings(rules("{when: {confidence: {at_most: 0.51}}, category: a}"))).toEqual([]);
  });
});

describe("unknownClasses", () => {
  test("tells of each once, with the nearest that the model has", () => {
    const set = parseRules(
      "version: 1\nclass_names: {zh: {Nodul: 结节, mass: 肿块}}\nrules:\n  - {when: {classes: [noduel, mass]}, category: a}\n  - {when: {classes: [noduel, tumour]}, category: b}",
      { file: "r.yaml", sha256: "0" },
    );
    expect(unknownClasses(set, ["nodule", "mass"])).toEqual([
      'rules[0]: the model knows no class "noduel"; did you mean "nodule"?',
      'rules[1]: the model knows no class "tumour"; it knows nodule, mass',
      'class_names.zh: the model knows no class "Nodul"; did you mean "nodule"?',
    ]);
  });

  test("is silent where all are known", () => {
    expect(unknownClasses(rules("{when: {classes: [a]}, category: a}"), ["a", "b"])).toEqual([]);
  });
});
