import { describe, expect, test } from "vitest";
import { dicomBytes, EXPLICIT_LITTLE, type TestElement } from "../../../core/test/dicom-bytes";
import { CT_CLASS, sopUid } from "../../test/service/sent-instance";
import { IncomingHead } from "./incoming-head";

const MIB = 2 ** 20;
const META = { sopClassUid: CT_CLASS, sopUid: sopUid(1), transferSyntaxUid: EXPLICIT_LITTLE };
const BEFORE: readonly TestElement[] = [
  [0x00080016, "UI", CT_CLASS],
  [0x00080018, "UI", sopUid(1)],
  [0x00080060, "CS", "CT"],
  [0x0020000d, "UI", "2.25.1"],
  [0x0020000e, "UI", "2.25.1.1"],
];
const SIZE: readonly TestElement[] = [
  [0x00280010, "US", [8]],
  [0x00280011, "US", [8]],
  [0x7fe00010, "OW", new Uint8Array(128)],
];

function part(elements: readonly TestElement[]): Buffer {
  return Buffer.from(dicomBytes(elements, { header: false }));
}

/** A private element (0021,1010) of VR OB, PS3.5 7.1.2. */
function privateElement(bytes: number): Buffer {
  const head = Buffer.from([0x21, 0, 0x10, 0x10, 0x4f, 0x42, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes, 8);
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}

/** In pieces as a PDU brings them, in memory that is used again. */
function headOf(dataSet: Uint8Array, pieceBytes = 128 * 1024) {
  const head = new IncomingHead(META);
  const memory = new Uint8Array(pieceBytes);
  let takenAt: number | undefined;
  for (let at = 0; at < dataSet.length; at += pieceBytes) {
    const piece = dataSet.subarray(at, at + pieceBytes);
    memory.set(piece);
    head.take(memory.subarray(0, piece.length));
    memory.fill(0xee);
    if (head.read !== undefined) takenAt ??= at;
  }
  return { ...head.end().instance, takenAt };
}

describe("the head of an object that comes in", () => {
  test.each([0, 1.1, 3, 15])("says its size behind a private element of %d MiB", (mib) => {
    const dataSet = Buffer.concat([part(BEFORE), privateElement(2 * Math.round((mib * MIB) / 2)), part(SIZE)]);
    for (const piece of [4096, 128 * 1024]) {
      const instance = headOf(dataSet, piece);
      expect(instance).toMatchObject({ studyUid: "2.25.1", modality: "CT", rows: 8, columns: 8, frames: 1 });
      expect(instance).not.toHaveProperty("sizeUnknown");
    }
  });

  test("is known as soon as the size has come, whatever is still to come", () => {
    const dataSet = Buffer.concat([part(BEFORE), part(SIZE.slice(0, 2)), privateElement(2 * MIB)]);
    expect(headOf(dataSet).takenAt).toBe(0);
  });

  test.each([
    ["lies further behind than is looked", [privateElement(17 * MIB), part(SIZE)]],
    ["lies behind more elements than are read", [...Array(2 ** 17).fill(privateElement(0)), part(SIZE)]],
    // 100 bytes are there, a thousand are announced.
    ["is not reached, the length of an element being wrong", [privateElement(1000).subarray(0, 112), part(SIZE)]],
    ["is missing where there are pixels", [part(SIZE.slice(2))]],
    ["is nought", [part([[0x00280010, "US", [0]], [0x00280011, "US", [8]], SIZE[2]])]],
    ["has frames beyond all reason", [part([[0x00280008, "IS", "200000000"], ...SIZE])]],
  ])("counts as that of an image, of unknown size, where the size %s", (_, rest) => {
    const instance = headOf(Buffer.concat([part(BEFORE), ...rest]));
    expect(instance).toMatchObject({ sizeUnknown: true, rows: 0, columns: 0, frames: 1, seriesUid: "2.25.1.1" });
  });

  test("says of an object that was read to its end that it has no pixels", () => {
    const instance = headOf(part(BEFORE));
    expect(instance).toMatchObject({ rows: 0, columns: 0 });
    expect(instance).not.toHaveProperty("sizeUnknown");
  });

  // As many as the record lists (65,536), and one more.
  test.each([
    ["65536", 65_536, 8],
    ["65537", 1, 0],
  ])("with %s frames counts %d", (text, frames, rows) => {
    expect(headOf(part([...BEFORE, [0x00280008, "IS", text], ...SIZE]))).toMatchObject({ frames, rows });
  });
});
