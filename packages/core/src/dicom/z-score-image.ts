/**
 * @file Images through the window of their own values (`zScoreWindow`) in place of the one that their file names.
 */
import type { ByteImage, Image } from "../imaging/image";
import { zScoreBytes, zScoreWindow } from "../imaging/normalise";
import type { DataSet } from "./data-set";
import { displayImage, type Interval, paddingOf } from "./display";
import { lookUp } from "./lookup-table";
import { isMonochrome, type MeasuredImage, sixteenBits, type ValueDisplay } from "./measured-image";
import type { ImagePixel } from "./pixel-data";
import { readModalityLut } from "./rescale";
import type { StoredValues } from "./stored-values";

/**
 * A frame with the window of its own values: of a monochrome one the values, of colours bytes.
 *
 * What counts are the values of the modality, whatever the VOI LUT, without pixel padding unless there is nothing else. Of a
 * rescale only the sign is kept: slope and intercept move mean and deviation along with the values.
 *
 * @param stored values of frame `frame`, with `pixel` describing them
 * @throws {FoveaError} as `displayImage`
 */
export function zScoreFrame(
  dataSet: DataSet,
  pixel: ImagePixel,
  stored: StoredValues,
  frame: number,
): ByteImage | MeasuredImage {
  if (!isMonochrome(pixel)) return zScoreBytes(displayImage(dataSet, pixel, stored, frame));
  const lut = readModalityLut(dataSet, frame);
  let data: Uint16Array;
  if (lut.kind === "table") {
    data = new Uint16Array(stored.length);
    lookUp(stored, lut.table, data);
  } else {
    data = sixteenBits(stored).data;
  }
  const slope = lut.kind === "table" ? 1 : Math.sign(lut.slope);
  const image: Image<Uint16Array> = { width: pixel.columns, height: pixel.rows, channels: 1, data };
  const counted = withoutPadding(data, stored, paddingOf(dataSet));
  return { image, display: zScoreDisplay(counted, slope, pixel.photometricInterpretation === "MONOCHROME1") };
}

/** A picture that is no DICOM file with the window of its own values: of a grey one of 16 bits the values, else bytes. */
export function zScorePicture(image: Image): ByteImage | MeasuredImage {
  const { data, width, height, channels } = image;
  if (!(data instanceof Uint16Array && channels === 1)) return zScoreBytes(image);
  return { image: { width, height, channels, data }, display: zScoreDisplay(data, 1, false) };
}

/** @param slope 1, or -1 where high values stand for low ones */
function zScoreDisplay(counted: Uint16Array, slope: number, inverted: boolean): ValueDisplay {
  const { center, width } = zScoreWindow(counted);
  const window = { center: slope * center, width, voiLutFunction: "LINEAR_EXACT" } as const;
  return { first: 0, slope, intercept: 0, window, inverted };
}

/** The values of pixels that are not padding; all of them if every pixel is. */
function withoutPadding(data: Uint16Array, stored: StoredValues, padding: Interval | undefined): Uint16Array {
  if (padding === undefined) return data;
  const { low, high } = padding;
  const counted = new Uint16Array(data.length);
  let count = 0;
  for (let i = 0; i < data.length; i++) if (!(stored[i] >= low && stored[i] <= high)) counted[count++] = data[i];
  return count > 0 ? counted.subarray(0, count) : data;
}
