/**
 * @file Reference convolutions: six and seven nested loops.
 */
import { at, fill, place, type Values } from "./values";

/** Geometry of a convolution; pads are top, left, bottom, right. */
export interface Geometry {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

/** x (B, C, H, W), w (O, C / group, kh, kw), bias (O). */
export function conv(
  x: Values,
  w: Values,
  bias: Values | undefined,
  { strides, pads, dilations, group }: Geometry,
): Values {
  const [batch, channels, height, width] = x.shape;
  const [out, within, kh, kw] = w.shape;
  const outHeight = Math.floor((height + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) / strides[0]) + 1;
  const outWidth = Math.floor((width + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) / strides[1]) + 1;
  return fill([batch, out, outHeight, outWidth], ([b, o, y, column]) => {
    const first = Math.floor(o / (out / group)) * within;
    let total = bias ? bias.data[o] : 0;
    for (let c = 0; c < within; c++) {
      for (let r = 0; r < kh; r++) {
        const i = y * strides[0] - pads[0] + r * dilations[0];
        if (i < 0 || i >= height) continue;
        for (let s = 0; s < kw; s++) {
          const j = column * strides[1] - pads[1] + s * dilations[1];
          if (j < 0 || j >= width) continue;
          const cell = x.data[((b * channels + first + c) * height + i) * width + j];
          total += cell * w.data[((o * within + c) * kh + r) * kw + s];
        }
      }
    }
    return total;
  });
}

/** x (B, C, H, W), w (C, O / group, kh, kw), bias (O): every input cell stamps its kernel onto the output. */
export function convTranspose(
  x: Values,
  w: Values,
  bias: Values | undefined,
  { strides, pads, dilations, group }: Geometry,
  outputPadding: readonly number[],
): Values {
  const [batch, channels, height, width] = x.shape;
  const [, within, kh, kw] = w.shape;
  const grown = (size: number, i: number, kernel: number) =>
    (size - 1) * strides[i] + dilations[i] * (kernel - 1) + 1 + outputPadding[i] - pads[i] - pads[i + 2];
  const shape = [batch, within * group, grown(height, 0, kh), grown(width, 1, kw)];
  const out = fill(shape, ([, o]) => (bias ? bias.data[o] : 0));
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      const first = Math.floor(c / (channels / group)) * within;
      for (let o = 0; o < within; o++) {
        for (let y = 0; y < height; y++) {
          for (let column = 0; column < width; column++) {
            for (let r = 0; r < kh; r++) {
              for (let s = 0; s < kw; s++) {
                const i = y * strides[0] - pads[0] + r * dilations[0];
                const j = column * strides[1] - pads[1] + s * dilations[1];
                if (i < 0 || i >= shape[2] || j < 0 || j >= shape[3]) continue;
                out.data[place(out, [b, first + o, i, j])] += at(x, [b, c, y, column]) * at(w, [c, o, r, s]);
              }
            }
          }
        }
      }
    }
  }
  return out;
}
