import { parseRules } from "@fovea/core/rules/rule-file";
import { describe, expect, test } from "vitest";
import { classNotices } from "./class-notices";

const rules = parseRules(
  "version: 1\nrules:\n  - {when: {classes: [Nodule]}, category: a}\n  - {when: {classes: [mass]}, category: b}\n  - {when: {classes: [mass], confidence: {above: 0.8}}, category: c}",
  { file: "r.yaml", sha256: "0" },
);
const CHEST = { classes: ["nodule", "mass"] };
const BONE = { classes: ["fracture"] };
const NEVER = "rules[2]: its category is never given, because rules[1] comes first; move it up or take it out";

describe("classNotices", () => {
  test("tells of rules that never speak, and of classes in rules, names and codes that no model knows", () => {
    const settings = {
      rules,
      classNames: { zh: { mas: "肿块", fracture: "骨折" } },
      classCodes: { noodle: {}, mass: {} },
    };
    expect(classNotices(settings, [CHEST, BONE])).toEqual([
      NEVER,
      'rules[0]: the models know no class "Nodule"; did you mean "nodule"?',
      'class_names.zh: the models know no class "mas"; did you mean "mass"?',
      'class_codes: the models know no class "noodle"; did you mean "nodule"?',
    ]);
  });

  test("says nothing of a class that one of the models knows", () => {
    const settings = { classNames: { zh: { fracture: "骨折", mass: "肿块" } }, classCodes: {} };
    expect(classNotices(settings, [CHEST, BONE])).toEqual([]);
    expect(classNotices(settings, [CHEST])).toEqual([
      'class_names.zh: the model knows no class "fracture"; it knows nodule, mass',
    ]);
  });

  test("says nothing of classes while there is no model", () => {
    expect(classNotices({ rules, classNames: {}, classCodes: {} }, [])).toEqual([NEVER]);
  });
});
