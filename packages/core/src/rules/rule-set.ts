/**
 * @file What a rule file says of findings: a category (severity) and a suggestion by class, confidence and size.
 */

import type { Bilingual } from "../language";
import type { ClassNames } from "./class-names";

/** When a rule applies: everything that is given must hold. Bounds of sizes: at least `min`, less than `max`. */
export interface RuleCondition {
  /** Names of classes as the model has them; absent: every class. */
  readonly classes?: readonly string[];
  /** More than `above`, and `atMost` or less. */
  readonly confidence?: { readonly above?: number; readonly atMost?: number };
  /** Of the box, square pixels. */
  readonly areaPx?: { readonly min?: number; readonly max?: number };
  /** Longer side of the box, millimetres; a finding without millimetres does not meet it. */
  readonly longestMm?: { readonly min?: number; readonly max?: number };
}

export interface Rule {
  readonly when: RuleCondition;
  readonly category?: Bilingual;
  readonly suggestion?: Bilingual;
}

/** A rule file, read and checked. Of rules that apply the first with a category, and the first with a suggestion, counts. */
export interface RuleSet {
  /** As the file says it. */
  readonly version: string;
  /** Of the file's bytes; records carry `version@first 12 digits`. */
  readonly sha256: string;
  /** Only findings above it are reported. @default 0.5 */
  readonly reportAbove: number;
  readonly rules: readonly Rule[];
  /** Class names as reports show them, where the file says any. */
  readonly classNames?: ClassNames;
}

/** What the rules say of one finding. */
export interface Judgement {
  readonly category?: Bilingual;
  readonly suggestion?: Bilingual;
}
