/**
 * @file A table of class names as a user writes it: a file of its own, or a part of the rule file.
 */
import type { ClassNames } from "./class-names";
import { YamlValue } from "./yaml-value";

/** Letters of a class name that are shown at most. */
const MOST_LETTERS = 64;

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
