/**
 * @file Names, dates and sizes as DICOM and the service write them, for readers.
 */
import type { Language } from "./language";

/**
 * A person's name (PS3.5 6.2.1.2): the ideographic group for Chinese readers where there is one, else the alphabetic.
 *
 * `Wang^XiaoDong=王^小东` is `王小东` in Chinese and `Wang XiaoDong` in English.
 */
export function personName(value: string, language: Language): string {
  const [alphabetic, ideographic = ""] = value.split("=");
  const chinese = ideographic.split("^").join("").trim();
  if (language === "zh" && chinese !== "") return chinese;
  const plain = alphabetic.replace(/\^+/g, " ").trim();
  return plain === "" ? chinese : plain;
}

/** `20261126` as `2026-11-26`; anything else as it is. */
export function studyDate(value: string): string {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : value;
}

/** A moment in the reader's own time zone, `2026-11-26 22:10`; as it is where it is none. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Bytes as kB or MB of a thousand and a million: `526 kB`, `8.4 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A confidence in [0, 1] as whole per cent, never rounded up to 100. */
export function wholePercent(confidence: number): number {
  return confidence < 1 ? Math.min(99, Math.round(100 * confidence)) : 100;
}

/** Millimetres or pixels with one decimal below 100, whole above. */
export function measure(value: number): string {
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value));
}
