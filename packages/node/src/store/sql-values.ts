/**
 * @file Values on their way to SQL and back, the same for both engines: everything crosses as PostgreSQL's text format.
 */

/** A parameter as both engines take it. */
export type EncodedParameter = string | null;

/**
 * Objects become JSON, arrays PostgreSQL arrays, bytes `\x...`, dates ISO 8601. An array that is meant as JSON must be
 * `JSON.stringify`ed by the caller: the text alone does not say which is meant.
 */
export function encodeParameter(value: unknown): EncodedParameter {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return arrayText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function arrayText(values: readonly unknown[]): string {
  const parts = values.map((value) => {
    if (Array.isArray(value)) return arrayText(value);
    const text = encodeParameter(value);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${parts.join(",")}}`;
}

type Decode = (text: string) => unknown;

function decodeInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

const decodeBytes: Decode = (text) => new Uint8Array(Buffer.from(text.slice(2), "hex"));
/** `2026-11-26 22:13:33.074+00`, or without a zone, then UTC. Microseconds are cut. */
const decodeTime: Decode = (text) => {
  const [, day, time, zone] = /^(\S+) ([\d:.]+)(.*)$/.exec(text) ?? [];
  if (day === undefined) return text;
  return new Date(`${day}T${time}${zone === "" ? "Z" : zone.length === 3 ? `${zone}:00` : zone}`);
};
const asText: Decode = (text) => text;

/** Reads `{a,"b c",NULL}`, of any depth. */
function decodeArray(text: string, decode: Decode): unknown[] {
  let at = text.indexOf("{");
  const list = (): unknown[] => {
    const values: unknown[] = [];
    at++;
    while (text[at] !== "}") {
      if (text[at] === ",") at++;
      else values.push(text[at] === "{" ? list() : item());
    }
    at++;
    return values;
  };
  const item = (): unknown => {
    let word = "";
    if (text[at] !== '"') {
      while (text[at] !== "," && text[at] !== "}") word += text[at++];
      return word === "NULL" ? null : decode(word);
    }
    for (at++; text[at] !== '"'; at++) word += text[at] === "\\" ? text[++at] : text[at];
    at++;
    return decode(word);
  };
  return list();
}

const arrayOf =
  (decode: Decode): Decode =>
  (text) =>
    decodeArray(text, decode);

/** By type identifier (pg_type.oid); what is not here stays text. */
export const DECODERS: Readonly<Record<number, Decode>> = {
  16: (text) => text === "t",
  17: decodeBytes,
  18: asText,
  19: asText,
  20: decodeInteger,
  21: Number,
  23: Number,
  25: asText,
  26: Number,
  114: JSON.parse,
  3802: JSON.parse,
  700: Number,
  701: Number,
  1042: asText,
  1043: asText,
  1082: asText,
  1083: asText,
  1114: decodeTime,
  1184: decodeTime,
  1186: asText,
  1700: asText,
  2950: asText,
  1000: arrayOf((text) => text === "t"),
  1001: arrayOf(decodeBytes),
  1005: arrayOf(Number),
  1007: arrayOf(Number),
  1009: arrayOf(asText),
  1015: arrayOf(asText),
  1016: arrayOf(decodeInteger),
  1021: arrayOf(Number),
  1022: arrayOf(Number),
  1115: arrayOf(decodeTime),
  1185: arrayOf(decodeTime),
  2951: arrayOf(asText),
  199: arrayOf(JSON.parse),
  3807: arrayOf(JSON.parse),
};
