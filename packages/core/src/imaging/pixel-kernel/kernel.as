// AssemblyScript, compiled by `npm run generate:kernels` into generated/kernel-wasm.ts. Loops over the pixels of 8-bit
// images, interleaved, 16 bytes at a time where they allow it. Arithmetic is that of the functions that call them. Images
// have 64 bytes behind them that may be read, and 16 that may be written.

/** What 3 2 1 | 0 1 2 3 | 2 1 0 has at `i`: BORDER_REFLECT_101. */
function mirrored(i: i32, size: i32): i32 {
  if (size == 1) return 0;
  const period = 2 * (size - 1);
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}

/** `half` mirrored pixels, a line, `half` mirrored pixels. */
function padLine(line: usize, width: i32, channels: i32, half: i32, padded: usize): void {
  memory.copy(padded + half * channels, line, width * channels);
  for (let k = 1; k <= half; k++) {
    const left = line + mirrored(-k, width) * channels;
    const right = line + mirrored(width - 1 + k, width) * channels;
    for (let c = 0; c < channels; c++) {
      store<u8>(padded + (half - k) * channels + c, load<u8>(left + c));
      store<u8>(padded + (half + width - 1 + k) * channels + c, load<u8>(right + c));
    }
  }
}

/** 2^23: added to a float32 from 0 to 255 it leaves the nearest whole number, the even one of two, in the lowest byte. */
const ROUNDING: f32 = 8388608;

/** Floats from 0 to 255 with the nearest whole number in the lowest byte of each. */
function rounded(x: v128): v128 {
  return f32x4.add(x, f32x4.splat(ROUNDING));
}

/** Interleaved RGB to three planes at `out`, one after another. */
export function planes(image: usize, pixels: i32, out: usize): void {
  const g = out + pixels, b = g + pixels;
  let i = 0;
  for (; i + 16 <= pixels; i += 16, image += 48) {
    const p = v128.load(image), q = v128.load(image + 16), r = v128.load(image + 32);
    v128.store(out + i, i8x16.shuffle(i8x16.shuffle(p, q, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0), r,
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29));
    v128.store(g + i, i8x16.shuffle(i8x16.shuffle(p, q, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0), r,
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30));
    v128.store(b + i, i8x16.shuffle(i8x16.shuffle(p, q, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0), r,
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31));
  }
  for (; i < pixels; i++, image += 3) {
    store<u8>(out + i, load<u8>(image));
    store<u8>(g + i, load<u8>(image, 1));
    store<u8>(b + i, load<u8>(image, 2));
  }
}

/** Every byte by its entry of `table`. */
export function applyTable(image: usize, n: i32, table: usize): void {
  const end = image + n;
  for (; image + 8 <= end; image += 8) {
    const x = load<u64>(image);
    const low = <u64>load<u8>(table + <usize>(x & 255)) | (<u64>load<u8>(table + <usize>((x >> 8) & 255)) << 8) |
      (<u64>load<u8>(table + <usize>((x >> 16) & 255)) << 16) | (<u64>load<u8>(table + <usize>((x >> 24) & 255)) << 24);
    const high = (<u64>load<u8>(table + <usize>((x >> 32) & 255)) << 32) | (<u64>load<u8>(table + <usize>((x >> 40) & 255)) << 40) |
      (<u64>load<u8>(table + <usize>((x >> 48) & 255)) << 48) | (<u64>load<u8>(table + <usize>(x >> 56)) << 56);
    store<u64>(image, low | high);
  }
  for (; image < end; image++) store<u8>(image, load<u8>(table + load<u8>(image)));
}

/** Of three bytes each. */
function median(a: v128, b: v128, c: v128): v128 {
  return i8x16.max_u(i8x16.min_u(a, b), i8x16.min_u(i8x16.max_u(a, b), c));
}

/** 3 x 3 median. @param lines room for three lines and 64 bytes each @param copy of the image */
export function median3(image: usize, copy: usize, width: i32, height: i32, channels: i32, lines: usize): void {
  const length = width * channels;
  const room = (length + 2 * channels + 64) & ~15;
  const low = lines, middle = lines + room, high = lines + 2 * room;
  for (let y = 0; y < height; y++) {
    const above = copy + max(y - 1, 0) * length;
    const here = copy + y * length;
    const below = copy + min(y + 1, height - 1) * length;
    for (let i = 0; i < length; i += 16) {
      const a = v128.load(above + i), b = v128.load(here + i), c = v128.load(below + i);
      const least = i8x16.min_u(a, b), more = i8x16.max_u(a, b);
      v128.store(low + channels + i, i8x16.min_u(least, c));
      v128.store(middle + channels + i, i8x16.max_u(least, i8x16.min_u(more, c)));
      v128.store(high + channels + i, i8x16.max_u(more, c));
    }
    for (let k: usize = 0; k < 3; k++) {
      const line = lines + k * room;
      for (let c = 0; c < channels; c++) {
        store<u8>(line + c, load<u8>(line + channels + c));
        store<u8>(line + length + channels + c, load<u8>(line + length + c));
      }
    }
    const out = image + y * length;
    for (let i = 0; i < length; i += 16) {
      const j = i + channels, k = j + channels;
      const l = i8x16.max_u(i8x16.max_u(v128.load(low + i), v128.load(low + j)), v128.load(low + k));
      const m = median(v128.load(middle + i), v128.load(middle + j), v128.load(middle + k));
      const h = i8x16.min_u(i8x16.min_u(v128.load(high + i), v128.load(high + j)), v128.load(high + k));
      const found = median(l, m, h);
      if (i + 16 <= length) v128.store(out + i, found);
      else {
        // What comes after the last line is not the image's.
        v128.store(low, found);
        memory.copy(out + i, low, length - i);
      }
    }
  }
}

/**
 * Gaussian, first along the lines. @param weights `size` int32, 256 in all @param padded room for a line and its margins
 * @param lines `size` lines of uint16, each rounded up to 32 bytes, and 8 bytes for each
 */
export function gaussian(
  image: usize, copy: usize, width: i32, height: i32, channels: i32, weights: usize, size: i32, padded: usize, lines: usize,
): void {
  const half = (size - 1) / 2, length = width * channels;
  const room: usize = (2 * length + 63) & ~31;
  // Where the lines above and below are, from the nearest on.
  const places = lines + <usize>size * room;
  for (let k = 0; k < size - 1; k++) {
    spread(copy + mirrored(k - half, height) * length, width, channels, weights, half, padded, lines + <usize>k * room);
  }
  for (let y = 0; y < height; y++) {
    const next = lines + <usize>((y + size - 1) % size) * room;
    spread(copy + mirrored(y + half, height) * length, width, channels, weights, half, padded, next);
    const out = image + y * length;
    const middle = lines + <usize>((y + half) % size) * room;
    const own = i16x8.splat(<i16>load<i32>(weights + (half << 2)));
    for (let k = 1; k <= half; k++) {
      store<usize>(places + (<usize>k << 3), lines + <usize>((y + half - k) % size) * room);
      store<usize>(places + (<usize>k << 3), lines + <usize>((y + half + k) % size) * room, 4);
    }
    for (let i = 0; i < length; i += 8) {
      const at = <usize>i << 1;
      const m = v128.load(middle + at);
      let left = i32x4.add(i32x4.splat(32768), i32x4.extmul_low_i16x8_u(m, own));
      let right = i32x4.add(i32x4.splat(32768), i32x4.extmul_high_i16x8_u(m, own));
      for (let k = 1; k <= half; k++) {
        const weight = i16x8.splat(<i16>load<i32>(weights + ((half - k) << 2)));
        const a = v128.load(load<usize>(places + (<usize>k << 3)) + at);
        const b = v128.load(load<usize>(places + (<usize>k << 3), 4) + at);
        left = i32x4.add(left, i32x4.add(i32x4.extmul_low_i16x8_u(a, weight), i32x4.extmul_low_i16x8_u(b, weight)));
        right = i32x4.add(right, i32x4.add(i32x4.extmul_high_i16x8_u(a, weight), i32x4.extmul_high_i16x8_u(b, weight)));
      }
      const words = i16x8.narrow_i32x4_u(i32x4.shr_u(left, 16), i32x4.shr_u(right, 16));
      put8(out, i, length, i8x16.narrow_i16x8_u(words, words));
    }
  }
}

/** Eight bytes of a line at `i`, or as many as are left of it. */
function put8(line: usize, i: i32, length: i32, bytes: v128): void {
  if (i + 8 <= length) {
    v128.store64_lane(line + i, bytes, 0);
    return;
  }
  let rest = i64x2.extract_lane(bytes, 0);
  for (; i < length; i++, rest >>= 8) store<u8>(line + i, <u8>rest);
}

/** Sums along a line: 8 bits of whole, 8 of fraction. */
function spread(line: usize, width: i32, channels: i32, weights: usize, half: i32, padded: usize, out: usize): void {
  padLine(line, width, channels, half, padded);
  const length = width * channels;
  const centre = padded + half * channels;
  const own = i16x8.splat(<i16>load<i32>(weights + (half << 2)));
  for (let i = 0; i < length; i += 8) {
    let sum = i16x8.mul(own, v128.load8x8_u(centre + i));
    for (let k = 1; k <= half; k++) {
      const both = i16x8.add(v128.load8x8_u(centre + i - k * channels), v128.load8x8_u(centre + i + k * channels));
      sum = i16x8.add(sum, i16x8.mul(i16x8.splat(<i16>load<i32>(weights + ((half - k) << 2))), both));
    }
    v128.store(out + (<usize>i << 1), sum);
  }
}

/**
 * Mean of the pixels at `count` points, x and y as int32, sorted by y. @param reach greatest distance along x
 * @param sums a line of uint16, rounded up to 32 bytes
 */
export function meanOf(
  image: usize, copy: usize, width: i32, height: i32, channels: i32, points: usize, count: i32, reach: i32, padded: usize, sums: usize,
): void {
  const length = width * channels;
  const n = f32x4.splat(<f32>count);
  for (let y = 0; y < height; y++) {
    memory.fill(sums, 0, 2 * length + 16);
    let line = i32.MIN_VALUE;
    for (let k = 0; k < count; k++) {
      const dx = load<i32>(points + (k << 3)), dy = load<i32>(points + (k << 3), 4);
      if (dy != line) padLine(copy + mirrored(y + dy, height) * length, width, channels, reach, padded);
      line = dy;
      const from = padded + (reach + dx) * channels;
      for (let i = 0; i < length; i += 8) {
        const at = sums + (<usize>i << 1);
        v128.store(at, i16x8.add(v128.load(at), v128.load8x8_u(from + i)));
      }
    }
    const out = image + y * length;
    for (let i = 0; i < length; i += 8) {
      const sum = v128.load(sums + (<usize>i << 1));
      const a = rounded(f32x4.div(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(sum)), n));
      const b = rounded(f32x4.div(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(sum)), n));
      put8(out, i, length, i8x16.shuffle(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0));
    }
  }
}

/** `n` pixels of RGB from positions (u, v) on, in 1/65536 px, bilinear with weights of 8 bits. */
export function sampleColour(
  source: usize, stride: i32, maxX: i32, maxY: i32, u: i32, v: i32, stepX: i32, stepY: i32, out: usize, n: i32,
): void {
  const half = i32x4.splat(32768);
  for (let i = 0; i < n; i++, u += stepX, v += stepY, out += 3) {
    const x = min(max(u, 0), maxX), y = min(max(v, 0), maxY);
    const p = source + (y >> 16) * stride + 3 * (x >> 16);
    const fx = (x >> 8) & 255, fy = (y >> 8) & 255;
    const upper = v128.load8x8_u(p), lower = v128.load8x8_u(p + stride);
    // r g b of the left pixel and r g b of the right one, in 1/256; at most 255 x 256.
    const down = i16x8.add(i16x8.mul(upper, i16x8.splat(<i16>(256 - fy))), i16x8.mul(lower, i16x8.splat(<i16>fy)));
    const right = i8x16.shuffle(down, down, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1, 0, 1, 0, 1, 0, 1);
    const sum = i32x4.add(
      i32x4.extmul_low_i16x8_u(down, i16x8.splat(<i16>(256 - fx))),
      i32x4.extmul_low_i16x8_u(right, i16x8.splat(<i16>fx)),
    );
    const words = i32x4.shr_u(i32x4.add(sum, half), 16);
    const bytes = i8x16.shuffle(words, words, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    if (i + 1 < n) v128.store32_lane(out, bytes, 0);
    else {
      v128.store16_lane(out, bytes, 0);
      v128.store8_lane(out + 2, bytes, 2);
    }
  }
}

/** The same of grey, to one channel or, all alike, to three. */
export function sampleGrey(
  source: usize, stride: i32, maxX: i32, maxY: i32, u: i32, v: i32, stepX: i32, stepY: i32, out: usize, n: i32, channels: i32,
): void {
  for (let i = 0; i < n; i++, u += stepX, v += stepY, out += channels) {
    const x = min(max(u, 0), maxX), y = min(max(v, 0), maxY);
    const p = source + (y >> 16) * stride + (x >> 16);
    const fx = (x >> 8) & 255, fy = (y >> 8) & 255;
    const upper = <i32>load<u16>(p), lower = <i32>load<u16>(p + stride);
    const left = (upper & 255) * (256 - fy) + (lower & 255) * fy;
    const right = (upper >> 8) * (256 - fy) + (lower >> 8) * fy;
    const grey = (left * (256 - fx) + right * fx + 32768) >> 16;
    store<u8>(out, <u8>grey);
    if (channels == 3) {
      store<u8>(out, <u8>grey, 1);
      store<u8>(out, <u8>grey, 2);
    }
  }
}

/** Y of ITU-R BT.601 of RGB, weights of 14 bits. */
export function luma(image: usize, pixels: i32, out: usize): void {
  const first = i16x8(4899, 9617, 4899, 9617, 4899, 9617, 4899, 9617);
  const second = i16x8(1868, 8192, 1868, 8192, 1868, 8192, 1868, 8192);
  const one = i16x8.splat(1);
  let i = 0;
  for (; i + 4 <= pixels; i += 4, image += 12) {
    const rgb = v128.load(image);
    const zero = i8x16.splat(0);
    const rg = i8x16.shuffle(rgb, zero, 0, 16, 1, 16, 3, 16, 4, 16, 6, 16, 7, 16, 9, 16, 10, 16);
    const b = i8x16.shuffle(rgb, one, 2, 17, 16, 17, 5, 17, 16, 17, 8, 17, 16, 17, 11, 17, 16, 17);
    const sum = i32x4.shr_u(i32x4.add(i32x4.dot_i16x8_s(rg, first), i32x4.dot_i16x8_s(b, second)), 14);
    const bytes = i8x16.shuffle(sum, sum, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    v128.store32_lane(out + i, bytes, 0);
  }
  for (; i < pixels; i++, image += 3) {
    const y = 4899 * <i32>load<u8>(image) + 9617 * <i32>load<u8>(image, 1) + 1868 * <i32>load<u8>(image, 2) + 8192;
    store<u8>(out + i, <u8>(y >> 14));
  }
}

/** Adds to all channels of a pixel what its value gained from `before` to `after`, clamped. */
export function addGain(image: usize, pixels: i32, before: usize, after: usize): void {
  let i = 0;
  for (; i + 16 <= pixels; i += 16, image += 48) {
    const b = v128.load(before + i), a = v128.load(after + i);
    const up = i8x16.sub_sat_u(a, b), down = i8x16.sub_sat_u(b, a);
    v128.store(image, moved(v128.load(image),
      i8x16.shuffle(up, up, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5),
      i8x16.shuffle(down, down, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5)));
    v128.store(image + 16, moved(v128.load(image + 16),
      i8x16.shuffle(up, up, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10),
      i8x16.shuffle(down, down, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10)));
    v128.store(image + 32, moved(v128.load(image + 32),
      i8x16.shuffle(up, up, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15),
      i8x16.shuffle(down, down, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15)));
  }
  for (; i < pixels; i++) {
    const gain = <i32>load<u8>(after + i) - <i32>load<u8>(before + i);
    for (let c = 0; c < 3; c++, image++) store<u8>(image, <u8>min(max(<i32>load<u8>(image) + gain, 0), 255));
  }
}

function moved(x: v128, up: v128, down: v128): v128 {
  return i8x16.sub_sat_u(i8x16.add_sat_u(x, up), down);
}

/** Counts the bytes of a rectangle. @param counts 512 int32, zeros: the first half is the result */
export function count(at: usize, stride: i32, width: i32, height: i32, counts: usize): void {
  // Two counts by turns: equal neighbours would wait for one another.
  const other = counts + 1024;
  for (let y = 0; y < height; y++, at += stride) {
    let i = 0;
    for (; i + 2 <= width; i += 2) {
      const a = counts + (<usize>load<u8>(at + i) << 2), b = other + (<usize>load<u8>(at + i, 1) << 2);
      store<i32>(a, load<i32>(a) + 1);
      store<i32>(b, load<i32>(b) + 1);
    }
    if (i < width) {
      const a = counts + (<usize>load<u8>(at + i) << 2);
      store<i32>(a, load<i32>(a) + 1);
    }
  }
  for (let i: usize = 0; i < 1024; i += 16) {
    v128.store(counts + i, i32x4.add(v128.load(counts + i), v128.load(other + i)));
  }
}

/**
 * Blends four tables on a line of grey, in place. @param cells for each pixel the place of its tables: 256 words of four
 * bytes: upper left, upper right, lower left, lower right @param weights of the right tables @param below of the lower ones
 */
export function blendTables(line: usize, n: i32, cells: usize, weights: usize, below: f32): void {
  const b = f32x4.splat(below), rb = f32x4.splat(1 - below), one = f32x4.splat(1);
  for (let i = 0; i < n; i += 4) {
    const places = cells + (<usize>i << 2);
    let words = i32x4.splat(0);
    words = v128.load32_lane(<usize>load<u32>(places) + (<usize>load<u8>(line + i) << 2), words, 0);
    words = v128.load32_lane(<usize>load<u32>(places, 4) + (<usize>load<u8>(line + i, 1) << 2), words, 1);
    words = v128.load32_lane(<usize>load<u32>(places, 8) + (<usize>load<u8>(line + i, 2) << 2), words, 2);
    words = v128.load32_lane(<usize>load<u32>(places, 12) + (<usize>load<u8>(line + i, 3) << 2), words, 3);
    const mask = i32x4.splat(255);
    const a = v128.load(weights + (<usize>i << 2)), rest = f32x4.sub(one, a);
    const ul = f32x4.convert_i32x4_s(v128.and(words, mask));
    const ur = f32x4.convert_i32x4_s(v128.and(i32x4.shr_u(words, 8), mask));
    const ll = f32x4.convert_i32x4_s(v128.and(i32x4.shr_u(words, 16), mask));
    const lr = f32x4.convert_i32x4_s(i32x4.shr_u(words, 24));
    const top = f32x4.add(f32x4.mul(ul, rest), f32x4.mul(ur, a));
    const bottom = f32x4.add(f32x4.mul(ll, rest), f32x4.mul(lr, a));
    const blended = rounded(f32x4.add(f32x4.mul(top, rb), f32x4.mul(bottom, b)));
    const bytes = i8x16.shuffle(blended, blended, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    if (i + 4 <= n) v128.store32_lane(line + i, bytes, 0);
    else {
      let left = i32x4.extract_lane(bytes, 0);
      for (let k = i; k < n; k++, left >>= 8) store<u8>(line + k, <u8>left);
    }
  }
}

/**
 * Adds entries of `table` (4096 int16) chosen by xorshift generators, four at once, to the bytes of an image, clamped.
 * @param seeds four uint32 above 0
 */
export function addNoise(image: usize, n: i32, table: usize, seeds: usize): void {
  let s = v128.load(seeds);
  const mask = i32x4.splat(8190);
  for (let i = 0; i < n; i += 8) {
    s = v128.xor(s, i32x4.shl(s, 13));
    s = v128.xor(s, i32x4.shr_u(s, 17));
    s = v128.xor(s, i32x4.shl(s, 5));
    // Twice 12 bits of each, as places of 16-bit entries.
    const high = v128.and(i32x4.shr_u(s, 19), mask), low = v128.and(i32x4.shr_u(s, 7), mask);
    let noise = i16x8.splat(0);
    noise = v128.load16_lane(table + i32x4.extract_lane(high, 0), noise, 0);
    noise = v128.load16_lane(table + i32x4.extract_lane(high, 1), noise, 1);
    noise = v128.load16_lane(table + i32x4.extract_lane(high, 2), noise, 2);
    noise = v128.load16_lane(table + i32x4.extract_lane(high, 3), noise, 3);
    noise = v128.load16_lane(table + i32x4.extract_lane(low, 0), noise, 4);
    noise = v128.load16_lane(table + i32x4.extract_lane(low, 1), noise, 5);
    noise = v128.load16_lane(table + i32x4.extract_lane(low, 2), noise, 6);
    noise = v128.load16_lane(table + i32x4.extract_lane(low, 3), noise, 7);
    const sum = i16x8.add(v128.load8x8_u(image + i), noise);
    put8(image, i, n, i8x16.narrow_i16x8_u(sum, sum));
  }
}

/**
 * Hue, saturation and value of RGB. @param hue added, in sixths of the circle, 0 to below 6 @param saturation @param value
 * factors
 */
export function shiftHsv(image: usize, pixels: i32, hue: f32, saturation: f32, value: f32): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), full = f32x4.splat(255), six = f32x4.splat(6), tiny = f32x4.splat(0.5);
  const factor = f32x4.splat(saturation), gain = f32x4.splat(value), turn = f32x4.splat(hue);
  const byte = i32x4.splat(255);
  for (let i = 0; i < pixels; i += 4, image += 12) {
    const rgb = v128.load(image);
    const r = f32x4.convert_i32x4_s(v128.and(i8x16.shuffle(rgb, rgb, 0, 0, 0, 0, 3, 3, 3, 3, 6, 6, 6, 6, 9, 9, 9, 9), byte));
    const g = f32x4.convert_i32x4_s(v128.and(i8x16.shuffle(rgb, rgb, 1, 1, 1, 1, 4, 4, 4, 4, 7, 7, 7, 7, 10, 10, 10, 10), byte));
    const b = f32x4.convert_i32x4_s(v128.and(i8x16.shuffle(rgb, rgb, 2, 2, 2, 2, 5, 5, 5, 5, 8, 8, 8, 8, 11, 11, 11, 11), byte));
    const top = f32x4.pmax(f32x4.pmax(r, g), b);
    const range = f32x4.sub(top, f32x4.pmin(f32x4.pmin(r, g), b));
    // Where there is no colour or no light the quotients do not count; they must be finite.
    const over = f32x4.div(one, f32x4.pmax(range, tiny));
    const redTop = f32x4.eq(top, r), greenTop = f32x4.eq(top, g);
    const difference = v128.bitselect(f32x4.sub(g, b), v128.bitselect(f32x4.sub(b, r), f32x4.sub(r, g), greenTop), redTop);
    const start = v128.bitselect(turn, f32x4.add(turn, v128.bitselect(f32x4.splat(2), f32x4.splat(4), greenTop)), redTop);
    let h = f32x4.add(f32x4.mul(difference, over), start);
    h = f32x4.sub(h, v128.and(f32x4.ge(h, six), six));
    h = f32x4.add(h, v128.and(f32x4.lt(h, zero), six));
    h = f32x4.sub(h, v128.and(f32x4.ge(h, six), six));
    const s = f32x4.pmin(f32x4.mul(f32x4.div(range, f32x4.pmax(top, tiny)), factor), one);
    const v = f32x4.pmin(f32x4.mul(top, gain), full);
    const chroma = f32x4.mul(v, s);
    // Foley and van Dam: what is missing of each channel is a trapezium of the hue.
    const red = missing(f32x4.sub(f32x4.splat(2), f32x4.abs(f32x4.sub(h, f32x4.splat(3)))));
    const green = missing(f32x4.sub(f32x4.abs(f32x4.sub(h, f32x4.splat(2))), one));
    const blue = missing(f32x4.sub(f32x4.abs(f32x4.sub(h, f32x4.splat(4))), one));
    const low = i8x16.shuffle(level(v, chroma, red), level(v, chroma, green),
      0, 16, 0, 4, 20, 0, 8, 24, 0, 12, 28, 0, 0, 0, 0, 0);
    const bytes = i8x16.shuffle(low, level(v, chroma, blue), 0, 1, 16, 3, 4, 20, 6, 7, 24, 9, 10, 28, 0, 0, 0, 0);
    if (i + 4 <= pixels) {
      v128.store64_lane(image, bytes, 0);
      v128.store32_lane(image + 8, bytes, 2);
    } else {
      // Fewer than four pixels, nine bytes at most.
      let rest = i64x2.extract_lane(bytes, 0);
      const left = 3 * (pixels - i);
      for (let k = 0; k < min(left, 8); k++, rest >>= 8) store<u8>(image + k, <u8>rest);
      if (left > 8) v128.store8_lane(image + 8, bytes, 8);
    }
  }
}

function missing(x: v128): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(1)), f32x4.splat(0));
}

function level(v: v128, chroma: v128, share: v128): v128 {
  return rounded(f32x4.sub(v, f32x4.mul(chroma, share)));
}
