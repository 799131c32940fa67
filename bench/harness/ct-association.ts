/**
 * @file One association's worth of CT slices: copies of real ones with identifiers of their own, a study to each association.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { sharedPath } from "../../test/shared";

/** Slices of 512 x 512 px and 0.5 MB. */
const SLICES = ["CT1_UNC"].map((name) => `data/dicom/robyoung/WG04/REF/${name}`);
/** Slices of a series. */
const SERIES = 100;
/** Places at the end of a UID that are replaced. */
const DIGITS = 6;

const STUDY = Buffer.of(0x20, 0, 0x0d, 0);
const SERIES_UID = Buffer.of(0x20, 0, 0x0e, 0);
const SOP = Buffer.of(8, 0, 0x18, 0);
const MEDIA_SOP = Buffer.of(2, 0, 3, 0);

/**
 * Writes `count` slices of study `study` into `folder`.
 *
 * @param study 0 to 899
 * @param count 999 at most
 */
export function writeAssociation(folder: string, study: number, count: number): void {
  const sources = SLICES.map((path) => readFileSync(sharedPath(path)));
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(sources[i % sources.length]);
    number(bytes, STUDY, 1000 * study);
    number(bytes, SERIES_UID, 1000 * study + Math.floor(i / SERIES));
    for (const tag of [SOP, MEDIA_SOP]) number(bytes, tag, 1000 * study + i);
    writeFileSync(join(folder, `slice${i}.dcm`), bytes);
  }
}

/** Replaces the end of a UID in explicit VR little endian by a number of as many digits. */
function number(bytes: Buffer, tag: Buffer, value: number): void {
  const at = bytes.indexOf(Buffer.concat([tag, Buffer.from("UI", "latin1")]));
  if (at < 0) throw new Error("a slice without the UID that is to be replaced");
  const length = bytes.readUInt16LE(at + 6);
  const end = at + 8 + length - (bytes[at + 8 + length - 1] === 0 ? 1 : 0);
  bytes.write(`${10 ** (DIGITS - 1) + value}`, end - DIGITS, "latin1");
}
