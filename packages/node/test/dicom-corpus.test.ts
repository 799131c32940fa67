/**
 * @file Decoded pixels of public test files against GDCM and DCMTK, compared by the sha256 of their bytes.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import type { ImagePixel } from "@fovea/core/dicom/pixel-data";
import type { StoredValues } from "@fovea/core/dicom/stored-values";
import { FoveaError } from "@fovea/core/errors";
import { afterAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { FrameDecoder } from "../src/dicom/frame-decoder";
import { rawFrames } from "../src/dicom/raw-frames";
import { readStoredValues } from "../src/dicom/read-dicom";

interface Expected {
  readonly path: string;
  readonly decoders: Readonly<Record<string, { sha256?: string; planar?: number; photometric?: string } | null>>;
}

/** Files that cannot be compared, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "pydicom/test_files/MR_truncated.dcm": "cut short", // GDCM fills up with zeros
  "pydicom/test_files/SC_rgb_jpeg.dcm": "not a readable DICOM file", // implicit VR under an explicit syntax; DCMTK fails too
  "pydicom/test_files/meta_missing_tsyntax.dcm": "TransferSyntaxUID is missing",
  "pydicom/test_files/nested_priv_SQ.dcm": "not a readable DICOM file", // no image
  "pydicom-data/data/parametric_map_double_float.dcm": "floating-point pixels",
  "pydicom-data/data/parametric_map_float.dcm": "floating-point pixels",
};

/** Read otherwise than by GDCM and DCMTK; a twin shows what is right. */
const TWINS: Readonly<Record<string, string>> = {
  // NumberOfFrames is "1A", which GDCM takes for 1; the pixels are those of 15 frames.
  "pydicom/test_files/badVR.dcm": "pydicom/test_files/rtdose.dcm",
  // The two turn 16-bit words round in 32-bit big endian files.
  "pydicom/test_files/rtdose_expb.dcm": "pydicom/test_files/rtdose.dcm",
  "pydicom/test_files/rtdose_expb_1frame.dcm": "pydicom/test_files/rtdose_1frame.dcm",
};

const decoder = new FrameDecoder();
afterAll(() => decoder.close());

function* frames(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** Every frame's values as the file would store them uncompressed and little endian. */
async function storedBytes(path: string, planar: boolean): Promise<Buffer> {
  const dataSet = parseDataSet(readFileSync(sharedPath(`data/dicom/${path}`)), path);
  const first = await readStoredValues(dataSet, { decoder });
  const parts = [pack(first.values, first.pixel, planar)];
  for (const frame of frames(first.pixel.frames)) {
    if (frame > 0) parts.push(pack((await readStoredValues(dataSet, { frame, decoder })).values, first.pixel, planar));
  }
  return first.pixel.bitsAllocated === 1 ? packBits(parts) : Buffer.concat(parts);
}

function pack(values: StoredValues, pixel: ImagePixel, planar: boolean): Buffer {
  const type = { 1: Uint8Array, 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }[pixel.bitsAllocated];
  let ordered = new type(values);
  if (planar && pixel.samplesPerPixel === 3) {
    const size = values.length / 3;
    for (let i = 0; i < values.length; i++) ordered[(i % 3) * size + Math.floor(i / 3)] = values[i];
  }
  if (pixel.photometricInterpretation === "YBR_FULL_422") {
    const pairs = new type((values.length / 3) * 2);
    for (let i = 0, at = 0; i < values.length; i += 6) {
      for (const sample of [0, 3, 1, 2]) pairs[at++] = values[i + sample];
    }
    ordered = pairs;
  }
  return Buffer.from(ordered.buffer, ordered.byteOffset, ordered.byteLength);
}

/** Frames of one bit follow one another without a gap. */
function packBits(parts: readonly Buffer[]): Buffer {
  const bits = Buffer.concat(parts);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3] |= bits[i] << (i & 7);
  return bytes;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe.skipIf(!sharedAvailable)("decoded pixels equal those of GDCM or DCMTK", () => {
  const expected: Expected[] = sharedAvailable
    ? JSON.parse(readFileSync(sharedPath("data/dicom/expected_pixels_shown.json"), "utf8"))
    : [];

  test.each(expected.filter(({ path }) => !(path in REFUSED) && !(path in TWINS)))(
    "$path",
    async ({ path, decoders }) => {
      const answers = Object.values(decoders).flatMap((answer) => (answer?.sha256 ? [answer] : []));
      const bytes = await storedBytes(
        path,
        answers.some(({ planar }) => planar === 1),
      );
      // Some answers end with the byte that makes an odd length even.
      const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length & 1)]);
      const hashes = answers.map((answer) => answer.sha256);
      expect(hashes).toSatisfy(() => hashes.includes(sha256(bytes)) || hashes.includes(sha256(padded)));
      // `fovea dicom decode` writes the same without going through values.
      const { pieces } = await rawFrames(sharedPath(`data/dicom/${path}`), { decoder });
      const raw: Uint8Array[] = [];
      for await (const piece of pieces) raw.push(piece);
      expect(hashes).toContain(sha256(Buffer.concat(raw)));
    },
  );

  test.each(Object.entries(TWINS))("%s equals its twin", async (path, twin) => {
    expect(sha256(await storedBytes(path, false))).toBe(sha256(await storedBytes(twin, false)));
  });

  // No reference: both decoders of the pool predate the syntax or its use for bits; the uncompressed twin is the answer.
  test.each(["pydicom-data/data/liver_rle.dcm", "pydicom-data/data/liver_deflate.dcm"])(
    "%s equals its uncompressed twin",
    async (path) => {
      expect(sha256(await storedBytes(path, false))).toBe(
        sha256(await storedBytes("pydicom-data/data/liver.dcm", false)),
      );
    },
  );

  test.each(Object.entries(REFUSED))("%s is refused: %s", async (path, reason) => {
    const error = await storedBytes(path, false).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FoveaError);
    expect((error as FoveaError).message).toContain(reason);
    expect((error as FoveaError).message).toContain(path);
  });
});
