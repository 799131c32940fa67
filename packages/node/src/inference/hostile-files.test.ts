import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { PoolMaterial, picture, slowPicture } from "../../test/pool-material";

let material: PoolMaterial;
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(() => material.remove());

const png = await picture();
const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** A PNG (ISO/IEC 15948) whose header claims so many pixels. */
function claimingPng(width: number, height: number): Buffer {
  const bytes = Buffer.from(png);
  // Length and type of IHDR end at 16; its checksum (CRC-32, annex D) follows 13 bytes of content.
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A million and a half private elements without a value: 12 MB of file, far more as objects. */
function manyElements(): Buffer {
  const count = 1_500_000;
  const body = Buffer.alloc(8 * count);
  for (let i = 0; i < count; i++) {
    body.writeUInt16LE(0x3001 + 2 * (i >>> 16), 8 * i);
    body.writeUInt16LE(i & 0xffff, 8 * i + 2);
    body.write("LO", 8 * i + 4);
  }
  const head = dicomBytes(greyElements(4, 4, new Uint8Array(32)).slice(0, -1));
  const pixels = dicomBytes([[0x7fe00010, "OW", new Uint8Array(32)]], { header: false });
  return Buffer.concat([head, body, pixels]);
}

describe("hostile files", () => {
  test("of too many pixels are refused before memory is taken for them", async () => {
    const pool = await material.pool({ limits: { maxPixels: 10_000 } });
    const before = process.memoryUsage().rss;
    await expect(pool.analyse({ bytes: claimingPng(60_000, 60_000), filename: "a.png" })).rejects.toEqual(
      failure("invalid_image", /more than 10000 pixels/),
    );
    const wide = dicomBytes(greyElements(200, 51, new Uint8Array(2 * 200 * 51)));
    await expect(pool.analyse({ bytes: wide, filename: "a.dcm" })).rejects.toEqual(
      failure("invalid_dicom", /51 x 200 pixels, at most 10000/),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    expect((await pool.analyse({ bytes: png, filename: "a.png" })).images).toHaveLength(1);
  });

  test("of too many frames are refused", async () => {
    const pool = await material.pool({ limits: { maxFrames: 2 } });
    const bytes = dicomBytes(greyElements(8, 8, new Uint8Array(3 * 128), [[0x00280008, "IS", "3"]]));
    await expect(pool.analyse({ bytes, filename: "a.dcm" })).rejects.toEqual(
      failure("invalid_dicom", /3 frames, at most 2/),
    );
  });

  test("that are small and grow large are refused: 64 MB of zeros in 64 KB", async () => {
    const pool = await material.pool({ limits: { maxInflated: 2 ** 20 } });
    const bomb = deflateSync(Buffer.alloc(2 ** 26), { level: 9 });
    // Raw deflate (RFC 1951) lies between two bytes of head and four of checksum (RFC 1950).
    const head = dicomBytes([], { transferSyntax: "1.2.840.10008.1.2.1.99" });
    const bytes = Buffer.concat([head, bomb.subarray(2, -4)]);
    await expect(pool.analyse({ bytes, filename: "a.dcm" })).rejects.toEqual(failure("invalid_dicom", /more than/));
  });

  test("that would take all memory as objects are refused: a million and a half elements in 12 MB", async () => {
    const pool = await material.pool();
    await expect(pool.analyse({ bytes: manyElements(), filename: "poison.dcm" })).rejects.toEqual(
      failure("invalid_dicom", /more than 600000 elements/),
    );
  });

  test("that decode for longer than allowed end their thread alone: the others are answered", async () => {
    let replaced = 0;
    const pool = await material.pool({
      decodeMs: 500,
      onReplaced: () => {
        replaced++;
      },
    });
    const slow = { bytes: await slowPicture(), filename: "slow.png" };
    const poison = pool.analyse(slow);
    const others = Array.from({ length: 8 }, () => pool.analyse({ bytes: png, filename: "a.png" }));
    await expect(poison).rejects.toEqual(failure("timed_out", /no answer after 0.5 s/));
    expect((await Promise.all(others)).every(({ images }) => images[0].findings.length === 1)).toBe(true);
    expect(replaced).toBe(1);
    expect((await pool.analyse({ bytes: png, filename: "a.png" })).images).toHaveLength(1);
  });

  test("with a broken frame among good ones say so in its place", async () => {
    const bits8: readonly TestElement[] = [
      [0x00280008, "IS", "3"],
      [0x00280100, "US", [8]],
      [0x00280101, "US", [8]],
      [0x00280102, "US", [7]],
    ];
    const head = dicomBytes(greyElements(64, 64, new Uint8Array(), bits8).slice(0, -1), {
      transferSyntax: "1.2.840.10008.1.2.5",
    });
    // PackBits (PS3.5 annex G): one segment that begins at 64; 129 and a byte are 128 equal pixels.
    const runs = Buffer.alloc(64 + 2 * 32);
    runs.writeUInt32LE(1, 0);
    runs.writeUInt32LE(64, 4);
    for (let i = 0; i < 32; i++) runs.set([129, 200], 64 + 2 * i);
    const noise = Uint8Array.from({ length: 100 }, (_, i) => 3 * i);
    const bytes = Buffer.concat([head, encapsulatedPixelData([runs, noise, runs])]);
    const pool = await material.pool();
    const { images } = await pool.analyse({ bytes, filename: "a.dcm" });
    expect(images.map(({ frame, error }) => [frame, error?.code])).toEqual([
      [0, undefined],
      [1, "invalid_dicom"],
      [2, undefined],
    ]);
    expect(images[1]).toMatchObject({ width: 0, height: 0, findings: [] });
  });

  test("do not put their names, which may be a patient's, into errors", async () => {
    const pool = await material.pool();
    for (const name of ["DOE^JANE.dcm", "DOE^JANE.png"]) {
      const error: Error = await pool.analyse({ bytes: png.subarray(0, 60), filename: name }).catch((thrown) => thrown);
      expect(error.message).not.toContain("JANE");
      expect(error.message.length).toBeGreaterThan(10);
    }
  });
});
