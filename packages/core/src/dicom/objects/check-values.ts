/**
 * @file Checks that values are as their VR demands (PS3.5 6.2), as many as they may be, and under a known name.
 */
import type { Attributes } from "./code";
import { WRITTEN_ATTRIBUTES, type WrittenVr } from "./written-attribute";

type Rule = (value: unknown) => boolean;

/** No `\`, which parts values, and no control character. */
const text =
  (most: number): Rule =>
  (value) =>
    typeof value === "string" && isWithin(value, most) && !/[\p{Cc}\\]/u.test(value);

/** Paragraphs: line breaks and `\` are text. */
const paragraph =
  (most: number): Rule =>
  (value) =>
    typeof value === "string" && isWithin(value, most) && !/(?![\t\n\f\r])\p{Cc}/u.test(value);

/** Characters, of which one may be two units of the string. */
function isWithin(text: string, most: number): boolean {
  return text.length <= most || [...text].length <= most;
}

const pattern =
  (expression: RegExp): Rule =>
  (value) =>
    typeof value === "string" && expression.test(value);

const whole =
  (least: number, most: number): Rule =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;

const real: Rule = (value) => typeof value === "number" && Number.isFinite(value);

const bytes: Rule = (value) => value instanceof ArrayBuffer && value.byteLength % 2 === 0;

/** Components of digits without a leading zero, 64 characters in all (PS3.5 9.1). */
export const UID_PATTERN = /^(?=.{3,64}$)(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/;

/** Identifiers that others gave are referred to as they are, right or wrong: an image must be found by its own. */
const FOREIGN: ReadonlySet<string> = new Set([
  ...["ReferencedSOPInstanceUID", "ReferencedSOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"],
  ...["FrameOfReferenceUID", "UID"],
]);
const FOREIGN_UID = /^[\d.]{1,64}$/;

const DATE = /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
const TIME = /^(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?$/;

/** Each value of a VR; text may be empty, which the modules judge. */
const RULES: Readonly<Record<Exclude<WrittenVr, "SQ">, Rule>> = {
  AE: text(16),
  AS: pattern(/^(?:\d{3}[DWMY])?$/),
  AT: whole(0, 0xffffffff),
  CS: pattern(/^[A-Z0-9_ ]{0,16}$/),
  DA: (value) => value === "" || pattern(DATE)(value),
  DS: (value) => isNumberText(value, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, 16),
  DT: pattern(/^(?:\d{4}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?)?)?(?:[+-]\d{4})?)?$/),
  FD: real,
  FL: real,
  IS: (value) => isNumberText(value, /^[+-]?\d+$/, 12),
  LO: text(64),
  LT: paragraph(10240),
  OB: bytes,
  PN: (value) => typeof value === "string" && value.split("=").every(text(64)) && value.split("=").length <= 3,
  SH: text(16),
  SL: whole(-(2 ** 31), 2 ** 31 - 1),
  ST: paragraph(1024),
  TM: (value) => value === "" || pattern(TIME)(value),
  UC: text(2 ** 31),
  UI: (value) => value === "" || pattern(UID_PATTERN)(value),
  UL: whole(0, 0xffffffff),
  US: whole(0, 0xffff),
  UT: paragraph(2 ** 31),
  ox: bytes,
  xs: whole(-0x8000, 0xffff),
};

/** VRs whose length has 32 bits; that of the others has 16 (PS3.5 7.1.2), and is even. */
export const LONG_VALUES: ReadonlySet<string> = new Set(["OB", "OW", "SQ", "UC", "UT", "ox"]);
const MOST_SHORT = 0xfffe;

/** Bytes of a number; text has its own length. */
const NUMBER_BYTES: Readonly<Partial<Record<WrittenVr, number>>> = {
  ...{ AT: 4, FD: 8, FL: 4, SL: 4, UL: 4, US: 2, xs: 2 },
};

/** Bytes of all values at most: in UTF-8 a unit of a string takes three. */
function lengthOf(values: readonly unknown[], vr: WrittenVr): number {
  const size = NUMBER_BYTES[vr];
  if (size !== undefined) return size * values.length;
  const units = values.reduce<number>((sum, value) => sum + String(value).length + 1, 0);
  return /[^ -~]/.test(values.join("")) ? 3 * units : units;
}

/** DS and IS may be given as numbers too. */
function isNumberText(value: unknown, expression: RegExp, most: number): boolean {
  const written = typeof value === "number" ? String(value) : value;
  return typeof written === "string" && written.length <= most && expression.test(written);
}

/** What is wrong with the values of `attributes` and of all items below them; `path` is put before each name. */
export function valueFaults(attributes: Attributes, path = ""): string[] {
  return Object.entries(attributes).flatMap(([keyword, value]) => {
    const at = `${path}${keyword}`;
    const known = WRITTEN_ATTRIBUTES[keyword];
    if (known === undefined) return [`${at}: no attribute that result objects have`];
    const [, vr, vm] = known;
    if (vr === "SQ") return sequenceFaults(value, at);
    const values = listOf(value);
    const faults = countFaults(values, vm, at);
    const rule = FOREIGN.has(keyword) ? pattern(FOREIGN_UID) : RULES[vr];
    if (!values.every(rule)) faults.push(`${at}: a value that VR ${vr} does not allow`);
    else if (!LONG_VALUES.has(vr) && lengthOf(values, vr) > MOST_SHORT)
      faults.push(`${at}: ${lengthOf(values, vr)} bytes, at most ${MOST_SHORT} find room in VR ${vr}`);
    return faults;
  });
}

function sequenceFaults(value: unknown, at: string): string[] {
  if (!Array.isArray(value)) return [`${at}: no list of items`];
  return value.flatMap((item: Attributes, i) => valueFaults(item, `${at}[${i}].`));
}

/** A single value, or several. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Multiplicity as PS3.6 writes it: `1`, `1-n`, `2-2n`. No value at all is left to the modules. */
function countFaults(values: readonly unknown[], vm: string, at: string): string[] {
  const isEmpty = values.length === 0 || (values.length === 1 && values[0] === "");
  const [least, most = least] = vm.split("-");
  const step = /^(\d+)n$/.exec(most)?.[1];
  const isRight = most.endsWith("n")
    ? values.length >= Number(least) && values.length % Number(step ?? 1) === 0
    : values.length >= Number(least) && values.length <= Number(most);
  return isEmpty || isRight ? [] : [`${at}: ${values.length} values, expected ${vm}`];
}
