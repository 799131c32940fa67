/**
 * @file What happens to an attribute by the Basic Application Level Confidentiality Profile and its options (PS3.15 Annex E).
 *
 * Where the table leaves a choice that depends on the attribute's type in the object (X/Z, X/D, X/Z/D, Z/D), the one is taken
 * that is valid for every type: an empty value for X/Z, a dummy for the rest. A value that is empty already stays so.
 */
import { PROFILE_TABLE } from "./profile-table";

/** One option: the column of the table, its code in CID 7050 of PS3.16, and what is said of it. */
interface OptionRow {
  readonly letter: string;
  readonly code: string;
  readonly meaning: string;
}

/** The options as the command line names them. */
export const PROFILE_OPTIONS = {
  "retain-uids": { letter: "U", code: "113110", meaning: "Retain UIDs Option" },
  "retain-device": { letter: "V", code: "113109", meaning: "Retain Device Identity Option" },
  "retain-institution": { letter: "I", code: "113112", meaning: "Retain Institution Identity Option" },
  "retain-patient": { letter: "P", code: "113108", meaning: "Retain Patient Characteristics Option" },
  "retain-full-dates": {
    ...{ letter: "F", code: "113106" },
    meaning: "Retain Longitudinal Temporal Information Full Dates Option",
  },
  "retain-modified-dates": {
    ...{ letter: "M", code: "113107" },
    meaning: "Retain Longitudinal Temporal Information Modified Dates Option",
  },
  "retain-safe-private": { letter: "", code: "113111", meaning: "Retain Safe Private Option" },
  "clean-descriptors": { letter: "D", code: "113105", meaning: "Clean Descriptors Option" },
  "clean-structured-content": { letter: "S", code: "113104", meaning: "Clean Structured Content Option" },
  "clean-pixel": { letter: "", code: "113101", meaning: "Clean Pixel Data Option" },
} as const satisfies Readonly<Record<string, OptionRow>>;

export type ProfileOption = keyof typeof PROFILE_OPTIONS;

/** Of the Basic Profile itself. */
export const BASIC_PROFILE = { code: "113100", meaning: "Basic Application Confidentiality Profile" } as const;

/** Options that were chosen; the Basic Profile is always there. */
export type Profile = ReadonlySet<ProfileOption>;

/**
 * What happens to an element. `pseudonym`: name and number of the patient; `clean`: text without what identifies; `descend`: a sequence whose items are gone through;
 * `descend-dummy`: as well, and every text in it becomes a dummy; `descend-content`: the content tree of a report;
 * `drop`: encoding that has no meaning (group lengths).
 */
export type Action =
  | "keep"
  | "remove"
  | "empty"
  | "dummy"
  | "uid"
  | "shift"
  | "clean"
  | "pseudonym"
  | "descend"
  | "descend-dummy"
  | "descend-content"
  | "drop";

/** Where an element stands: inside of a sequence that gets dummies, or of a content tree that is cleaned. */
export type Mode = "normal" | "dummy" | "content";

interface Row {
  readonly basic: string;
  /** Letter of an option and its action, K, C or X. */
  readonly options: readonly (readonly [letter: string, action: string])[];
}

const ROWS: ReadonlyMap<number, Row> = new Map(
  PROFILE_TABLE.trim()
    .split("\n")
    .map((line) => {
      const [tag, , basic, ...options] = line.split(" ");
      return [
        Number.parseInt(tag, 16),
        { basic, options: options.map((option) => option.split(":") as [string, string]) },
      ];
    }),
);

/** Beyond the table: names and numbers of persons in attributes that are younger than it, and what cannot be looked into. */
const BEYOND_TABLE: ReadonlyMap<number, Row> = new Map(
  [
    ...[0x00020016, 0x00020017, 0x00020018, 0x00020026, 0x00020027, 0x00020028, 0x00020100, 0x00020102],
    ...[0x00080051, 0x00100022, 0x00100024, 0x00100033, 0x00100034, 0x00100035, 0x00400026, 0x00400027, 0x04000500],
  ].map((tag) => [tag, { basic: "X", options: [] }]),
);

/** Where what the table says would make an object invalid that was valid: attributes of type 2, a sequence of one or more items. */
const KEEPS_VALID: ReadonlyMap<number, Row> = new Map([
  [0x300a00b2, { basic: "Z", options: [["V", "K"]] }],
  [0x00081110, { basic: "X", options: [["U", "K"]] }],
  // Free text of waveforms' annotations; the table has that of graphics by their sequence.
  [0x00700006, { basic: "D", options: [] }],
]);

/** What the table says of elements that it does not list, by VR: later editions list all of these kinds. */
const UNLISTED: Readonly<Record<string, Row>> = {
  PN: { basic: "D", options: [] },
  DA: {
    basic: "D",
    options: [
      ["F", "K"],
      ["M", "C"],
    ],
  },
  TM: {
    basic: "D",
    options: [
      ["F", "K"],
      ["M", "C"],
    ],
  },
  DT: {
    basic: "D",
    options: [
      ["F", "K"],
      ["M", "C"],
    ],
  },
  UI: { basic: "U", options: [["U", "K"]] },
  AE: { basic: "X", options: [["V", "K"]] },
};

/** UIDs of kinds of things, not of things. */
const KINDS: ReadonlySet<number> = new Set([
  ...[0x00020002, 0x00020010, 0x00020012, 0x00041510, 0x00041512, 0x00080016, 0x0008001a, 0x0008001b, 0x00080062],
  ...[0x0008010c, 0x0008010d, 0x00080117, 0x00080118, 0x00081150, 0x0008115a, 0x00400e09],
]);

const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;

/** Values of content items (PS3.3 C.17.3.2.1), wherever they stand: free text, names and the like. */
const CONTENT_VALUES: ReadonlySet<number> = new Set([
  ...[0x0040a120, 0x0040a121, 0x0040a122, 0x0040a123, 0x0040a124, 0x0040a160],
]);
export const CONTENT_SEQUENCE = 0x0040a730;
const NUMERIC_VALUES: ReadonlySet<number> = new Set([0x0040a30a, 0x0040a161, 0x0040a162, 0x0040a163]);

/** Sequences that a tree of content needs as they are: names of concepts, units, templates. */
const STRUCTURE: ReadonlySet<number> = new Set([0x0040a043, 0x004008ea, 0x0040a504, 0x0040a195]);

const TEXT: ReadonlySet<string> = new Set("AE AS LO SH LT ST UT UC UR PN".split(" "));
const DATES: ReadonlySet<string> = new Set("DA TM DT".split(" "));

/** PS3.15 action of an element: `odd` groups and groups of curves and overlays first, then the table, then the VR. */
export function actionOf(tag: number, vr: string, profile: Profile, mode: Mode): Action {
  const group = tag >>> 16;
  if ((tag & 0xffff) === 0) return "drop";
  if (group % 2 === 1) return "remove";
  // Curves and whole overlays: a plane without its data would be no valid one.
  if ((group & 0xff00) === 0x5000 || (group & 0xff00) === 0x6000) return "remove";
  if (tag === PATIENT_NAME || tag === PATIENT_ID) return "pseudonym";
  if (KINDS.has(tag)) return "keep";
  if (CONTENT_VALUES.has(tag)) return ofValue(vr, profile);
  if (tag === CONTENT_SEQUENCE) return profile.has("clean-structured-content") ? "descend-content" : "descend-dummy";
  const row =
    KEEPS_VALID.get(tag) ?? ROWS.get(tag) ?? BEYOND_TABLE.get(tag) ?? (vr === "SQ" ? undefined : UNLISTED[vr]);
  const action = row === undefined ? undefined : ofRow(row, vr, profile);
  if (action !== undefined && action !== "keep") return action;
  if (mode === "dummy") return inDummy(tag, vr);
  if (action === undefined && vr === "UN") return "remove";
  return vr === "SQ" ? (mode === "content" ? "descend-content" : "descend") : "keep";
}

/** Whether the rules name the attribute itself, and do not only go by its VR. */
export function isListed(tag: number): boolean {
  return (
    [KEEPS_VALID, ROWS, BEYOND_TABLE].some((rows) => rows.has(tag)) ||
    [KINDS, CONTENT_VALUES].some((set) => set.has(tag))
  );
}

function ofRow({ basic, options }: Row, vr: string, profile: Profile): Action {
  const chosen = options.filter(([letter]) => letterChosen(letter, profile));
  const says = (action: string) => chosen.some(([, one]) => one === action);
  if (says("X")) return "remove";
  if (says("K")) return vr === "SQ" ? "descend" : "keep";
  if (says("C")) {
    if (vr === "SQ") return "descend";
    return chosen.some(([letter]) => letter === "M") ? cleanedDate(vr) : "clean";
  }
  if (basic === "X") return "remove";
  if (basic === "U") return "uid";
  if (vr === "SQ") {
    if (basic.includes("U*")) return "descend";
    return basic.includes("D") ? "descend-dummy" : "empty";
  }
  return basic.includes("D") ? "dummy" : "empty";
}

/** Dates are shifted by whole days, so that times of the day and offsets from UTC stay; counts of a clock in binary do not. */
function cleanedDate(vr: string): Action {
  if (vr === "DA" || vr === "DT") return "shift";
  return vr === "OB" ? "dummy" : "keep";
}

function letterChosen(letter: string, profile: Profile): boolean {
  for (const option of profile) if (PROFILE_OPTIONS[option].letter === letter) return true;
  return false;
}

function ofValue(vr: string, profile: Profile): Action {
  if (vr === "UI") return profile.has("retain-uids") ? "keep" : "uid";
  if (!DATES.has(vr)) return "dummy";
  if (profile.has("retain-full-dates")) return "keep";
  return profile.has("retain-modified-dates") ? cleanedDate(vr) : "dummy";
}

function inDummy(tag: number, vr: string): Action {
  if (vr === "SQ") return STRUCTURE.has(tag) ? "descend" : "descend-dummy";
  if (vr === "UN") return "remove";
  return TEXT.has(vr) || DATES.has(vr) || NUMERIC_VALUES.has(tag) ? "dummy" : "keep";
}

/** The options that a file's DeidentificationMethodCodeSequence names; undefined without the Basic Profile's code. */
export function profileOfCodes(codes: readonly string[]): Profile | undefined {
  if (!codes.includes(BASIC_PROFILE.code)) return undefined;
  const names = Object.keys(PROFILE_OPTIONS) as ProfileOption[];
  return new Set(names.filter((one) => codes.includes(PROFILE_OPTIONS[one].code)));
}

/** Whether a content item of a cleaned tree tells who somebody is, by the code of its concept name (PS3.16 CID 271 ff.). */
export function isPersonalConcept(code: string): boolean {
  return PERSONAL_CONCEPTS.has(code);
}

/** Observers, subjects and fetuses of TID 1001 to 1009, addresses of TID 1003, device serial numbers and places. */
const PERSONAL_CONCEPTS: ReadonlySet<string> = new Set([
  ...["121008", "121009", "121010", "121011", "121012", "121013", "121014", "121015", "121016", "121017"],
  ...["121018", "121019", "121020", "121021", "121022", "121023", "121024", "121025", "121026", "121027"],
  ...["121028", "121029", "121030", "121031", "121032", "121033", "121034", "121035", "121036", "121037"],
  ...["121038", "121039", "121040", "121041", "121190", "121191", "121192", "121193", "121194"],
]);
