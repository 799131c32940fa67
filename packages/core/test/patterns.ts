/**
 * @file Small images that a formula gives, here and in the reference implementation (`opencv.ts`).
 */
import { type ByteImage, image } from "../src/imaging/image";

/** (37 x + 91 y + 13 x y + 50 c) mod 256: no two neighbours alike. */
export function pattern(width: number, height: number, channels: 1 | 3 = 1): ByteImage {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const c = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    return 37 * x + 91 * y + 13 * x * y + 50 * c;
  });
  return image(width, height, channels, data);
}

/** round(128 + 60 sin(x / 3) + 60 cos(y / 4)): smooth, so that a wrong position shows and interpolation hardly does. */
export function waves(size: number): ByteImage {
  const data = Uint8Array.from({ length: size * size }, (_, i) =>
    Math.round(128 + 60 * Math.sin((i % size) / 3) + 60 * Math.cos(Math.floor(i / size) / 4)),
  );
  return image(size, size, 1, data);
}
