/**
 * @file 16-bit floats to 32 bits and back: IEEE 754 binary16 ("half") and bfloat16, held as Uint16Array.
 *
 * JavaScript has no such array before Float16Array, which Node 20 lacks.
 */

/** Value of each half, exact. @returns a new array as long as `halves` */
export function floatFromHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i];
    const sign = (h & 0x8000) << 16;
    const exponent = h & 0x7c00;
    const fraction = h & 0x03ff;
    if (exponent === 0) {
      // Zero and subnormals: fraction x 2^-24, and the sign of zero stays.
      out[i] = fraction * 2 ** -24;
      bits[i] |= sign;
    } else if (exponent === 0x7c00) {
      bits[i] = sign | 0x7f800000 | (fraction << 13);
    } else {
      // The bias goes from 15 to 127.
      bits[i] = sign | ((exponent << 13) + (112 << 23)) | (fraction << 13);
    }
  }
  return out;
}

/**
 * Nearest half of each value, ties to even; beyond 65504 it overflows to infinity as IEEE 754 says.
 *
 * @returns a new array as long as `values`
 */
export function halfFromFloat(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);
  for (let i = 0; i < values.length; i++) {
    word[0] = values[i];
    const sign = (bits[0] >>> 16) & 0x8000;
    const magnitude = bits[0] & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      out[i] = sign | 0x7e00;
    } else if (magnitude >= 0x47800000) {
      out[i] = sign | 0x7c00; // 65536 and above, infinity
    } else if (magnitude >= 0x38800000) {
      // 2^-14 and above: drop 13 bits; a carry out of the fraction raises the exponent, in the end to infinity.
      out[i] = sign | ((magnitude - (112 << 23) + 0x0fff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      const scaled = Math.abs(word[0]) * 2 ** 24;
      const low = Math.floor(scaled);
      const rest = scaled - low;
      out[i] = sign | (rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low);
    }
  }
  return out;
}

/** Value of each bfloat16, exact: the upper half of a float32. @returns a new array as long as `values` */
export function floatFromBfloat16(values: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = values[i] << 16;
  return new Float32Array(bits.buffer);
}
