/**
 * @file Class names as a reader is shown them.
 */
import { YamlValue } from "./yaml-value";

/** By language, then by the model's name of the class: `{ zh: { nodule: "结节" } }`. */
export type ClassNames = Readonly<Partial<Record<"zh" | "en", Readonly<Record<string, string>>>>>;

/** Letters of a class name that are shown at most. */
const MOST_LETTERS = 64;

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

/**
 * A file of class names (YAML): `zh: {nodule: 结节}`, `en: {...}`, or both.
 *
 * @throws {FoveaError} `invalid_rules` with the line and the key
 */
export function parseClassNames(text: string, file: string): ClassNames {
  return readClassNames(YamlValue.parse(text, file));
}

/** The table of a file that was opened. @throws {FoveaError} `invalid_rules` */
export function readClassNames(value: YamlValue): ClassNames {
  const languages = value.members(["zh", "en"]);
  return Object.fromEntries(
    [...languages].map(([language, names]) => [
      language,
      Object.fromEntries([...names.anyMembers()].map(([name, shown]) => [name, shown.text(MOST_LETTERS)])),
    ]),
  );
}
