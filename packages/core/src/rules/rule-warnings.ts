/**
 * @file What is odd about rules that can be read: those that never speak, and classes that the model does not have.
 */
import { nearestName } from "../math/nearest-name";
import type { ClassNames } from "./class-names";
import type { Rule, RuleCondition, RuleSet } from "./rule-set";

/** What a rule may say. */
const WORDS = ["category", "suggestion"] as const;

/**
 * Sentences about rules that can never speak: an earlier one covers them, or they are for findings that are not
 * reported. Rules are counted from 0, as in messages about the file.
 */
export function ruleWarnings({ rules, reportAbove }: RuleSet): readonly string[] {
  return rules.flatMap((rule, i) => {
    const covered = WORDS.flatMap((word) => {
      if (rule[word] === undefined) return [];
      const before = rules.slice(0, i).filter((earlier) => earlier[word] !== undefined);
      if (!isCovered(rule.when, before)) return [];
      const by = rules.findIndex((earlier) => before.includes(earlier) && overlaps(earlier.when, rule.when));
      return [`rules[${i}]: its ${word} is never given, because rules[${by}] comes first; move it up or take it out`];
    });
    const { atMost } = rule.when.confidence ?? {};
    if (atMost === undefined || atMost > reportAbove) return covered;
    const unseen = `rules[${i}]: it is for confidences up to ${atMost}, and only findings above ${reportAbove} are reported`;
    return [...covered, unseen];
  });
}

/** Whether each class that `when` is for falls to one of the `earlier` rules, whatever its confidence and size. */
function isCovered(when: RuleCondition, earlier: readonly Rule[]): boolean {
  if (when.classes === undefined) {
    return earlier.some((rule) => rule.when.classes === undefined && covers(rule.when, when));
  }
  return when.classes.every((name) =>
    earlier.some((rule) => (rule.when.classes?.includes(name) ?? true) && covers(rule.when, when)),
  );
}

const overlaps = (a: RuleCondition, b: RuleCondition): boolean =>
  covers(a, b) && (a.classes === undefined || (b.classes?.some((name) => a.classes?.includes(name)) ?? false));

/** Whether confidences and sizes that meet `inner` all meet `outer`. */
function covers(outer: RuleCondition, inner: RuleCondition): boolean {
  return (
    contains(
      bounds(outer.confidence?.above, outer.confidence?.atMost),
      bounds(inner.confidence?.above, inner.confidence?.atMost),
    ) &&
    contains(bounds(outer.areaPx?.min, outer.areaPx?.max), bounds(inner.areaPx?.min, inner.areaPx?.max)) &&
    // A finding without millimetres meets no bound of them at all.
    (outer.longestMm === undefined || inner.longestMm !== undefined) &&
    contains(bounds(outer.longestMm?.min, outer.longestMm?.max), bounds(inner.longestMm?.min, inner.longestMm?.max))
  );
}

type Bounds = readonly [low: number, high: number];

const bounds = (low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): Bounds => [low, high];

/** Ends are open or closed alike on both sides, so that comparing the numbers is enough. */
const contains = (outer: Bounds, inner: Bounds): boolean => outer[0] <= inner[0] && inner[1] <= outer[1];

/** What speaks of classes, by the names that models give them. */
export interface ClassMentions {
  readonly rules?: readonly Rule[];
  readonly classNames?: ClassNames;
  /** Keys of `class_codes` in the settings of the service. */
  readonly classCodes?: readonly string[];
}

/**
 * Sentences about classes that rules, names or codes speak of and no model knows; each once.
 *
 * @param known classes of all models
 * @param models how many these are @default 1
 */
export function unknownClasses(
  { rules = [], classNames = {}, classCodes = [] }: ClassMentions,
  known: readonly string[],
  { models = 1 }: { readonly models?: number } = {},
): readonly string[] {
  const [subject, pronoun] = models === 1 ? ["the model knows", "it knows"] : ["the models know", "they know"];
  const ofRules = rules.flatMap(({ when }, i) => (when.classes ?? []).map((name) => [name, `rules[${i}]`] as const));
  const ofNames = (["zh", "en"] as const).flatMap((language) =>
    Object.keys(classNames[language] ?? {}).map((name) => [name, `class_names.${language}`] as const),
  );
  const ofCodes = classCodes.map((name) => [name, "class_codes"] as const);
  const first = new Map<string, string>();
  for (const [name, place] of [...ofRules, ...ofNames, ...ofCodes]) {
    if (!known.includes(name) && !first.has(name)) first.set(name, place);
  }
  return [...first].map(([name, place]) => {
    const near = nearestName(name, known);
    const advice = near === undefined ? `${pronoun} ${listed(known)}` : `did you mean "${near}"?`;
    return `${place}: ${subject} no class "${name}"; ${advice}`;
  });
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(", ");
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}
