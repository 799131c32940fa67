/**
 * @file Values brought to a common scale, as floats.
 */
import { ArgumentError } from "../errors";
import { type Image, image as makeImage } from "./image";
import { valueRange } from "./tone";

export interface NormaliseOptions {
  /**
   * `standard`: (value / max - mean) / std with the given numbers. `z-score`: each channel of the image by its own mean and
   * standard deviation; `max` and the numbers do not count.
   */
  readonly method?: "standard" | "z-score";
  /** Of each channel, or one for all; shares of the range. @default ImageNet's 0.485, 0.456, 0.406; grey 0.449 */
  readonly mean?: readonly number[];
  /** As `mean`. @default ImageNet's 0.229, 0.224, 0.225; grey 0.226 */
  readonly std?: readonly number[];
  /** What counts as 1. @default the highest value of the pixel type */
  readonly maxPixelValue?: number;
}

const MEAN = { 1: [0.449], 3: [0.485, 0.456, 0.406] };
const STD = { 1: [0.226], 3: [0.229, 0.224, 0.225] };

/**
 * `image` as normalised floats. A channel of one value has no spread, and comes out 0 under `z-score`.
 *
 * @throws {ArgumentError} if there is no mean and deviation for every channel, or a deviation is not above 0
 */
export function normalise(
  image: Image,
  {
    method = "standard",
    mean = MEAN[image.channels],
    std = STD[image.channels],
    maxPixelValue = valueRange(image.data)[1],
  }: NormaliseOptions = {},
): Image<Float32Array> {
  const { data, width, height, channels } = image;
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const [centre, spread] =
      method === "z-score" ? moments(image, c) : [of(mean, c) * maxPixelValue, of(std, c) * maxPixelValue];
    if (!(spread > 0) && method === "standard") {
      throw new ArgumentError(`normalise: a standard deviation of ${spread}, expected above 0`);
    }
    const scale = spread > 0 ? 1 / spread : 0;
    for (let i = c; i < data.length; i += channels) out[i] = (data[i] - centre) * scale;
  }
  return makeImage(width, height, channels, out);

  function of(numbers: readonly number[], c: number): number {
    const value = numbers[numbers.length === 1 ? 0 : c];
    if (value !== undefined && (numbers.length === 1 || numbers.length === channels)) return value;
    throw new ArgumentError(`normalise: ${numbers.length} numbers for ${channels} channels, expected 1 or ${channels}`);
  }
}

/** Mean and standard deviation of channel `c` (of the whole population). */
function moments({ data, channels }: Image, c: number): [mean: number, deviation: number] {
  const n = data.length / channels;
  let sum = 0;
  for (let i = c; i < data.length; i += channels) sum += data[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = c; i < data.length; i += channels) squares += (data[i] - mean) ** 2;
  return [mean, Math.sqrt(squares / n)];
}
