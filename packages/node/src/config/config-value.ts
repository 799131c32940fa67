/**
 * @file Values of `fovea.yaml`: each reader takes what the file holds and gives what the service works with, or says where
 * the mistake stands.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { nearestName } from "@fovea/core/math/nearest-name";

/** Where a value stands: the file, and the keys that lead to it. */
export interface Spot {
  /** Path of the file, or the name of a flag or variable, as the user knows it. */
  readonly file: string;
  /** `http.port`; empty for the whole file. */
  readonly at: string;
}

/** @throws {FoveaError} `invalid_config`, with file and key */
export type Read<T> = (value: unknown, spot: Spot) => T;

/** One key of a section. Without `otherwise` it must be there, unless it is `optional`. */
export type Field<T> = {
  readonly key: string;
  readonly read: Read<NonNullable<T>> | Read<T>;
} & ({ readonly otherwise: T } | { readonly optional: true } | { readonly required: true });

export function invalid(spot: Spot, message: string): FoveaError {
  return new FoveaError("invalid_config", message, { file: spot.file, ...(spot.at !== "" && { at: spot.at }) });
}

/** What was given, as a message shows it: short, on one line; never of a secret. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function below({ file, at }: Spot, key: string): Spot {
  return { file, at: at === "" ? key : `${at}.${key}` };
}

export const text: Read<string> = (value, spot) => {
  if (typeof value !== "string" || value.trim() === "") throw invalid(spot, `${shown(value)}, expected text`);
  return value;
};

export const flag: Read<boolean> = (value, spot) => {
  if (typeof value !== "boolean") throw invalid(spot, `${shown(value)}, expected true or false`);
  return value;
};

/** A number between both ends, which count. */
export function number(from: number, to: number): Read<number> {
  return (value, spot) => {
    if (typeof value !== "number" || !(value >= from && value <= to)) {
      throw invalid(spot, `${shown(value)}, expected a number from ${from} to ${to}`);
    }
    return value;
  };
}

export function integer(from: number, to: number): Read<number> {
  return (value, spot) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < from || value > to) {
      throw invalid(spot, `${shown(value)}, expected a whole number from ${from} to ${to}`);
    }
    return value;
  };
}

const SIZES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** `512MB`, `2 GiB`, or bytes as a number; powers of 1024 either way. */
export const size: Read<number> = (value, spot) => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  const parts = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)\s*$/i.exec(value) : null;
  const bytes = parts === null ? 0 : Math.round(Number(parts[1]) * SIZES[`${parts[2].toUpperCase()}B`]);
  if (!(bytes > 0 && Number.isSafeInteger(bytes))) throw invalid(spot, `${shown(value)}, expected a size as 512MB`);
  return bytes;
};

const TIMES: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Timers of Node.js know no longer time than 2^31 - 1 ms, and take one for 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** `15s`, `2min`, `500ms`, `1h`: milliseconds, `leastMs` or more. A bare number is refused: nobody could tell its unit. */
export function duration(leastMs: number): Read<number> {
  return (value, spot) => {
    const parts = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*$/.exec(value) : null;
    if (parts === null) throw invalid(spot, `${shown(value)}, expected a time with its unit as 15s, 2min or 500ms`);
    const ms = Number(parts[1]) * TIMES[parts[2]];
    if (ms < leastMs || ms > LONGEST_MS) throw invalid(spot, `${shown(value)}, expected ${leastMs}ms to 24d`);
    return ms;
  };
}

export function choice<const T extends string>(...known: readonly T[]): Read<T> {
  return (value, spot) => {
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    const near = typeof value === "string" ? nearestName(value, known) : undefined;
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw invalid(spot, `${shown(value)}, expected ${known.join(", ")}${hint}`);
  };
}

export function list<T>(read: Read<T>, most = 1000): Read<readonly T[]> {
  const readAll: Read<readonly T[]> = (value, spot) => {
    if (!Array.isArray(value)) throw invalid(spot, `${shown(value)}, expected a list`);
    if (value.length > most) throw invalid(spot, `${value.length} entries, at most ${most} are read`);
    return value.map((one, i) => read(one, { file: spot.file, at: `${spot.at}[${i}]` }));
  };
  return Object.assign(readAll, { keys: keysOf(read) });
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any keys, values of one kind. */
export function map<T>(read: Read<T>, keys?: readonly string[]): Read<Readonly<Record<string, T>>> {
  return (value, spot) => {
    if (!isMap(value)) throw invalid(spot, `${shown(value)}, expected keys and values`);
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => {
        if (keys !== undefined && !keys.includes(key)) throw unknownKey(key, keys, spot);
        return [key, read(one, below(spot, key))];
      }),
    );
  };
}

function unknownKey(key: string, known: readonly string[], spot: Spot): FoveaError {
  const near = nearestName(key, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  return invalid(below(spot, key), `unknown key; ${hint}`);
}

/** Keys of the file to members of `T`; a key that is in no line of the table, or that nothing stands behind, is refused. */
export function section<T extends object>(fields: { readonly [K in keyof T]-?: Field<T[K]> }): Read<T> {
  const table = Object.entries(fields) as [string, Field<unknown>][];
  const known = table.map(([, { key }]) => key);
  const read: Read<T> = (given, spot) => {
    if (!isMap(given)) throw invalid(spot, `${shown(given)}, expected keys: ${known.join(", ")}`);
    for (const key of Object.keys(given)) if (!known.includes(key)) throw unknownKey(key, known, spot);
    const out: Record<string, unknown> = {};
    for (const [member, field] of table) {
      const one = given[field.key];
      const at = below(spot, field.key);
      if (one === null && !("nullable" in field.read))
        throw invalid(at, "has no value; give one, or leave the key out");
      if (one !== undefined) out[member] = field.read(one, at);
      else if ("otherwise" in field) out[member] = field.otherwise;
      else if ("required" in field) throw invalid(at, "is missing");
    }
    return out as T;
  };
  const keys = table.flatMap(([, field]) => [field.key, ...keysOf(field.read).map((key) => `${field.key}.${key}`)]);
  return Object.assign(read, { keys });
}

/** Keys that a reader of sections knows, with those below them: `http.port`. */
export function keysOf(read: Read<never> | Read<unknown>): readonly string[] {
  return "keys" in read ? (read.keys as readonly string[]) : [];
}

/** Also `null`, which then means something and is not the same as nothing. */
export function orNull<T>(read: Read<T>): Read<T | null> {
  return Object.assign((value: unknown, spot: Spot) => (value === null ? null : read(value, spot)), { nullable: true });
}

/** A path; relative ones start at the file that names them. */
export const path: Read<string> = (value, spot) => resolve(dirname(spot.file), text(value, spot));

/** Longest file that a `file:` reference may lead to, bytes. */
const MAX_SECRET = 16384;

/** Text that nobody should see: itself, or `file:PATH`, whose first line is taken. Errors never show it. */
export const secret: Read<string> = (value, spot) => {
  if (typeof value !== "string" || value === "") throw invalid(spot, "expected text, or file:PATH");
  if (!value.startsWith("file:")) return value;
  const file = resolve(dirname(spot.file), value.slice("file:".length));
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (cause) {
    throw invalid(spot, `the file that it refers to cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
  const line = content.slice(0, MAX_SECRET).split(/\r?\n/, 1)[0].trim();
  if (line === "") throw invalid(spot, "the file that it refers to is empty");
  return line;
};

/** Where a PostgreSQL is: `postgres://...`, or `file:PATH` with it. It may hold a password, so errors never show it. */
export const databaseAddress: Read<string> = (value, spot) => {
  const address = secret(value, spot);
  if (!/^postgres(ql)?:\/\/./.test(address))
    throw invalid(spot, "expected postgres://user@host/database, or file:PATH");
  return address;
};

/** `https://...`, or `http://...`, without credentials. */
export const webAddress: Read<string> = (value, spot) => {
  const given = text(value, spot);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw invalid(spot, `${shown(value)}, expected an address as https://host/path`);
  }
  if (url.username !== "" || url.password !== "") throw invalid(spot, "an address with a password; use authorization");
  return given;
};

/** PS3.5 6.2: AE titles have 1 to 16 characters without backslash and control characters; spaces at the ends do not count. */
export const aeTitle: Read<string> = (value, spot) => {
  const title = text(value, spot).trim();
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(title)) {
    throw invalid(spot, `${shown(value)}, expected an AE title of 1 to 16 characters`);
  }
  return title;
};
