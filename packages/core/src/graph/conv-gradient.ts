/**
 * @file The way back through a convolution: gradients by its input and by its weights.
 *
 * Both are themselves built from the operators that ONNX Runtime runs fast. The weight gradient is a matrix product of
 * the output's gradient with shifted views of the input; the views are made by operators that copy in parallel, and
 * as few of them as possible, since on small channel counts the copies cost as much as the products
 * (docs/performance.md).
 */
import type { Attributes, Tensor } from "./op";
import { fixed, product } from "./shape";
import {
  concat,
  constant,
  conv,
  convTranspose,
  flip,
  fusedMatMul,
  gather,
  int64,
  matMul,
  pad,
  reduceSum,
  reshape,
  slice,
  spaceToDepth,
  split,
  transpose,
} from "./tensor";

type ConvAttributes = Attributes["Conv"];

const isOne = (values: readonly number[]) => values.every((v) => v === 1);
const isZero = (values: readonly number[]) => values.every((v) => v === 0);

/**
 * Gradient by the input of `conv(x, w)`.
 *
 * @param g gradient by the output (B, O, H', W')
 * @param x the input (B, C, H, W), of which only the shape is used
 * @param w weights (O, C / group, kh, kw)
 */
export function convInputGradient(g: Tensor, x: Tensor, w: Tensor, attributes: ConvAttributes): Tensor {
  const { kernel_shape: k, strides, pads, dilations, group } = attributes;
  if (isOne(strides)) {
    const back = k.map((size, i) => dilations[i] * (size - 1));
    const around = pads.map((p, i) => back[i % 2] - p);
    const kept = conv(g, exchanged(w, group), undefined, { pads: around.map((p) => Math.max(p, 0)), dilations, group });
    // Conv takes no negative pads: padding beyond the kernel's reach is cut off afterwards.
    const [top, left, bottom, right] = around.map((p) => Math.min(p, 0));
    return pad(kept, [0, 0, top, left, 0, 0, bottom, right]);
  }
  const outputPadding = k.map((size, i) => {
    const grown = (fixed(g.shape[2 + i], "Conv gradient") - 1) * strides[i] + dilations[i] * (size - 1) + 1;
    return fixed(x.shape[2 + i], "Conv gradient") - (grown - pads[i] - pads[i + 2]);
  });
  return convTranspose(g, w, undefined, { strides, pads, dilations, group, outputPadding });
}

/** Kernel turned by 180 degrees with its input and output channels exchanged within each group. */
function exchanged(w: Tensor, group: number): Tensor {
  const [out, within, kh, kw] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  const turned = kh === 1 && kw === 1 ? w : flip(w, [2, 3]);
  if (group === 1) return transpose(turned, [1, 0, 2, 3]);
  const grouped = transpose(reshape(turned, [group, out / group, within, kh, kw]), [0, 2, 1, 3, 4]);
  return reshape(grouped, [group * within, out / group, kh, kw]);
}

/**
 * Gradient by the weights of `conv(x, w)`.
 *
 * @param g gradient by the output (B, O, H', W')
 * @returns (O, C / group, kh, kw)
 */
export function convWeightGradient(g: Tensor, x: Tensor, w: Tensor, attributes: ConvAttributes): Tensor {
  const { kernel_shape, strides, pads, dilations, group } = attributes;
  const channels = fixed(x.shape[1], "Conv gradient");
  if (group > 1 && group === channels && w.shape[0] === channels) return depthwise(g, x, attributes);
  if (group > 1) return byStridedViews(g, x, w, attributes);

  const plain = isOne(strides) && isOne(dilations);
  if (isOne(kernel_shape) && plain && isZero(pads)) {
    const [a, b] = foldsBatch(g, w) ? [foldBatch(g), foldBatch(x)] : [g, x];
    return reshape(productOfAll(a, b), w.shape);
  }
  const same = kernel_shape.every((k, i) => k % 2 === 1 && pads[i] === (k - 1) / 2 && pads[i + 2] === pads[i]);
  if (same && plain) {
    const [a, b] = foldsBatch(g, w) ? [foldBatch(g), foldBatch(x)] : [g, x];
    return bySameSizeShifts(a, b, w);
  }
  const halves = isOne(kernel_shape.map((k) => k - 2)) && strides.every((s) => s === 2) && isOne(dilations);
  const even = x.shape.slice(2).every((size) => fixed(size, "Conv gradient") % 2 === 0);
  if (halves && even && pads.every((p) => p === 1) && channels < FEW_CHANNELS) return byPhases(g, x, w);
  return byGatheredPixels(g, x, w, attributes);
}

/** Below so many channels a pixel is too short a run to be gathered fast. */
const FEW_CHANNELS = 8;

/**
 * Whether one product over all images beats one per image: when the products, one O x C x k array an image, would be
 * larger than the operands.
 */
export function foldsBatch(g: Tensor, w: Tensor): boolean {
  const pixels = fixed(product(g.shape.slice(2)), "Conv gradient");
  const [out, within, kh, kw] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  return out * within * kh * kw >= (out + within) * pixels;
}

/** (B, C, H, W) to (1, C, B, H, W). */
function foldBatch(x: Tensor): Tensor {
  const t = transpose(x, [1, 0, 2, 3]);
  return reshape(t, [1, ...t.shape]);
}

/** Pixels of all axes after the channels in one: (B, C, P). */
function flat(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], x.shape[1], product(x.shape.slice(2))]);
}

/** (B, M, ...) and (B, N, ...) to (B, M, N): sums over pixels. */
function productOverPixels(a: Tensor, b: Tensor): Tensor {
  return fusedMatMul(flat(a), flat(b), { transB: true });
}

/** (B, M, ...) and (B, N, ...) to (M, N): sums over images and pixels. */
function productOfAll(a: Tensor, b: Tensor): Tensor {
  const products = productOverPixels(a, b);
  if (products.shape[0] === 1) return reshape(products, products.shape.slice(1));
  return reduceSum(products, { axes: [0] });
}

/** Maps up to this wide are shifted along their rows fastest by a product with a shifted identity. */
const NARROW = 20;

/** Moves content along one axis by `by` cells, zeros coming in: out[i] = x[i - by]. */
function shifted(x: Tensor, axis: number, by: number): Tensor {
  if (by === 0) return x;
  const size = fixed(x.shape[axis], "Conv gradient");
  if (axis === x.shape.length - 1 && size <= NARROW) {
    const move = new Float32Array(size * size);
    for (let i = Math.max(0, by); i < size + Math.min(0, by); i++) move[(i - by) * size + i] = 1;
    return matMul(x, constant(move, [size, size]));
  }
  const [, channels] = x.shape;
  if (axis === 3 && x.shape.length === 4 && typeof channels === "number" && Math.abs(by) === 1) {
    // One tap a channel: unlike `Pad` it runs in parallel, and in ONNX Runtime's blocked layout where that is chosen.
    const tap = new Float32Array(3 * channels).map((_, i) => (i % 3 === 1 - by ? 1 : 0));
    return conv(x, constant(tap, [channels, 1, 1, 3]), undefined, { pads: [0, 1, 0, 1], group: channels });
  }
  const pads = new Array<number>(2 * x.shape.length).fill(0);
  pads[axis] = by;
  pads[axis + x.shape.length] = -by;
  return pad(x, pads);
}

/**
 * Odd kernel, stride 1, size kept: weight (r, s) pairs output (y, x) with input (y + r - ph, x + s - pw). Rows are
 * shifted on the input by one parallel `Gather`, columns on the gradient; kw products give everything. The wide windows
 * stand on the left, since the right side of a product is laid out anew: the weights come out but for one plain
 * transposition.
 */
function bySameSizeShifts(g: Tensor, x: Tensor, w: Tensor): Tensor {
  const [out, within, kh, kw] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  const rank = x.shape.length;
  const height = fixed(x.shape[rank - 2], "Conv gradient");
  const rows = rowWindows(x, kh, height);
  const columns = Array.from({ length: kw }, (_, s) => {
    const sums = productOfAll(rows, shifted(g, rank - 1, s - (kw - 1) / 2));
    return reshape(sums, [within * kh, 1, out]);
  });
  const taps = reshape(concat(columns, { axis: 1 }), [within * kh * kw, out]);
  return reshape(transpose(taps, [1, 0]), w.shape);
}

/** Weights (O, C, kh, kw) from (kh kw, C, O). */
function kernelOf(taps: Tensor, w: Tensor): Tensor {
  return reshape(transpose(taps, [2, 1, 0]), w.shape);
}

/** (B, C, ..., H, W) to (B, C * kh, ..., H, W): for each channel its kh row-shifted copies. */
function rowWindows(x: Tensor, kh: number, height: number): Tensor {
  if (kh === 1) return x;
  const half = (kh - 1) / 2;
  const rank = x.shape.length;
  const pads = new Array<number>(2 * rank).fill(0);
  pads[rank - 2] = half;
  pads[2 * rank - 2] = half;
  const indices = Array.from({ length: kh * height }, (_, i) => Math.floor(i / height) + (i % height));
  const windows = gather(pad(x, pads), int64(indices, [kh, height]), { axis: rank - 2 });
  if (rank === 4) return reshape(windows, [x.shape[0], product([x.shape[1], kh]), height, x.shape[3]]);
  // (1, C, B, kh, H, W): the shifts must stand beside the channels.
  const beside = transpose(windows, [0, 1, 3, 2, 4, 5]);
  return reshape(beside, [1, product([x.shape[1], kh]), x.shape[2], height, x.shape[4]]);
}

/**
 * 3 x 3, stride 2, padding 1, even size: weight (r, s) pairs output (y, x) with input (2 y + r - 1, 2 x + s - 1): row
 * phase 1 moved by one for r = 0, phase 0 for r = 1, phase 1 for r = 2. The nine views, a quarter of the input each,
 * stand side by side, so that one product gives everything.
 */
function byPhases(g: Tensor, x: Tensor, w: Tensor): Tensor {
  const [out, within] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  const phases = split(spaceToDepth(x, 2), 4, { axis: 1 }); // (row, column): 00, 01, 10, 11
  const views: Tensor[] = [];
  for (let r = 0; r < 3; r++) {
    for (let s = 0; s < 3; s++) {
      const phase = phases[(r === 1 ? 0 : 2) + (s === 1 ? 0 : 1)];
      const moved = r === 0 ? shifted(phase, 2, 1) : phase;
      views.push(s === 0 ? shifted(moved, 3, 1) : moved);
    }
  }
  const sums = productOfAll(concat(views, { axis: 1 }), g); // (9 C, O)
  return kernelOf(reshape(sums, [9, within, out]), w);
}

/**
 * Any kernel, stride, padding and dilation, one group: the input with its channels last, where a pixel is a contiguous
 * run, so that one parallel `Gather` lays out every pixel that every weight sees.
 */
function byGatheredPixels(g: Tensor, x: Tensor, w: Tensor, attributes: ConvAttributes): Tensor {
  const [out, within, kh, kw] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  const [top, left, bottom, right] = attributes.pads;
  const last = pad(transpose(x, [0, 2, 3, 1]), [0, top, left, 0, 0, bottom, right, 0]); // (B, H, W, C)
  const [batch, height, width] = last.shape;
  const pixels = fixed(product(g.shape.slice(2)), "Conv gradient");
  const seen = gather(reshape(last, [batch, product([height, width]), within]), pixelsSeen(g, last, attributes), {
    axis: 1,
  });
  const fold = foldsBatch(g, w);
  const shape = fold ? [1, product([batch, pixels])] : [batch, pixels];
  const columns = reshape(seen, [...shape, kh * kw * within]);
  const sums = matMul(flat(fold ? foldBatch(g) : g), columns); // (B or 1, O, k C)
  const taps = fold ? sums : reduceSum(sums, { axes: [0] });
  return reshape(transpose(reshape(taps, [out, kh * kw, within]), [0, 2, 1]), w.shape);
}

/** Positions in the padded input (H W), for each output pixel those of all weights in turn. */
function pixelsSeen(g: Tensor, padded: Tensor, { kernel_shape, strides, dilations }: ConvAttributes): Tensor {
  const [outHeight, outWidth] = g.shape.slice(2).map((dim) => fixed(dim, "Conv gradient"));
  const width = fixed(padded.shape[2], "Conv gradient");
  const positions: number[] = [];
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let r = 0; r < kernel_shape[0]; r++) {
        const row = y * strides[0] + r * dilations[0];
        for (let s = 0; s < kernel_shape[1]; s++) positions.push(row * width + x * strides[1] + s * dilations[1]);
      }
    }
  }
  return int64(positions);
}

/**
 * One channel a group: the gradient is itself a grouped convolution, batch and channels exchanged, with strides and
 * dilations in each other's place.
 */
function depthwise(g: Tensor, x: Tensor, { kernel_shape, strides, pads, dilations, group }: ConvAttributes): Tensor {
  const image = reshape(transpose(x, [1, 0, 2, 3]), [1, product([x.shape[1], x.shape[0]]), x.shape[2], x.shape[3]]);
  const kernels = transpose(g, [1, 0, 2, 3]);
  const all = conv(image, kernels, undefined, { strides: dilations, dilations: strides, pads, group });
  // A stride that does not divide the input evenly leaves rows that no weight has seen.
  const cut = slice(slice(all, 2, 0, kernel_shape[0]), 3, 0, kernel_shape[1]);
  return reshape(cut, [group, 1, ...kernel_shape]);
}

/** Several channels a group: one strided view of the padded input for each weight. Copies most. */
function byStridedViews(g: Tensor, x: Tensor, w: Tensor, attributes: ConvAttributes): Tensor {
  const { kernel_shape, strides, pads, dilations, group } = attributes;
  const [out, within] = w.shape.map((dim) => fixed(dim, "Conv gradient"));
  const [outHeight, outWidth] = g.shape.slice(2).map((dim) => fixed(dim, "Conv gradient"));
  const padded = pad(x, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]);
  const pixels = outHeight * outWidth;
  const gradient = reshape(g, [g.shape[0], group, out / group, pixels]);
  const view = (axis: number, from: Tensor, offset: number, count: number, stride: number) =>
    slice(from, axis, offset, offset + (count - 1) * stride + 1, stride);
  const cells: Tensor[] = [];
  for (let r = 0; r < kernel_shape[0]; r++) {
    const rows = view(2, padded, r * dilations[0], outHeight, strides[0]);
    for (let s = 0; s < kernel_shape[1]; s++) {
      const cell = view(3, rows, s * dilations[1], outWidth, strides[1]);
      const columns = reshape(cell, [x.shape[0], group, within, pixels]);
      cells.push(reshape(reduceSum(fusedMatMul(gradient, columns, { transB: true }), { axes: [0] }), [out, within, 1]));
    }
  }
  return reshape(concat(cells, { axis: 2 }), w.shape);
}
