/**
 * @file The frame header of a JPEG (ITU-T T.81, B.2.2).
 */

/** Precision and components of the frame, `undefined` if no header is found where one must stand. */
export function jpegFrame(bytes: Uint8Array): { readonly precision: number; readonly components: number } | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // A filling byte.
      continue;
    }
    // SOF0 ... SOF15, among which stand DHT, JPG and DAC.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { precision: bytes[at + 4], components: bytes[at + 9] };
    }
    // The scan, or a marker without a length: no frame came before it.
    if (marker === 0xda || marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd9)) return undefined;
    at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
  }
  return undefined;
}
