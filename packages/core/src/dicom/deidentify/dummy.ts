/**
 * @file Values that stand for removed ones, and values that are moved or mapped (PS3.15 E.1.1, action codes D, U and C).
 */
import { latin1Bytes, padded } from "./encode";
import { DUMMY_DATE, DUMMY_TEXT, DUMMY_TIME, isStandardUid } from "./identifying-term";

/** Dummies by VR; other VRs are numbers or bytes and become zeros. */
const TEXT_DUMMIES: Readonly<Record<string, string>> = {
  AE: DUMMY_TEXT,
  AS: "000Y",
  CS: DUMMY_TEXT,
  DA: DUMMY_DATE,
  DS: "0",
  DT: `${DUMMY_DATE}${DUMMY_TIME}`,
  IS: "0",
  LO: DUMMY_TEXT,
  LT: DUMMY_TEXT,
  PN: DUMMY_TEXT,
  SH: DUMMY_TEXT,
  ST: DUMMY_TEXT,
  TM: DUMMY_TIME,
  UC: DUMMY_TEXT,
  UR: "urn:removed",
  UT: DUMMY_TEXT,
};

/** A value valid for `vr`; bytes and numbers keep their length. */
export function dummyValue(vr: string, length: number): Uint8Array {
  const text = TEXT_DUMMIES[vr];
  return text === undefined ? new Uint8Array(length) : padded(vr, latin1Bytes(text));
}

/** Each UID of a value mapped; those of the standard itself stay. */
export function mappedUids(text: string, mapUid: (uid: string) => string): string {
  return text
    .split("\\")
    .map((part) => part.replace(/[\0\s]+$/, "").trim())
    .map((uid) => (uid === "" || isStandardUid(uid) ? uid : mapUid(uid)))
    .join("\\");
}

const DAY_MS = 86_400_000;

/**
 * Each date of a DA or DT value moved by whole days; what follows the day in a DT stays. Anything but a calendar day becomes
 * a dummy: a range, a month without a day.
 */
export function shiftedDates(text: string, vr: string, days: number): string {
  return text
    .split("\\")
    .map((part) => part.replace(/[\0\s]+$/, "").trim())
    .map((value) => {
      if (value === "") return "";
      const match = /^(\d{4})\.?(\d{2})\.?(\d{2})(.*)$/.exec(value);
      const valid = match !== null && (vr === "DT" ? /^[\d.+-]*$/.test(match[4]) : match[4] === "");
      if (!valid) return TEXT_DUMMIES[vr];
      const [year, month, day] = match.slice(1, 4).map(Number);
      const time = Date.UTC(year, month - 1, day);
      if (new Date(time).getUTCDate() !== day || month < 1 || month > 12) return TEXT_DUMMIES[vr];
      const moved = new Date(time + days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
      return `${moved}${match[4]}`;
    })
    .join("\\");
}
