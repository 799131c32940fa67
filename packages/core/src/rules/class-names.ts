/**
 * @file Class names as a reader is shown them.
 */

/** By language, then by the model's name of the class: `{ zh: { nodule: "结节" } }`. */
export type ClassNames = Readonly<Partial<Record<"zh" | "en", Readonly<Record<string, string>>>>>;

/** The name that a reader of `language` is shown; the model's own where the table has none. */
export function shownName(className: string, language: "zh" | "en", classNames: ClassNames = {}): string {
  const names = classNames[language];
  // A class may be called "constructor".
  return names !== undefined && Object.hasOwn(names, className) ? names[className] : className;
}

/** Both tables as one; what `over` says counts before what `base` says. */
export function mergedClassNames(base: ClassNames = {}, over: ClassNames = {}): ClassNames {
  return {
    ...((base.zh || over.zh) && { zh: mergedTable(base.zh, over.zh) }),
    ...((base.en || over.en) && { en: mergedTable(base.en, over.en) }),
  };
}

function mergedTable(base: Readonly<Record<string, string>> = {}, over: Readonly<Record<string, string>> = {}) {
  return Object.fromEntries([...Object.entries(base), ...Object.entries(over)]);
}
