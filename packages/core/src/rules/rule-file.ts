/**
 * @file The rule file, as a department writes it (docs/rules.md).
 *
 *     version: "2026-11"
 *     report_above: 0.5
 *     class_names: {zh: {fracture: 骨折}}
 *     rules:
 *       - when: {classes: [fracture], area_px: {max: 1000}}
 *         category: {zh: 轻微, en: mild}
 *         suggestion: {zh: 随访复查, en: follow up}
 */
import type { Bilingual } from "../language";
import { readClassNames } from "./class-names-file";
import type { Rule, RuleCondition, RuleSet } from "./rule-set";
import { YamlValue } from "./yaml-value";

const FILE_KEYS = ["version", "report_above", "class_names", "rules"] as const;
const RULE_KEYS = ["when", "category", "suggestion"] as const;
const CONDITION_KEYS = ["classes", "confidence", "area_px", "longest_mm"] as const;

const MOST_RULES = 1000;
const MOST_CLASSES = 1000;

/** As long as DICOM's LO and ST: both go into structured reports (PS3.5 6.2). */
const CATEGORY_LETTERS = 64;
const SUGGESTION_LETTERS = 1024;

export interface RuleFileOptions {
  /** What errors call the file. */
  readonly file: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads a rule file and checks all of it.
 *
 * @throws {FoveaError} `invalid_rules` with the line and the key of the first mistake
 */
export function parseRules(text: string, { file, sha256 }: RuleFileOptions): RuleSet {
  const whole = YamlValue.parse(text, file);
  const keys = whole.members(FILE_KEYS);
  const [version, rules] = [keys.get("version"), keys.get("rules")];
  if (version === undefined) throw whole.fault('no key version; expected one, as version: "2026-11"');
  if (rules === undefined) throw whole.fault("no key rules; expected a list of rules");
  const classNames = keys.get("class_names");
  return {
    version: readVersion(version),
    sha256,
    reportAbove: readReportAbove(keys.get("report_above")),
    rules: rules.items(MOST_RULES).map(readRule),
    ...(classNames && { classNames: readClassNames(classNames) }),
  };
}

function readVersion(value: YamlValue): string {
  const version = value.text(CATEGORY_LETTERS);
  // Records carry `version@digits`.
  if (/[@\s]/.test(version)) throw value.fault(`"${version}"; expected a version without blanks and without @`);
  return version;
}

function readReportAbove(value: YamlValue | undefined): number {
  if (value === undefined) return 0.5;
  const above = value.number();
  if (above >= 0 && above < 1) return above;
  throw value.fault(`${above}; expected a confidence of at least 0 and less than 1`);
}

function readRule(value: YamlValue): Rule {
  const keys = value.members(RULE_KEYS);
  const [when, category, suggestion] = RULE_KEYS.map((key) => keys.get(key));
  if (category === undefined && suggestion === undefined) {
    throw value.fault("a rule that says nothing; expected a category, a suggestion, or both");
  }
  return {
    when: when === undefined ? {} : readCondition(when),
    ...(category && { category: readBilingual(category, CATEGORY_LETTERS) }),
    ...(suggestion && { suggestion: readBilingual(suggestion, SUGGESTION_LETTERS) }),
  };
}

/** One text for both languages, or one of each. */
function readBilingual(value: YamlValue, letters: number): Bilingual {
  if (!value.isMapping) {
    const text = value.text(letters);
    return { zh: text, en: text };
  }
  const keys = value.members(["zh", "en"]);
  const [zh, en] = [keys.get("zh"), keys.get("en")];
  if (zh === undefined || en === undefined) {
    throw value.fault(`no key ${zh === undefined ? "zh" : "en"}; expected both zh and en, or one text for both`);
  }
  return { zh: zh.text(letters), en: en.text(letters) };
}

function readCondition(value: YamlValue): RuleCondition {
  const keys = value.members(CONDITION_KEYS);
  const [classes, confidence, area, longest] = CONDITION_KEYS.map((key) => keys.get(key));
  return {
    ...(classes && { classes: readClasses(classes) }),
    ...(confidence && { confidence: readConfidence(confidence) }),
    ...(area && { areaPx: readRange(area, "square pixels") }),
    ...(longest && { longestMm: readRange(longest, "millimetres") }),
  };
}

function readClasses(value: YamlValue): readonly string[] {
  const names = value.items(MOST_CLASSES).map((item) => item.text(SUGGESTION_LETTERS));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw value.fault(`"${twice}" is named twice`);
  return names;
}

function readConfidence(value: YamlValue): NonNullable<RuleCondition["confidence"]> {
  const keys = value.members(["above", "at_most"]);
  const [above, atMost] = [keys.get("above"), keys.get("at_most")];
  if (above === undefined && atMost === undefined) throw value.fault("no bound; expected above, at_most, or both");
  const [low, high] = [above?.number(), atMost?.number()];
  if (low !== undefined && !(low >= 0 && low < 1)) {
    throw above?.fault(`${low}; expected at least 0 and less than 1: no confidence is above 1`);
  }
  if (high !== undefined && !(high > 0 && high <= 1)) {
    throw atMost?.fault(`${high}; expected more than 0 and at most 1: no confidence is 0`);
  }
  if (low !== undefined && high !== undefined && low >= high) {
    throw value.fault(`above ${low} and at most ${high}: no confidence is both`);
  }
  return { ...(low !== undefined && { above: low }), ...(high !== undefined && { atMost: high }) };
}

function readRange(value: YamlValue, unit: string): { readonly min?: number; readonly max?: number } {
  const keys = value.members(["min", "max"]);
  const [low, high] = [keys.get("min"), keys.get("max")];
  if (low === undefined && high === undefined) throw value.fault("no bound; expected min, max, or both");
  const [min, max] = [low?.number(), high?.number()];
  if (min !== undefined && min < 0) throw low?.fault(`${min}; expected ${unit}, 0 or more`);
  if (max !== undefined && max <= 0) throw high?.fault(`${max}; expected ${unit}, more than 0: nothing is smaller`);
  if (min !== undefined && max !== undefined && min >= max) {
    throw value.fault(`at least ${min} and less than ${max} ${unit}: no size is both`);
  }
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}
