/**
 * @file Small objects as a modality sends them, for tests of the pipeline.
 */
import { dicomBytes, EXPLICIT_LITTLE, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import type { IncomingObject } from "../../src/pacs/peer";

export const CT_CLASS = "1.2.840.10008.5.1.4.1.1.2";

export interface SentInstance {
  readonly incoming: IncomingObject;
  /** Without preamble and file meta information. */
  readonly dataSet: Uint8Array;
}

export interface SentOptions {
  readonly study?: number;
  readonly series?: number;
  readonly transferSyntax?: string;
  readonly sopClass?: string;
  readonly callingAe?: string;
  readonly extra?: readonly TestElement[];
  /** Grey value of all 8 x 8 pixels. */
  readonly grey?: number;
}

export const studyUid = (study = 1) => `2.25.${study}`;
export const seriesUid = (study = 1, series = 1) => `2.25.${study}.${series}`;
export const sopUid = (n: number, study = 1, series = 1) => `2.25.${study}.${series}.${n}`;

/** Instance `n` of a series, 8 x 8 px. */
export function sentInstance(n: number, options: SentOptions = {}): SentInstance {
  const { study = 1, series = 1, transferSyntax = EXPLICIT_LITTLE, sopClass = CT_CLASS, callingAe = "CT1" } = options;
  const sop = sopUid(n, study, series);
  const elements = greyElements(8, 8, new Uint8Array(128).fill(options.grey ?? n), [
    [0x00080016, "UI", sopClass],
    [0x00080018, "UI", sop],
    [0x00080020, "DA", "20261126"],
    [0x00080060, "CS", "CT"],
    [0x0008103e, "LO", "Thorax 1.0"],
    [0x00100010, "PN", "Curie^Marie"],
    [0x00100020, "LO", "P-4711"],
    [0x00180015, "CS", "CHEST"],
    [0x0020000d, "UI", studyUid(study)],
    [0x0020000e, "UI", seriesUid(study, series)],
    [0x00200011, "IS", String(series)],
    [0x00200013, "IS", String(n)],
    ...(options.extra ?? []),
  ]);
  return {
    incoming: { sopClassUid: sopClass, sopUid: sop, transferSyntaxUid: transferSyntax, callingAe },
    dataSet: dicomBytes(elements, { transferSyntax, header: false }),
  };
}
