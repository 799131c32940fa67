/**
 * @file Writes new DICOM objects, Explicit VR Little Endian with header (PS3.10).
 *
 * For objects made here only: a received one is never rewritten, because the library drops private elements.
 */
import { EXPLICIT_LITTLE } from "@fovea/core/dicom/transfer-syntax";
import { IMPLEMENTATION_CLASS } from "./implementation";

/** Values by PS3.6 keyword: text, numbers, arrays of them, items of a sequence, bytes in an array. */
export type NewAttributes = Readonly<Record<string, unknown>> & {
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
};

/** This software as a writer of files (PS3.10 7.1). */
export const IMPLEMENTATION = { classUid: IMPLEMENTATION_CLASS, version: "FOVEA" };

type Dcmjs = typeof import("dcmjs")["default"];
let library: Promise<Dcmjs> | undefined;

/** The library, loaded when it is first needed, and silenced: it prints values of patients to the console. */
export function dcmjsLibrary(): Promise<Dcmjs> {
  library ??= import("dcmjs").then(({ default: dcmjs }) => {
    dcmjs.log.setLevel("silent");
    return dcmjs;
  });
  return library;
}

/** A file with `attributes`; `PixelData` is an array with one ArrayBuffer, written as OW. */
export async function encodeDicom(attributes: NewAttributes): Promise<Uint8Array> {
  const { data } = await dcmjsLibrary();
  const dict = data.datasetToDict({
    ...attributes,
    _vrMap: { PixelData: "OW" },
    _meta: { TransferSyntaxUID: { vr: "UI", Value: [EXPLICIT_LITTLE] } },
  });
  dict.meta["00020012"] = { vr: "UI", Value: [IMPLEMENTATION.classUid] };
  dict.meta["00020013"] = { vr: "SH", Value: [IMPLEMENTATION.version] };
  return new Uint8Array(dict.write());
}
