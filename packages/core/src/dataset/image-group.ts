/**
 * @file Which patient, study or site an image is of, as its attributes say it.
 */
import type { Attributes } from "./annotation-set";

/** Names under which data sets keep what images belong to, without case, blanks, `-` and `_`. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  patient: ["patientid", "patient", "subjectid", "subject", "participantid", "caseid", "case", "pid"],
  study: ["studyuid", "studyinstanceuid", "studyid", "study", "examid", "exam", "accessionnumber"],
  series: ["seriesuid", "seriesinstanceuid", "seriesid", "series", "scanid", "scan"],
  site: ["site", "siteid", "institution", "institutionname", "hospital", "centre", "center"],
};

const plain = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");

/**
 * Value of what `by` names: `patient`, `study`, `series` or `site` under any of their usual names, or an attribute by
 * its own name. `undefined` where there is none, or it is empty.
 */
export function groupAttribute(attributes: Attributes | undefined, by: string): string | undefined {
  if (attributes === undefined) return undefined;
  const exact = textOf(Object.hasOwn(attributes, by) ? attributes[by] : undefined);
  if (exact !== undefined) return exact;
  const names = Object.hasOwn(KEYS, by) ? KEYS[by] : [plain(by)];
  const values = new Map(Object.entries(attributes).map(([name, value]) => [plain(name), value]));
  for (const name of names) {
    const text = textOf(values.get(name));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** What a patient, a study or a series is called by: such a thing belongs to the image, not to what is marked in it. */
export function namesWholeImage(name: string): boolean {
  return [...KEYS.patient, ...KEYS.study, ...KEYS.series].includes(plain(name));
}

function textOf(value: Attributes[string] | undefined): string | undefined {
  const text = value === undefined || value === null ? "" : String(value).trim();
  return text === "" ? undefined : text;
}
