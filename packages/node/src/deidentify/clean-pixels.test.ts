import { encoded, encodedItem, encodedText, header } from "@fovea/core/dicom/deidentify/encode";
import { fileLayout } from "@fovea/core/dicom/deidentify/file-layout";
import { HeaderValues, pixelDataOf } from "@fovea/core/dicom/deidentify/pixel-regions";
import { joined } from "@fovea/core/dicom/joined-bytes";
import { expect, test } from "vitest";
import { FrameDecoder } from "../dicom/frame-decoder";
import { deidentifyFile } from "./deidentify-file";
import { loadDictionary } from "./dictionary";
import { SecretKey } from "./secret-key";

const EXPLICIT = { explicit: true, bigEndian: false } as const;
const dictionary = await loadDictionary();
const key = new SecretKey(new TextEncoder().encode("a key of sixteen bytes"));

const text = (tag: number, vr: string, value: string) => encodedText(tag, vr, value, EXPLICIT);
const short = (tag: number, ...values: number[]) =>
  encoded(tag, "US", new Uint8Array(Uint16Array.from(values).buffer), EXPLICIT);

/** Two pixels beside each other, the first in an ultrasound region, 8 bit. */
function picture(photometric: string, samples: number, syntax: string, rest: readonly Uint8Array[]): Uint8Array {
  const prefix = new Uint8Array(132);
  prefix.set([0x44, 0x49, 0x43, 0x4d], 128);
  const corner = (tag: number) => encoded(tag, "UL", new Uint8Array(4), EXPLICIT);
  const region = encodedItem(joined([0x00186018, 0x0018601a, 0x0018601c, 0x0018601e].map(corner)), EXPLICIT);
  return joined([
    ...[prefix, text(0x00020010, "UI", syntax), text(0x00080018, "UI", "1.2.3.4"), text(0x00080060, "CS", "US")],
    ...[text(0x00100020, "LO", "4711"), header(0x00186011, "SQ", region.length, EXPLICIT), region],
    ...[short(0x00280002, samples), text(0x00280004, "CS", photometric), short(0x00280006, 0)],
    ...[short(0x00280010, 1), short(0x00280011, 2), short(0x00280100, 8), short(0x00280101, 8), short(0x00280102, 7)],
    ...[short(0x00280103, 0), text(0x00280301, "CS", "YES"), ...rest],
  ]);
}

async function cleaned(source: Uint8Array, blank = [{ x: 5, y: 5, width: 1, height: 1 }]) {
  const decoder = new FrameDecoder();
  const profile = new Set(["clean-pixel"] as const);
  try {
    const { bytes, warnings } = await deidentifyFile(source, "a.dcm", { key, profile, dictionary, decoder, blank });
    const layout = fileLayout(bytes, "a.dcm", dictionary);
    const values = new HeaderValues(layout.elements, layout.body);
    const { valueStart = 0, valueEnd = 0 } = pixelDataOf(layout) ?? {};
    const pixels = [...layout.body.subarray(valueStart, valueEnd)];
    return { pixels, photometric: values.text(0x00280004), burnedIn: values.text(0x00280301), warnings };
  } finally {
    await decoder.close();
  }
}

const NATIVE = "1.2.840.10008.1.2.1";

test("black under a palette is its darkest entry", async () => {
  const descriptor = (tag: number) => short(tag, 4, 0, 8);
  // Light of the entries 0 to 3: 765, 60, 9, 300.
  const data = (tag: number) => encoded(tag, "OW", Uint8Array.of(255, 20, 3, 100), EXPLICIT);
  const source = picture("PALETTE COLOR", 1, NATIVE, [
    ...[0x00281101, 0x00281102, 0x00281103].map(descriptor),
    ...[0x00281201, 0x00281202, 0x00281203].map(data),
    encoded(0x7fe00010, "OB", Uint8Array.of(1, 1), EXPLICIT),
  ]);
  expect((await cleaned(source)).pixels).toEqual([1, 2]);
});

test("compressed YBR_FULL becomes RGB", async () => {
  // RLE (PS3.5 Annex G): three segments of two literal bytes each, at 64, 68 and 72.
  const rle = new Uint8Array(76);
  rle.set(new Uint8Array(Uint32Array.of(3, 64, 68, 72).buffer));
  rle.set([1, 100, 100, 0, 1, 128, 128, 0, 1, 228, 228, 0], 64);
  const pixels = joined([
    header(0x7fe00010, "OB", 0xffffffff, EXPLICIT),
    header(0xfffee000, "", 0, { ...EXPLICIT, explicit: false }),
    encodedItem(rle, EXPLICIT),
    header(0xfffee0dd, "", 0, { ...EXPLICIT, explicit: false }),
  ]);
  const result = await cleaned(picture("YBR_FULL", 3, "1.2.840.10008.1.2.5", [pixels]));
  expect(result.photometric).toBe("RGB");
  // Y 100, Cb 128, Cr 228: R = 100 + 1.402 x 100, G = 100 - 0.714136 x 100, B = 100 (PS3.3 C.7.6.3.1.2).
  expect(result.pixels).toEqual([240, 29, 100, 0, 0, 0]);
});

test("BurnedInAnnotation says NO only where rectangles were given", async () => {
  const source = picture("MONOCHROME2", 1, NATIVE, [encoded(0x7fe00010, "OB", Uint8Array.of(9, 9), EXPLICIT)]);
  const given = await cleaned(source, [{ x: 0, y: 0, width: 1, height: 1 }]);
  expect([given.burnedIn, ...given.pixels]).toEqual(["NO", 0, 0]);
  const regions = await cleaned(source, []);
  expect([regions.burnedIn, ...regions.pixels]).toEqual(["YES", 9, 0]);
  expect(regions.warnings.join()).toContain("text inside of them stays");
});
