/**
 * @file What is odd about the settings' words for classes, once it is known what the models find: a rule for a class that no
 * model knows never speaks, and nobody would miss it.
 */
import type { ClassNames } from "@fovea/core/rules/class-names";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { ruleWarnings, unknownClasses } from "@fovea/core/rules/rule-warnings";

export interface ClassSettings {
  readonly rules?: RuleSet;
  /** Of the settings and the rule file together. */
  readonly classNames: ClassNames;
  readonly classCodes: Readonly<Record<string, unknown>>;
}

/** @param models those that serve; without any, nothing is known of classes */
export function classNotices(
  { rules, classNames, classCodes }: ClassSettings,
  models: readonly { readonly classes: readonly string[] }[],
): readonly string[] {
  const mentions = { rules: rules?.rules, classNames, classCodes: Object.keys(classCodes) };
  const known = [...new Set(models.flatMap(({ classes }) => classes))];
  return [
    ...(rules === undefined ? [] : ruleWarnings(rules)),
    ...(models.length === 0 ? [] : unknownClasses(mentions, known, { models: models.length })),
  ];
}
