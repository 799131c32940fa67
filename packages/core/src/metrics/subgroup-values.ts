/**
 * @file Which subgroups the columns of a case table make: sites, scanners, sexes, bands of age.
 */
import type { Attributes } from "../dataset/annotation-set";
import { ArgumentError } from "../errors";

/** More values than these are no groups; numbers are put in bands instead. */
const MOST_VALUES = 12;

/** Columns that name a case rather than say something of it; `patient` does, `patient_age` and `patient_sex` do not. */
const NAMING = /(^|_)(id|uid|file|path|image|date|time|z|url|seed|index|coco|flickr)(_|$)|^patient$|spacing/i;

/** `age`, `patient_age`, `PatientAge`, `age_years`, but not `stage` or `dosage`. */
const AGE = /(^|_)age(_|$)|^patientage$/i;

export interface SubgroupColumn {
  readonly name: string;
  /** Value of each case; `undefined` where it is not known. */
  readonly values: readonly (string | undefined)[];
  /** The values that occur, in the order to show them. */
  readonly order: readonly string[];
}

/**
 * Columns that make between two and twelve groups, by name.
 *
 * @param only the columns wanted, of one value too. @default all that make groups and are no ids, dates or positions
 * @throws {ArgumentError} if a column that is wanted is in no case, or makes too many groups
 */
export function subgroupColumns(
  cases: readonly { readonly attributes: Attributes }[],
  only?: readonly string[],
): SubgroupColumn[] {
  const names = only ?? [...new Set(cases.flatMap(({ attributes }) => Object.keys(attributes)))].sort();
  return names.flatMap((name): SubgroupColumn[] => {
    if (only === undefined && NAMING.test(name)) return [];
    const column = grouped(
      name,
      cases.map(({ attributes }) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined)),
    );
    if (only !== undefined) checkWanted(column, cases);
    return column.order.length >= (only ? 1 : 2) && column.order.length <= MOST_VALUES ? [column] : [];
  });
}

function checkWanted({ name, order }: SubgroupColumn, cases: readonly { readonly attributes: Attributes }[]): void {
  if (order.length > MOST_VALUES) {
    throw new ArgumentError(`subgroups: ${name} has ${order.length} values, at most ${MOST_VALUES} make groups`);
  }
  if (order.length > 0) return;
  const known = [...new Set(cases.flatMap(({ attributes }) => Object.keys(attributes)))].sort();
  throw new ArgumentError(`subgroups: no image has ${name}; known are ${known.join(", ") || "none"}`);
}

function grouped(name: string, raw: readonly (string | number | boolean | null | undefined)[]): SubgroupColumn {
  const texts = raw.map((value) => (value === null || value === undefined || value === "" ? undefined : String(value)));
  const known = texts.filter((text) => text !== undefined);
  const distinct = [...new Set(known)].sort(naturally);
  const numbers = texts.map((text) => (text === undefined ? undefined : numberOf(text)));
  const isNumeric = known.length > 0 && numbers.every((n, i) => n !== undefined || texts[i] === undefined);
  if (!isNumeric || (distinct.length <= MOST_VALUES && !AGE.test(name))) {
    return { name, values: texts, order: distinct };
  }
  const edges = AGE.test(name) ? AGES : thirds(numbers.filter((n) => n !== undefined));
  const values = numbers.map((n) => (n === undefined ? undefined : bandOf(n, edges)));
  const bands = edges.length === 0 ? [] : [...edges.map((edge) => bandOf(edge - 1e-9, edges)), bandOf(Infinity, edges)];
  return { name, values, order: bands.filter((band) => values.includes(band)) };
}

/** Years at which bands of age begin. */
const AGES = [18, 40, 60, 80];

/** Of an age as DICOM writes it: days, weeks, months, years. */
const PER_YEAR: Readonly<Record<string, number>> = { D: 365.25, W: 52.18, M: 12, Y: 1 };

/** A number, or an age as DICOM writes it, in years: `054Y`, `006M` (PS3.5 6.2, AS). */
function numberOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{3})([DWMY])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) / PER_YEAR[unit];
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : undefined;
}

/** Two edges with a third of the values between each. */
function thirds(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const edges = [sorted[Math.floor(sorted.length / 3)], sorted[Math.floor((2 * sorted.length) / 3)]];
  return [...new Set(edges)].filter((edge) => edge > sorted[0]);
}

function bandOf(value: number, edges: readonly number[]): string {
  const above = edges.findIndex((edge) => value < edge);
  const text = (n: number) => String(Number(n.toPrecision(4)));
  if (above === 0) return `< ${text(edges[0])}`;
  if (above < 0) return `≥ ${text(edges[edges.length - 1])}`;
  return `${text(edges[above - 1])} to < ${text(edges[above])}`;
}

/** Numbers by their size, words by their letters. */
function naturally(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
