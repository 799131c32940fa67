/**
 * @file De-identification on arrival: what is kept never says whose it is; who it was lies apart, sealed.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Profile } from "@fovea/core/dicom/deidentify/profile";
import { deidentifyFile } from "../deidentify/deidentify-file";
import { loadDictionary } from "../deidentify/dictionary";
import { makeKey, readKey } from "../deidentify/secret-key";
import { FrameDecoder } from "../dicom/frame-decoder";
import { readFileHeader } from "../pacs/part10";
import type { IdentityMap, IdentityPair } from "../store/identity-map";
import { type InstanceHead, type ReadHeadOptions, readInstanceHead } from "./instance-head";

export interface ArrivalDeidentifier {
  /** @throws {FoveaError} `invalid_dicom`, `unsupported_dicom`: the object must be refused */
  deidentify(file: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The Basic Profile, with dates moved by the same number of days for each patient, so that the order of studies remains.
 * Descriptions, stations and the like are gone with it: routing rules can only ask for modality, body part and calling AE.
 */
const PROFILE: Profile = new Set(["retain-modified-dates"] as const);

/** @param keyFile of the secret key that pseudonyms follow from; made if it is not there */
export async function openArrivalDeidentifier(
  keyFile: string,
  identityMap: Pick<IdentityMap, "keep">,
  options: ReadHeadOptions = {},
): Promise<ArrivalDeidentifier> {
  if (!existsSync(keyFile)) {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
    await makeKey(keyFile);
  }
  const [key, dictionary] = [await readKey(keyFile), await loadDictionary()];
  const decoder = new FrameDecoder();
  return {
    deidentify: async (file) => {
      const { bytes } = await deidentifyFile(file, "the object", { key, dictionary, decoder, profile: PROFILE });
      // Before the object counts: one that nobody can find again would be lost.
      await identityMap.keep(pairs(headOf(file, options), headOf(bytes, options)));
      return bytes;
    },
    close: () => decoder.close(),
  };
}

function headOf(file: Uint8Array, options: ReadHeadOptions): InstanceHead {
  const header = readFileHeader(file, true);
  if (header === undefined) throw new Error("unreachable: a whole file has a header");
  return readInstanceHead(file.subarray(header.dataSetStart), header, options).instance;
}

function pairs(before: InstanceHead, after: InstanceHead): IdentityPair[] {
  const values: readonly (readonly [kind: string, before?: string, after?: string])[] = [
    ["patient_id", before.patient.PatientID, after.patient.PatientID],
    ["patient_name", before.patient.PatientName, after.patient.PatientName],
    ["accession_number", before.patient.AccessionNumber, after.patient.AccessionNumber],
    ["study_uid", before.studyUid, after.studyUid],
    ["series_uid", before.seriesUid, after.seriesUid],
    ["sop_uid", before.sopUid, after.sopUid],
  ];
  return values.flatMap(([kind, original, newValue]) =>
    original !== undefined && newValue !== undefined && original !== newValue ? [{ kind, newValue, original }] : [],
  );
}
