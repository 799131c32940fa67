/**
 * @file Decoded bytes of every file of the reference material against those of GDCM and DCMTK.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { FoveaError } from "@fovea/core/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { FrameDecoder } from "./frame-decoder";
import { rawFrames } from "./raw-frames";

interface Decoded {
  readonly sha256?: string;
  readonly mean: number;
  readonly std: number;
}

interface Expected {
  readonly path: string;
  readonly lossy: boolean;
  readonly decoders: Readonly<Record<string, Decoded | null>>;
}

/** Refused, and why; what GDCM or DCMTK make of them is said beside each. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  // GDCM fills the missing 62 bytes up.
  "pydicom/test_files/MR_truncated.dcm": /8130 bytes, frame 0 ends at 8192; the file is cut short/,
  // The data set is implicit under a syntax that is explicit; DCMTK refuses it too.
  "pydicom/test_files/SC_rgb_jpeg.dcm": /not a readable DICOM file/,
  // No decoder reads these four.
  "pydicom/test_files/meta_missing_tsyntax.dcm": /TransferSyntaxUID is missing/,
  "pydicom/test_files/nested_priv_SQ.dcm": /not a readable DICOM file/,
  "pydicom-data/data/parametric_map_double_float.dcm": /floating-point pixels, which are not read/,
  "pydicom-data/data/parametric_map_float.dcm": /floating-point pixels, which are not read/,
};

/** Read otherwise than by GDCM and DCMTK: to the same doses as another file, of which each is a variant. */
const OTHERWISE: Readonly<Record<string, string>> = {
  // Words of 32 bits turned round as such; the two turn 16-bit ones.
  "pydicom/test_files/rtdose_expb.dcm": "pydicom/test_files/rtdose.dcm",
  "pydicom/test_files/rtdose_expb_1frame.dcm": "pydicom/test_files/rtdose_1frame.dcm",
  // NumberOfFrames is "1A", which GDCM takes for 1; the pixels are those of 15 frames.
  "pydicom/test_files/badVR.dcm": "pydicom/test_files/rtdose.dcm",
};

const file = (path: string) => sharedPath(`data/dicom/${path}`);

describe.skipIf(!sharedAvailable)("rawFrames, held against GDCM and DCMTK", () => {
  let decoder: FrameDecoder;
  let expected: readonly Expected[] = [];

  beforeAll(() => {
    decoder = new FrameDecoder();
    expected = JSON.parse(readFileSync(file("expected_pixels_shown.json"), "utf8"));
  });
  afterAll(() => decoder.close());

  /** Hash, mean and standard deviation of all samples of a file. */
  async function decode(path: string): Promise<Decoded> {
    const { pixel, pieces } = await rawFrames(file(path), { decoder });
    const hash = createHash("sha256");
    let [count, sum, squares] = [0, 0, 0];
    for await (const bytes of pieces) {
      hash.update(bytes);
      const size = Math.max(1, pixel.bitsAllocated / 8);
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = 0; at + size <= bytes.length; at += size) {
        const value = pixel.signed ? buffer.readIntLE(at, size) : buffer.readUIntLE(at, size);
        count++;
        sum += value;
        squares += value * value;
      }
    }
    const mean = sum / count;
    return { sha256: hash.digest("hex"), mean, std: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  }

  const references = ({ decoders }: Expected) =>
    Object.values(decoders).filter((one): one is Decoded => one?.sha256 !== undefined);

  test("gives the same bytes for lossless files, the same picture for lossy ones, and refuses only known ones", async () => {
    const counts = { lossless: 0, exact: 0, lossy: 0, exactLossy: 0, near: 0 };
    for (const one of expected) {
      const known = references(one);
      if (known.length > 0) counts[one.lossy ? "lossy" : "lossless"]++;
      const decoded = await decode(one.path).catch((error: unknown) => {
        if (!(error instanceof FoveaError)) throw error;
        expect(error.message, one.path).toMatch(REFUSED[one.path] ?? /nothing else is refused/);
        return undefined;
      });
      if (decoded === undefined || known.length === 0) continue;
      const isExact = known.some(({ sha256 }) => sha256 === decoded.sha256);
      if (isExact) counts[one.lossy ? "exactLossy" : "exact"]++;
      else if (one.lossy) {
        const { mean, std } = decoded;
        const near = known.some((other) => Math.abs(other.mean - mean) <= 1 && Math.abs(other.std / std - 1) <= 0.02);
        expect(near, one.path).toBe(true);
        counts.near++;
      } else {
        const twin = OTHERWISE[one.path];
        expect(twin, `${one.path} differs from all decoders`).toBeDefined();
        expect((await decode(twin)).sha256, one.path).toBe(decoded.sha256);
      }
    }
    expect(counts).toEqual({ lossless: 166, exact: 162, lossy: 36, exactLossy: 35, near: 0 });
    expect(counts.exact / counts.lossless).toBeGreaterThanOrEqual(0.97);
  }, 120_000);
});
