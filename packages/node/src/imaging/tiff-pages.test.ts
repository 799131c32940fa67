import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { tiffPages } from "./tiff-pages";

/** A classic TIFF that is directories alone, each with NewSubfileType (4-byte LONG) and nothing else; little endian. */
function directories(...types: readonly number[]): Uint8Array {
  // Header of 8 bytes; each directory has a count (2), one entry (12) and the place of the next (4).
  const bytes = new Uint8Array(8 + 18 * types.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, 8, true);
  types.forEach((type, i) => {
    const at = 8 + 18 * i;
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, 254, true);
    view.setUint16(at + 4, 4, true);
    view.setUint32(at + 6, 1, true);
    view.setUint32(at + 10, type, true);
    view.setUint32(at + 14, i + 1 < types.length ? at + 18 : 0, true);
  });
  return bytes;
}

const stack = (pages: number, options: object) =>
  sharp(Buffer.alloc(8 * 8 * pages, 200), { raw: { width: 8, height: 8 * pages, channels: 1, pageHeight: 8 } })
    .tiff(options)
    .toBuffer();

describe("the pictures of a TIFF", () => {
  test.each([1, 2, 5])("as libvips writes %d", async (pages) => {
    expect(tiffPages(await stack(pages, { compression: "none" }))).toBe(pages);
    expect(tiffPages(await stack(pages, { compression: "none", bigtiff: true }))).toBe(pages);
  });

  test("leave out copies of less resolution and masks", async () => {
    // TIFF 6.0, section 8: bit 0 a reduced copy, bit 1 a page of several, bit 2 a mask.
    expect(tiffPages(directories(0, 1, 4, 5))).toBe(1);
    expect(tiffPages(directories(2, 2, 1))).toBe(2);
    const pyramid = await sharp(Buffer.alloc(512 * 512, 200), { raw: { width: 512, height: 512, channels: 1 } })
      .tiff({ pyramid: true, tile: true })
      .toBuffer();
    expect((await sharp(pyramid).metadata()).pages).toBeGreaterThan(1);
    expect(tiffPages(pyramid)).toBe(1);
  });

  test("end where the chain does: beyond the file, or in itself", () => {
    const cut = directories(0, 0);
    new DataView(cut.buffer).setUint32(8 + 14, 1_000_000, true);
    expect(tiffPages(cut)).toBe(1);
    const ring = directories(0, 0);
    new DataView(ring.buffer).setUint32(26 + 14, 8, true);
    expect(tiffPages(ring)).toBe(10_000);
  });
});
