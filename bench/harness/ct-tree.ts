/**
 * @file A tree of CT slices made of real ones: copies with identifiers of their own.
 */
import { linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { sharedPath } from "../../test/shared";

/** Slices of 512 x 512 px of the reference material, by how their pixels are stored. */
const SLICES: Readonly<Record<string, readonly string[]>> = {
  plain: [
    "robyoung/WG04/REF/CT1_UNC",
    ...["01", "02", "03"].map((name) => `robyoung/dcmqi/segmentations/ct-3slice/${name}.dcm`),
  ],
  rle: ["robyoung/WG04/RLE/CT1_RLE"],
  jpeg: ["robyoung/WG04/JPLL/CT1_JPLL"],
};

export const CT_KINDS = [...Object.keys(SLICES), "mixed"];

/** Slices in a series. */
const SERIES = 50;

/**
 * Writes `count` slices of a kind into folders of fifty below `folder`. More than `copies` of them are links to earlier ones,
 * which are other files to every reader and take no room.
 */
export function writeCtTree(folder: string, kind: string, count: number, copies = count): void {
  const names = kind === "mixed" ? Object.values(SLICES).flat() : SLICES[kind];
  if (names === undefined) throw new Error(`--kind: ${kind} is none of ${CT_KINDS.join(", ")}`);
  const sources = names.map((name) => readFileSync(sharedPath(`data/dicom/${name}`)));
  const pathOf = (i: number) => join(folder, `series${Math.floor(i / SERIES)}`, `slice${i}.dcm`);
  for (let i = 0; i < count; i++) {
    if (i % SERIES === 0) mkdirSync(join(folder, `series${i / SERIES}`), { recursive: true });
    if (i >= copies) linkSync(pathOf(i % copies), pathOf(i));
    else writeFileSync(pathOf(i), withOwnUid(sources[i % sources.length], i));
  }
}

/** The file with the end of its SOPInstanceUID, (0008,0018), replaced by a number of as many digits. */
function withOwnUid(source: Buffer, i: number): Buffer {
  const bytes = Buffer.from(source);
  const tag = bytes.indexOf(Buffer.of(8, 0, 0x18, 0));
  const explicit = bytes.toString("latin1", tag + 4, tag + 6) === "UI";
  const length = explicit ? bytes.readUInt16LE(tag + 6) : bytes.readUInt32LE(tag + 4);
  const end = tag + 8 + length - (bytes[tag + 8 + length - 1] === 0 ? 1 : 0);
  bytes.write(String(i).padStart(6, "1"), end - 6, "latin1");
  return bytes;
}
