/**
 * @file A profile of sRGB as colour presentation states must hold one (PS3.3 C.11.15): ICC.1:2001-04, version 2, input
 * device, three matrix columns and a curve.
 *
 * Primaries are those of IEC 61966-2-1 adapted to D50 by Bradford's method; the curve is its transfer function at 1024
 * places.
 */

/** s15Fixed16: XYZ of white, red, green and blue. */
const XYZ = {
  wtpt: [0.9642, 1, 0.82491],
  rXYZ: [0.43607, 0.22249, 0.01392],
  gXYZ: [0.38515, 0.71687, 0.09708],
  bXYZ: [0.14307, 0.06061, 0.7141],
} as const;

const DESCRIPTION = "sRGB IEC61966-2.1";
const COPYRIGHT = "No copyright, use freely";
const CURVE_POINTS = 1024;

/** The profile's bytes. */
export const SRGB_PROFILE: Uint8Array = profile();

function profile(): Uint8Array {
  const curve = curveTag();
  const tags: [signature: string, content: Uint8Array][] = [
    ["desc", descriptionTag()],
    ["cprt", textTag()],
    ...Object.entries(XYZ).map(([name, value]): [string, Uint8Array] => [name, xyzTag(value)]),
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ];
  const contents = [...new Set(tags.map(([, content]) => content))];
  const offsets = new Map<Uint8Array, number>();
  let size = 128 + 4 + 12 * tags.length;
  for (const content of contents) {
    offsets.set(content, size);
    size += content.length;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  writeHeader(bytes, view);
  view.setUint32(128, tags.length);
  for (const [i, [signature, content]] of tags.entries()) {
    const at = 132 + 12 * i;
    writeText(bytes, at, signature);
    view.setUint32(at + 4, offsets.get(content) ?? 0);
    view.setUint32(at + 8, content.length);
  }
  for (const content of contents) bytes.set(content, offsets.get(content));
  return bytes;
}

/** ICC.1:2001-04 6.1. */
function writeHeader(bytes: Uint8Array, view: DataView): void {
  view.setUint32(0, bytes.length);
  view.setUint32(8, 0x02400000);
  writeText(bytes, 12, "scnrRGB XYZ ");
  // Made on the day the specification came out, so that the bytes never change.
  for (const [i, part] of [2001, 4, 1, 0, 0, 0].entries()) view.setUint16(24 + 2 * i, part);
  writeText(bytes, 36, "acsp");
  for (const [i, value] of XYZ.wtpt.entries()) view.setInt32(68 + 4 * i, fixed(value));
}

function xyzTag(value: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(20);
  writeText(bytes, 0, "XYZ ");
  const view = new DataView(bytes.buffer);
  for (const [i, part] of value.entries()) view.setInt32(8 + 4 * i, fixed(part));
  return bytes;
}

function curveTag(): Uint8Array {
  const bytes = new Uint8Array(12 + 2 * CURVE_POINTS);
  writeText(bytes, 0, "curv");
  const view = new DataView(bytes.buffer);
  view.setUint32(8, CURVE_POINTS);
  for (let i = 0; i < CURVE_POINTS; i++) {
    const shade = i / (CURVE_POINTS - 1);
    const light = shade <= 0.04045 ? shade / 12.92 : ((shade + 0.055) / 1.055) ** 2.4;
    view.setUint16(12 + 2 * i, Math.round(65535 * light));
  }
  return bytes;
}

function textTag(): Uint8Array {
  const bytes = new Uint8Array(multipleOfFour(8 + COPYRIGHT.length + 1));
  writeText(bytes, 0, "text");
  writeText(bytes, 8, COPYRIGHT);
  return bytes;
}

/** Text in ASCII; the fields of other scripts stay empty (ICC.1:2001-04 6.5.17). */
function descriptionTag(): Uint8Array {
  const bytes = new Uint8Array(multipleOfFour(12 + DESCRIPTION.length + 1 + 8 + 70));
  writeText(bytes, 0, "desc");
  new DataView(bytes.buffer).setUint32(8, DESCRIPTION.length + 1);
  writeText(bytes, 12, DESCRIPTION);
  return bytes;
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

function fixed(value: number): number {
  return Math.round(65536 * value);
}

function multipleOfFour(length: number): number {
  return 4 * Math.ceil(length / 4);
}
