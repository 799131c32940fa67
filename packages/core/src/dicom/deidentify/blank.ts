/**
 * @file Parts of uncompressed frames made black: what lies outside of ultrasound regions, and rectangles given by the user
 * (PS3.15 E.3.1, Clean Pixel Data; regions: PS3.3 C.8.5.5).
 */

/** Pixels from column `x` and row `y` on. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How native frames lie in their bytes. */
export interface FrameLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly planar: boolean;
  readonly bigEndian: boolean;
  readonly photometricInterpretation: string;
  readonly frames: number;
  /** Darkest entry of the palette, for PALETTE COLOR. @default 0 */
  readonly darkest?: number;
}

export interface BlankRegions {
  /** Only what lies in one of these stays; empty: everything. */
  readonly keep: readonly Rectangle[];
  readonly blank: readonly Rectangle[];
}

/** Why frames of this layout are not blanked; undefined if they are. */
export function blankingObstacle({
  bitsAllocated,
  photometricInterpretation,
  samplesPerPixel,
}: FrameLayout): string | undefined {
  if (bitsAllocated % 8 !== 0) return `pixels of ${bitsAllocated} bits`;
  if (/_42[02]$/.test(photometricInterpretation)) return `uncompressed ${photometricInterpretation}`;
  return samplesPerPixel === 1 || samplesPerPixel === 3 ? undefined : `${samplesPerPixel} samples per pixel`;
}

/** One for each pixel of a frame that becomes black. */
export function blankMask(rows: number, columns: number, { keep, blank }: BlankRegions): Uint8Array {
  const mask = new Uint8Array(rows * columns).fill(keep.length > 0 ? 1 : 0);
  const fill = ({ x, y, width, height }: Rectangle, value: number) => {
    const [left, right] = [Math.max(0, x), Math.min(columns, x + width)];
    if (right <= left) return;
    for (let row = Math.max(0, y); row < Math.min(rows, y + height); row++) {
      mask.fill(value, row * columns + left, row * columns + right);
    }
  };
  for (const one of keep) fill(one, 0);
  for (const one of blank) fill(one, 1);
  return mask;
}

/** Black as the stored value of each sample: white is 0 in MONOCHROME1, and grey 128 in chroma. */
function blackOf({
  photometricInterpretation,
  bitsStored,
  samplesPerPixel,
  darkest = 0,
}: FrameLayout): readonly number[] {
  if (photometricInterpretation === "MONOCHROME1") return [2 ** bitsStored - 1];
  if (photometricInterpretation.startsWith("YBR")) return [0, 2 ** (bitsStored - 1), 2 ** (bitsStored - 1)];
  if (photometricInterpretation === "PALETTE COLOR") return [darkest];
  return new Array<number>(samplesPerPixel).fill(0);
}

/** Makes the masked pixels of every frame black, in place. */
export function blankFrames(bytes: Uint8Array, mask: Uint8Array, layout: FrameLayout): void {
  const { samplesPerPixel, bitsAllocated, planar, bigEndian, frames } = layout;
  const size = bitsAllocated / 8;
  const black = blackOf(layout);
  const frameBytes = mask.length * samplesPerPixel * size;
  const [pixelStep, sampleStep] = planar ? [size, mask.length * size] : [samplesPerPixel * size, size];
  for (let frame = 0; frame < frames; frame++) {
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      for (let s = 0; s < samplesPerPixel; s++) {
        const at = frame * frameBytes + i * pixelStep + s * sampleStep;
        if (at + size > bytes.length) return;
        for (let b = 0; b < size; b++) bytes[at + (bigEndian ? size - 1 - b : b)] = (black[s] / 2 ** (8 * b)) & 0xff;
      }
    }
  }
}
