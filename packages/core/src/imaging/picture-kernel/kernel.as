// AssemblyScript, compiled by `npm run generate:kernels` into generated/kernel-wasm.ts. What a picture passes on its way
// into a file, 16 bytes at a time. Sources have 16 bytes behind them that may be read, results 16 that may be written.

/** |a - b| of bytes. */
function distance(a: v128, b: v128): v128 {
  return v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
}

/**
 * Filter Paeth of PNG: each row of `stride` bytes behind a 4. Of left, above and corner the one nearest to
 * left + above - corner is taken away; its distance is |above - corner| from left, |left - corner| from above, and from the
 * corner their sum where both lie on one side of it, else their difference.
 *
 * @param bytes with a row and a pixel of zeros before them @param step bytes of a pixel
 */
export function paeth(bytes: usize, rows: i32, stride: i32, step: i32, out: usize): void {
  for (let row = 0; row < rows; row++, bytes += stride) {
    store<u8>(out++, 4);
    const above = bytes - stride;
    // The first pixel has nothing to its left and at the corner, so that above is always nearest.
    for (let i = 0; i < step; i++) store<u8>(out + i, load<u8>(bytes + i) - load<u8>(above + i));
    for (let i = step; i < stride; i += 16) {
      const left = v128.load(bytes + i - step), up = v128.load(above + i), corner = v128.load(above + i - step);
      const fromLeft = distance(up, corner), fromUp = distance(left, corner);
      const apart = v128.xor(i8x16.ge_u(up, corner), i8x16.ge_u(left, corner));
      const fromCorner = v128.bitselect(distance(fromLeft, fromUp), i8x16.add_sat_u(fromLeft, fromUp), apart);
      const isLeft = v128.and(i8x16.le_u(fromLeft, fromUp), i8x16.le_u(fromLeft, fromCorner));
      const nearest = v128.bitselect(left, v128.bitselect(up, corner, i8x16.le_u(fromUp, fromCorner)), isLeft);
      v128.store(out + i, i8x16.sub(v128.load(bytes + i), nearest));
    }
    out += stride;
  }
}

/** Least of `n` words into the low half, greatest into the high one; `n` is 1 or more. */
export function extent(words: usize, n: i32, signed: bool): i32 {
  let least: i32 = signed ? load<i16>(words) : load<u16>(words);
  let greatest = least;
  for (let i = 0; i < n; i++) {
    const value: i32 = signed ? load<i16>(words + (<usize>i << 1)) : load<u16>(words + (<usize>i << 1));
    least = min(least, value);
    greatest = max(greatest, value);
  }
  return (least & 0xffff) | (greatest << 16);
}

/** Entry `word - least` of `table`, a byte, for each word, modulo 2^16. */
export function lookUp(words: usize, n: i32, least: i32, table: usize, out: usize): void {
  for (let i = 0; i < n; i++) {
    const entry = (<i32>load<u16>(words + (<usize>i << 1)) - least) & 0xffff;
    store<u8>(out + i, load<u8>(table + <usize>entry));
  }
}
