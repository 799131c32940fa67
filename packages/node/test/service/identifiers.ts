/**
 * @file Patients for tests of what leaks: images with everything that names them, and a search for it in every writing that a file
 * or a log may hold it in.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileHeader } from "@fovea/node/pacs/part10";
import { dicomBytes, EXPLICIT_LITTLE, greyElements, type TestElement } from "../../../core/test/dicom-bytes";

const CT_CLASS = "1.2.840.10008.5.1.4.1.1.2";

/** Somebody who is not there, and how the images say so. */
export interface MadePatient {
  /** Defined term of SpecificCharacterSet; absent: ASCII. */
  readonly characterSet?: string;
  /** Values of the attributes, in that character set. */
  readonly attributes: readonly TestElement[];
  /** What must be found nowhere. */
  readonly identifiers: readonly (string | Uint8Array)[];
  /** Number of the study, in its UIDs. */
  readonly study: number;
}

export const APOLONIA: MadePatient = {
  study: 771_001,
  attributes: [
    [0x00080050, "SH", "ACC-90210-X"],
    [0x00080090, "PN", "Quackenbush^Hortensia"],
    [0x00081030, "LO", "Follow-up of Grzegorzewska"],
    [0x0008103e, "LO", "Thorax Apolonia"],
    [0x00100010, "PN", "Grzegorzewska^Apolonia"],
    [0x00100020, "LO", "PID-771-ALPHA"],
    [0x00100030, "DA", "19530714"],
    [0x00101040, "LO", "17 Marmalade Lane"],
    [0x00102154, "SH", "+48 555 0147 23"],
    [0x00104000, "LT", "Prefers to be called Polcia"],
    [0x00200010, "SH", "SID-5523-Q"],
  ],
  identifiers: [
    ...["ACC-90210-X", "Quackenbush", "Hortensia", "Grzegorzewska", "Apolonia", "PID-771-ALPHA", "19530714"],
    ...["1953-07-14", "Marmalade", "555 0147", "Polcia", "SID-5523-Q"],
  ],
};

const utf8 = (text: string) => Uint8Array.from(Buffer.from(text, "utf8"));
/** 张^小东 in GB18030. */
const XIAODONG_GB18030 = Uint8Array.from([0xd5, 0xc5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab]);

export const XIAODONG: MadePatient = {
  study: 771_002,
  characterSet: "ISO_IR 192",
  attributes: [
    [0x00080050, "SH", utf8("检查-88412-Z")],
    [0x00080090, "PN", utf8("Ouyang^Mingzhu=欧阳^明珠")],
    [0x00100010, "PN", utf8("Zhang^Xiaodong=张^小东")],
    [0x00100020, "LO", utf8("病历-0042-甲乙")],
    [0x00100030, "DA", "19671103"],
  ],
  identifiers: [
    "检查-88412",
    "88412-Z",
    "Mingzhu",
    "欧阳^明珠",
    "明珠",
    "Xiaodong",
    "张^小东",
    "小东",
    "病历-0042",
    "19671103",
  ],
};

export const XIAODONG_AS_GB: MadePatient = {
  study: 771_003,
  characterSet: "GB18030",
  attributes: [
    [0x00100010, "PN", XIAODONG_GB18030],
    [0x00100020, "LO", "GB-PID-5150-K"],
  ],
  identifiers: [XIAODONG_GB18030, "GB-PID-5150-K"],
};

export const studyOf = ({ study }: MadePatient) => `2.25.90417.${study}`;
export const sopOf = (patient: MadePatient, n: number) => `${studyOf(patient)}.1.${n}`;

/** A CT slice of 8 x 8 px, as a whole file. */
export function imageOf(patient: MadePatient, n: number, extra: readonly TestElement[] = []): Buffer {
  const sopUid = sopOf(patient, n);
  const elements = greyElements(8, 8, new Uint8Array(128).fill(200 + n), [
    ...(patient.characterSet === undefined ? [] : [[0x00080005, "CS", patient.characterSet] as const]),
    [0x00080016, "UI", CT_CLASS],
    [0x00080018, "UI", sopUid],
    [0x00080020, "DA", "20260102"],
    [0x00080060, "CS", "CT"],
    [0x0020000d, "UI", studyOf(patient)],
    [0x0020000e, "UI", `${studyOf(patient)}.1`],
    [0x00200011, "IS", "1"],
    [0x00200013, "IS", String(n)],
    ...patient.attributes,
    ...extra,
  ]);
  const meta = { sopClassUid: CT_CLASS, sopUid, transferSyntaxUid: EXPLICIT_LITTLE };
  return Buffer.concat([fileHeader(meta), dicomBytes(elements, { header: false })]);
}

/** As `send` of a peer takes it. */
export function outgoing(patient: MadePatient, n: number, extra: readonly TestElement[] = []) {
  const bytes = imageOf(patient, n, extra);
  return { sopClassUid: CT_CLASS, sopUid: sopOf(patient, n), transferSyntaxUid: EXPLICIT_LITTLE, bytes };
}

/**
 * Writings of an identifier: as it is, UTF-16, GB18030 where it came so, hexadecimal, base64 at each of its three places, and as
 * JSON, URLs and HTML escape it.
 */
export function writingsOf(identifier: string | Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(identifier as string);
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // The first and last letters hold bits of the neighbours.
    return text.slice(before === 0 ? 0 : before + 1, -1);
  });
  const texts = [bytes.toString("hex"), bytes.toString("hex").toUpperCase(), ...encoded];
  if (typeof identifier === "string") {
    const escaped = [...identifier].map((letter) =>
      letter > "~" ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter,
    );
    const entities = [...identifier].map((letter) => (letter > "~" ? `&#${letter.codePointAt(0)};` : letter));
    texts.push(escaped.join(""), entities.join(""), encodeURIComponent(identifier));
  }
  const wide = typeof identifier === "string" ? [Buffer.from(identifier, "utf16le")] : [];
  return [bytes, ...wide, ...texts.map((text) => Buffer.from(text, "latin1"))];
}

/** The identifiers of which one writing stands in `content`. */
export function foundIn(content: Buffer, identifiers: readonly (string | Uint8Array)[]): string[] {
  const folded = Buffer.from(content.toString("latin1").toLowerCase(), "latin1");
  return identifiers.flatMap((identifier) => {
    const plain = Buffer.from(identifier as string);
    const lower = typeof identifier === "string" && /^[ -~]*$/.test(identifier) ? identifier.toLowerCase() : undefined;
    const there =
      writingsOf(identifier).some((writing) => content.includes(writing)) ||
      (lower !== undefined && folded.includes(lower));
    return there ? [plain.toString("utf8")] : [];
  });
}

/** Every file below a folder, by its path within. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), readFileSync(path));
  }
  return files;
}
