/**
 * @file Arrays as NumPy keeps them (NumPy Enhancement Proposal 1, format version 1.0): a line of text that says type and
 * shape, then the values, little endian, last axis fastest.
 */

/** Values that are kept. */
export type NpyArray = Uint8Array | Uint16Array | Float32Array;

/** NumPy's name of the type. */
function descr(values: NpyArray): string {
  if (values instanceof Uint8Array) return "|u1";
  return values instanceof Uint16Array ? "<u2" : "<f4";
}

/** A file of `values`, whose number is the product of `shape`. */
export function encodeNpy(values: NpyArray, shape: readonly number[]): Buffer {
  return Buffer.concat([npyHeader(values, shape), Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/**
 * What stands before the values: for arrays that are written piece by piece.
 *
 * @param like an array of the same type
 */
export function npyHeader(like: NpyArray, shape: readonly number[]): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr(like)}', 'fortran_order': False, 'shape': (${sides}), }`;
  // Magic, version and length take 10 bytes, the line break one; values begin at a multiple of 64.
  const length = Math.ceil((text.length + 11) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, " ");
  head.write("\x93NUMPY\x01\x00", 0, "latin1");
  head.writeUInt16LE(length, 8);
  head.write(text, 10, "latin1");
  head.write("\n", head.length - 1, "latin1");
  return head;
}
