/**
 * @file VRs and keywords of PS3.6 by tag, from the dictionary that dcmjs carries.
 */
import type { Dictionary } from "@fovea/core/dicom/deidentify/element";
import { dcmjsLibrary } from "../dicom/write-dicom";

/** VRs that depend on other attributes, as the dictionary writes them; both choices are numbers of the same length. */
const AMBIGUOUS: Readonly<Record<string, string>> = { xs: "US", ox: "OW", lt: "US", up: "UL" };

/** Loads the dictionary once; private tags have no entry. */
export async function loadDictionary(): Promise<Dictionary> {
  const { dictionary } = (await dcmjsLibrary()).data.DicomMetaDictionary;
  const known = new Map<number, ReturnType<Dictionary>>();
  return (tag) => {
    if (!known.has(tag)) known.set(tag, look(tag, dictionary));
    return known.get(tag);
  };
}

function look(tag: number, dictionary: Readonly<Record<string, { vr: string; name: string } | undefined>>) {
  if ((tag >>> 16) % 2 === 1) return undefined;
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  const entry = dictionary[`(${hex.slice(0, 4)},${hex.slice(4)})`];
  return entry && { vr: AMBIGUOUS[entry.vr] ?? entry.vr, keyword: entry.name.replace(/^RETIRED_/, "") };
}
