import { describe, expect, test } from "vitest";
import { mutated } from "../../test/damage";
import { FoveaError } from "../errors";
import { Random } from "../math/random";
import { mergedClassNames, shownName } from "./class-names";
import { parseClassNames } from "./class-names-file";
import { parseRules } from "./rule-file";

const sha256 = "ab".repeat(32);
const parse = (text: string) => parseRules(text, { file: "rules.yaml", sha256 });

const WHOLE = `
version: "2026-11"
report_above: 0.4
class_names:
  zh: {nodule: 结节}
  en: {nodule: pulmonary nodule}
rules:
  - when:
      classes: [nodule, mass]
      confidence: {above: 0.5, at_most: 0.9}
      area_px: {min: 0, max: 1000}
      longest_mm: {min: 6}
    category: {zh: 轻微, en: mild}
    suggestion: see it again
  - category: any
`;

describe("parseRules", () => {
  test("reads everything a file may say", () => {
    expect(parse(WHOLE)).toEqual({
      version: "2026-11",
      sha256,
      reportAbove: 0.4,
      classNames: { zh: { nodule: "结节" }, en: { nodule: "pulmonary nodule" } },
      rules: [
        {
          when: {
            classes: ["nodule", "mass"],
            confidence: { above: 0.5, atMost: 0.9 },
            areaPx: { min: 0, max: 1000 },
            longestMm: { min: 6 },
          },
          category: { zh: "轻微", en: "mild" },
          suggestion: { zh: "see it again", en: "see it again" },
        },
        { when: {}, category: { zh: "any", en: "any" } },
      ],
    });
  });

  test("reports above 0.5 where the file does not say, and keeps a version as it is written", () => {
    const set = parse("version: 1.10\nrules: [{category: any}]");
    expect(set).toMatchObject({ version: "1.10", reportAbove: 0.5 });
    expect(set.classNames).toBeUndefined();
  });

  test("takes a mark of UTF-8, and one text under an anchor in several places", () => {
    const text = "\uFEFFversion: 1\nrules:\n  - suggestion: &s again\n    when: {classes: [a]}\n  - suggestion: *s";
    expect(parse(text).rules[1].suggestion).toEqual({ zh: "again", en: "again" });
  });

  const one = (rule: string) => `version: 1\nrules:\n  - ${rule}\n`;
  test.each([
    ["no YAML", "version: [1", /^rules\.yaml: line 1, column \d+: not valid YAML/],
    ["a text", "just words", /^rules\.yaml: line 1: "just words"; expected keys and values$/],
    ["nothing", "", /expected keys and values/],
    ["no version", "rules: [{category: any}]", /no key version; expected one/],
    ["no rules", "version: 1", /no key rules; expected a list/],
    [
      "rules that are no list",
      "version: 1\nrules: {a: b}",
      /^rules\.yaml: line 2, rules: keys and values; expected a list$/,
    ],
    ["an empty list", "version: 1\nrules: []", /line 2, rules: an empty list/],
    [
      "a version with a blank",
      "version: one two\nrules: [{category: a}]",
      /line 1, version: "one two"; expected a version without/,
    ],
    ["a version with @", 'version: "1@2"\nrules: [{category: a}]', /without blanks and without @/],
    [
      "a misspelt key",
      "version: 1\nreport_abov: 0.4\nrules: [{category: a}]",
      /line 2, report_abov: unknown key "report_abov", did you mean report_above\?/,
    ],
    [
      "a key of nothing known",
      "version: 1\nxyzzy: 0.4\nrules: [{category: a}]",
      /unknown key "xyzzy", expected version, report_above, class_names, rules/,
    ],
    ["a key given twice", "version: 1\nversion: 2\nrules: [{category: a}]", /line 2, column 1: not valid YAML/],
    [
      "report_above of 1",
      "version: 1\nreport_above: 1\nrules: [{category: a}]",
      /line 2, report_above: 1; expected a confidence/,
    ],
    ["report_above below 0", "version: 1\nreport_above: -0.1\nrules: [{category: a}]", /report_above: -0\.1; expected/],
    [
      "report_above as text",
      "version: 1\nreport_above: half\nrules: [{category: a}]",
      /report_above: "half"; expected a number/,
    ],
    ["report_above without end", "version: 1\nreport_above: .inf\nrules: [{category: a}]", /expected a number/],
    ["a rule that says nothing", one("when: {classes: [a]}"), /line 3, rules\[0\]: a rule that says nothing/],
    [
      "a misspelt condition",
      one("{when: {area: {max: 3}}, category: a}"),
      /line 3, rules\[0\]\.when\.area: unknown key "area", did you mean area_px\?/,
    ],
    [
      "a misspelt bound",
      one("{when: {area_px: {mx: 3}}, category: a}"),
      /rules\[0\]\.when\.area_px\.mx: unknown key "mx", did you mean max\?/,
    ],
    [
      "bounds without bound",
      one("{when: {area_px: {}}, category: a}"),
      /rules\[0\]\.when\.area_px: no bound; expected min, max, or both/,
    ],
    [
      "confidence without bound",
      one("{when: {confidence: {}}, category: a}"),
      /no bound; expected above, at_most, or both/,
    ],
    [
      "a least area above the most",
      one("{when: {area_px: {min: 9, max: 3}}, category: a}"),
      /at least 9 and less than 3 square pixels: no size is both/,
    ],
    [
      "an empty range",
      one("{when: {longest_mm: {min: 3, max: 3}}, category: a}"),
      /rules\[0\]\.when\.longest_mm: at least 3 and less than 3 millimetres/,
    ],
    [
      "a negative size",
      one("{when: {area_px: {min: -1}}, category: a}"),
      /when\.area_px\.min: -1; expected square pixels, 0 or more/,
    ],
    [
      "a size below 0",
      one("{when: {area_px: {max: 0}}, category: a}"),
      /when\.area_px\.max: 0; expected square pixels, more than 0/,
    ],
    [
      "contradictory confidences",
      one("{when: {confidence: {above: 0.8, at_most: 0.8}}, category: a}"),
      /above 0\.8 and at most 0\.8: no confidence is both/,
    ],
    [
      "confidence above 1",
      one("{when: {confidence: {above: 1}}, category: a}"),
      /when\.confidence\.above: 1; expected at least 0 and less than 1/,
    ],
    [
      "confidence in per cent",
      one("{when: {confidence: {at_most: 80}}, category: a}"),
      /when\.confidence\.at_most: 80; expected more than 0 and at most 1/,
    ],
    ["no class", one("{when: {classes: []}, category: a}"), /when\.classes: an empty list/],
    [
      "one class without a list",
      one("{when: {classes: nodule}, category: a}"),
      /when\.classes: "nodule"; expected a list/,
    ],
    ["a class twice", one("{when: {classes: [a, a]}, category: a}"), /when\.classes: "a" is named twice/],
    ["an empty category", one('category: ""'), /rules\[0\]\.category: an empty text/],
    ["a category of nothing", one("category:"), /rules\[0\]\.category: nothing; expected a text/],
    [
      "a category in one language",
      one("category: {zh: 轻微}"),
      /rules\[0\]\.category: no key en; expected both zh and en/,
    ],
    ["a category in a third language", one("category: {zh: 轻微, en: mild, de: leicht}"), /unknown key "de"/],
    // 65 letters; DICOM's LO holds 64.
    ["a long category", one(`category: ${"a".repeat(65)}`), /a text of 65 letters, at most 64 find room/],
    ["a category of two lines", one('category: "a\\nb"'), /a line break or a control character/],
    ["a tag of a language", one('category: !!python/object/apply:os.system ["ls"]'), /not valid YAML/],
    ["an alias of nothing", one("category: *gone"), /rules\[0\]\.category: \*gone, but no &gone stands before it/],
    [
      "a name that is a list",
      "version: 1\nclass_names: {zh: {a: [b]}}\nrules: [{category: a}]",
      /line 2, class_names\.zh\.a: a list; expected a text/,
    ],
    [
      "a third language",
      "version: 1\nclass_names: {de: {a: b}}\nrules: [{category: a}]",
      /class_names\.de: unknown key "de"/,
    ],
    ["two documents", "version: 1\nrules: [{category: a}]\n---\nversion: 2", /not valid YAML/],
    ["brackets without end", `version: ${"[".repeat(20_000)}`, /rules\.yaml/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(FoveaError);
      expect(error).toMatchObject({ code: "invalid_rules", place: { file: "rules.yaml" } });
    }
  });

  test("reads or refuses 3,000 damaged files, and does nothing else", () => {
    const source = new TextEncoder().encode(WHOLE);
    const signs = ":[]{}&*!|>-,\"'#%@\n\t \0".split("");
    let read = 0;
    for (let i = 0; i < 3000; i++) {
      const random = new Random(i);
      const letters = [...new TextDecoder().decode(i % 2 === 0 ? source : mutated(source, 1, i).bytes)];
      for (let k = random.integer(1, 4); k > 0; k--) {
        letters.splice(
          random.integer(0, letters.length + 1),
          random.integer(0, 3),
          signs[random.integer(0, signs.length)],
        );
      }
      try {
        const { rules, reportAbove } = parse(letters.join(""));
        read++;
        expect(rules.length).toBeGreaterThan(0);
        expect(reportAbove >= 0 && reportAbove < 1).toBe(true);
      } catch (error) {
        if (!(error instanceof FoveaError)) throw new Error(`damaged file ${i}`, { cause: error });
        expect(error.code).toBe("invalid_rules");
      }
    }
    // Some damage is to a word or a blank, and leaves rules behind.
    expect(read).toBeGreaterThan(20);
    expect(read).toBeLessThan(2980);
  });

  test("refuses more rules than anybody wrote, and more text", () => {
    expect(() => parse(`version: 1\nrules:\n${"  - category: a\n".repeat(1001)}`)).toThrow(
      "1001 entries, at most 1000",
    );
    expect(() => parse("#".repeat(2 ** 20 + 1))).toThrow("is it the right file?");
  });
});

describe("class names", () => {
  const table = parseClassNames("zh: {nodule: 结节}\nen: {nodule: pulmonary nodule}", "names.yaml");

  test("are shown by language, and stay the model's own where the table has none", () => {
    expect(shownName("nodule", "zh", table)).toBe("结节");
    expect(shownName("nodule", "en", table)).toBe("pulmonary nodule");
    expect(shownName("mass", "zh", table)).toBe("mass");
    expect(shownName("nodule", "zh")).toBe("nodule");
    expect(shownName("constructor", "zh", table)).toBe("constructor");
  });

  test("of two tables: the second counts where both have one", () => {
    expect(mergedClassNames(table, { zh: { nodule: "小结节", mass: "肿块" } })).toEqual({
      zh: { nodule: "小结节", mass: "肿块" },
      en: { nodule: "pulmonary nodule" },
    });
    expect(mergedClassNames()).toEqual({});
  });

  test("of a class called __proto__ are a name as any other", () => {
    const odd = parseClassNames("zh: {__proto__: 原型}", "names.yaml");
    expect(shownName("__proto__", "zh", odd)).toBe("原型");
    expect(shownName("nodule", "zh", odd)).toBe("nodule");
  });
});
