/**
 * @file The time of an analysis as DICOM has it: in the images' own time where they tell it, else in this machine's.
 */
import type { DataSet } from "@fovea/core/dicom/data-set";

/** TimezoneOffsetFromUTC of an image, `+0800`; undefined where it has none that is right (PS3.3 C.12.1.1.1). */
export function readTimezone(dataSet: DataSet): string | undefined {
  const value = dataSet.text("TimezoneOffsetFromUTC")?.trim();
  return value !== undefined && /^[+-](?:0\d|1[0-4])[0-5]\d$/.test(value) ? value : undefined;
}

/** `YYYYMMDD` and `HHMMSS`. */
export function momentOf(at: Date, timezone: string | undefined): { readonly date: string; readonly time: string } {
  const minutes = timezone === undefined ? -at.getTimezoneOffset() : minutesOf(timezone);
  const digits = new Date(at.getTime() + 60_000 * minutes).toISOString().replace(/\D/g, "");
  return { date: digits.slice(0, 8), time: digits.slice(8, 14) };
}

function minutesOf(timezone: string): number {
  const minutes = 60 * Number(timezone.slice(1, 3)) + Number(timezone.slice(3));
  return timezone.startsWith("-") ? -minutes : minutes;
}
