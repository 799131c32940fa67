/**
 * @file A made CT series of a patient with a Chinese name: air, with bright squares in some slices.
 */
import { fileHeader } from "@fovea/node/pacs/part10";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { dicomBytes, EXPLICIT_LITTLE, type TestElement } from "../../packages/core/test/dicom-bytes";

export const COLUMNS = 320;
export const ROWS = 256;
export const SLICES = 12;
/** Millimetres: rows lie closer than columns, so that width and height cannot be mistaken for one another. */
export const SPACING = { row: 0.5, column: 0.75 } as const;
/** Of the squares' sides, pixels. */
export const SPOT_SIDE = 40;
const CT_CLASS = "1.2.840.10008.5.1.4.1.1.2";
const AIR = -1000;
const INTERCEPT = -1024;

export interface Spot {
  /** Slice, from 1. */
  readonly slice: number;
  /** Left and upper corner, pixels. */
  readonly x: number;
  readonly y: number;
  /** Hounsfield units. In the window of -160 to 240 HU, 200 is a grey of .9, 80 one of .6. */
  readonly value: number;
}

export const SPOTS: readonly Spot[] = [
  { slice: 4, x: 120, y: 88, value: 200 },
  { slice: 5, x: 120, y: 88, value: 200 },
  { slice: 5, x: 240, y: 128, value: 80 },
  { slice: 6, x: 120, y: 88, value: 200 },
  { slice: 9, x: 40, y: 168, value: 80 },
];

/** Whatever of the patient goes in, and must not come out in a log. */
export const PATIENT = {
  id: "P-80211746",
  accession: "A-55120398",
  birthDate: "19610423",
  /** The example of PS3.5 annex J, in GB18030 and in Unicode. */
  nameBytes: Uint8Array.from([
    ...Buffer.from("Wang^XiaoDong=", "latin1"),
    ...[0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab],
  ]),
  name: "Wang^XiaoDong=王^小东",
} as const;

export interface SpotSeries {
  readonly studyUid: string;
  readonly seriesUid: string;
  /** By slice, as files. */
  readonly slices: readonly (OutgoingObject & { readonly pixels: Uint8Array })[];
}

/** Another series for each `number`. */
export function spotSeries(number: number): SpotSeries {
  const studyUid = `2.25.8021174600${number}`;
  const seriesUid = `${studyUid}.1`;
  const slices = Array.from({ length: SLICES }, (_, i) => {
    const sopUid = `${seriesUid}.${i + 1}`;
    const pixels = pixelsOf(i + 1);
    const dataSet = dicomBytes(elementsOf(i + 1, { studyUid, seriesUid, sopUid, pixels }), { header: false });
    const meta = { sopClassUid: CT_CLASS, sopUid, transferSyntaxUid: EXPLICIT_LITTLE };
    return { ...meta, pixels, bytes: Buffer.concat([fileHeader(meta), dataSet]) };
  });
  return { studyUid, seriesUid, slices };
}

/** Stored values, 16 bits, little endian. */
function pixelsOf(slice: number): Uint8Array {
  const values = Int16Array.from({ length: ROWS * COLUMNS }, (_, i) => AIR - INTERCEPT + ((i * 7 + slice) % 24));
  for (const { x, y, value } of SPOTS.filter((spot) => spot.slice === slice)) {
    for (let row = y; row < y + SPOT_SIDE; row++)
      values.fill(value - INTERCEPT, row * COLUMNS + x, row * COLUMNS + x + SPOT_SIDE);
  }
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setInt16(2 * i, value, true);
  return bytes;
}

type Identity = Readonly<Record<"studyUid" | "seriesUid" | "sopUid", string>> & { readonly pixels: Uint8Array };

function elementsOf(slice: number, { studyUid, seriesUid, sopUid, pixels }: Identity): TestElement[] {
  return [
    [0x00080005, "CS", "GB18030"],
    [0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"],
    [0x00080016, "UI", CT_CLASS],
    [0x00080018, "UI", sopUid],
    [0x00080020, "DA", "20261126"],
    [0x00080023, "DA", "20261126"],
    [0x00080030, "TM", "081500"],
    [0x00080033, "TM", "081530"],
    [0x00080050, "SH", PATIENT.accession],
    [0x00080060, "CS", "CT"],
    [0x00080070, "LO", "Made for a test"],
    [0x00080090, "PN", ""],
    [0x0008103e, "LO", "Thorax 1.0"],
    [0x00100010, "PN", PATIENT.nameBytes],
    [0x00100020, "LO", PATIENT.id],
    [0x00100030, "DA", PATIENT.birthDate],
    [0x00100040, "CS", "M"],
    [0x00180015, "CS", "CHEST"],
    [0x00180050, "DS", "1"],
    [0x00180060, "DS", "120"],
    [0x0020000d, "UI", studyUid],
    [0x0020000e, "UI", seriesUid],
    [0x00200010, "SH", "1"],
    [0x00200011, "IS", "2"],
    [0x00200012, "IS", "1"],
    [0x00200013, "IS", String(slice)],
    [0x00200032, "DS", `-120\\-64\\${slice}`],
    [0x00200037, "DS", "1\\0\\0\\0\\1\\0"],
    [0x00200052, "UI", `${studyUid}.9`],
    [0x00201040, "LO", ""],
    [0x00280002, "US", [1]],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", [ROWS]],
    [0x00280011, "US", [COLUMNS]],
    [0x00280030, "DS", `${SPACING.row}\\${SPACING.column}`],
    [0x00280100, "US", [16]],
    [0x00280101, "US", [12]],
    [0x00280102, "US", [11]],
    [0x00280103, "US", [0]],
    [0x00281050, "DS", "40"],
    [0x00281051, "DS", "400"],
    [0x00281052, "DS", String(INTERCEPT)],
    [0x00281053, "DS", "1"],
    [0x00281054, "LO", "HU"],
    [0x7fe00010, "OW", pixels],
  ];
}
