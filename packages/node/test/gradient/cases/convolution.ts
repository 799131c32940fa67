/**
 * @file Convolutions: every path of the weight gradient, and random geometries.
 */
import type { Dim, Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { bothBatches, type Case } from "../check";
import { conv, convTranspose } from "../kernels/convolution";

interface Geometry {
  readonly channels: number;
  readonly out: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides?: readonly number[];
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
  readonly bias?: boolean;
  readonly batch?: Dim;
}

function convolution(what: string, geometry: Geometry): Case {
  const { channels, out, size, kernel, batch = "batch", bias = false } = geometry;
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = geometry;
  const options = { strides, pads, dilations, group };
  return {
    name:
      `Conv, ${what}: ${channels} to ${out} channels, ${size.join(" x ")}, kernel ${kernel.join(" x ")}, ` +
      `strides ${strides}, pads ${pads}, dilations ${dilations}, group ${group}${bias ? ", bias" : ""}`,
    inputs: [
      { shape: [batch, channels, ...size] },
      { shape: [out, channels / group, ...kernel] },
      ...(bias ? [{ shape: [out] }] : []),
    ],
    build: ([x, w, b]: readonly Tensor[]) => t.conv(x, w, b, options),
    reference: ([x, w, b]) => conv(x, w, b, options),
  };
}

// One product for all images is chosen where out * within * kh * kw >= (out + within) * pixels of the output.
const PATHS: readonly (readonly [string, Geometry])[] = [
  ["1 x 1, a product per image", { channels: 3, out: 4, size: [5, 6], kernel: [1, 1], bias: true }],
  ["1 x 1, one product", { channels: 6, out: 8, size: [1, 3], kernel: [1, 1] }],
  ["1 x 1, one pixel", { channels: 5, out: 7, size: [1, 1], kernel: [1, 1] }],
  ["1 x 1, padded", { channels: 2, out: 3, size: [3, 4], kernel: [1, 1], pads: [1, 1, 1, 1] }],
  ["1 x 1, stride 2", { channels: 2, out: 3, size: [5, 6], kernel: [1, 1], strides: [2, 2] }],
  ["same size", { channels: 2, out: 3, size: [8, 7], kernel: [3, 3], pads: [1, 1, 1, 1], bias: true }],
  ["same size, one product", { channels: 4, out: 6, size: [3, 4], kernel: [3, 3], pads: [1, 1, 1, 1] }],
  ["same size, one channel", { channels: 1, out: 1, size: [5, 5], kernel: [3, 3], pads: [1, 1, 1, 1] }],
  ["same size, 5 x 3", { channels: 2, out: 2, size: [7, 6], kernel: [5, 3], pads: [2, 1, 2, 1] }],
  ["same size, 1 x 3", { channels: 2, out: 3, size: [6, 5], kernel: [1, 3], pads: [0, 1, 0, 1] }],
  ["same size, 3 x 1", { channels: 2, out: 3, size: [6, 5], kernel: [3, 1], pads: [1, 0, 1, 0] }],
  ["same size, 1 x 3, one product", { channels: 4, out: 6, size: [2, 3], kernel: [1, 3], pads: [0, 1, 0, 1] }],
  ["same size, 3 x 1, one product", { channels: 4, out: 6, size: [2, 3], kernel: [3, 1], pads: [1, 0, 1, 0] }],
  ["same size, 7 x 7", { channels: 2, out: 2, size: [9, 9], kernel: [7, 7], pads: [3, 3, 3, 3] }],
  [
    "same size, kernel larger than the image",
    { channels: 2, out: 2, size: [2, 2], kernel: [7, 7], pads: [3, 3, 3, 3] },
  ],
  ["phases", { channels: 2, out: 3, size: [8, 10], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], bias: true }],
  ["phases, one product", { channels: 5, out: 7, size: [4, 2], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ["phases, smallest", { channels: 2, out: 2, size: [2, 2], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ["stride 2, odd size", { channels: 2, out: 3, size: [7, 9], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ["stride 2, odd height", { channels: 2, out: 3, size: [7, 8], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ["stride 2, 6 x 6", { channels: 3, out: 2, size: [8, 8], kernel: [6, 6], strides: [2, 2], pads: [2, 2, 2, 2] }],
  ["stride 2, 2 x 2", { channels: 2, out: 2, size: [6, 8], kernel: [2, 2], strides: [2, 2] }],
  ["stride 3", { channels: 2, out: 2, size: [9, 10], kernel: [3, 3], strides: [3, 3], pads: [1, 1, 1, 1] }],
  ["stride larger than the kernel", { channels: 2, out: 2, size: [8, 7], kernel: [2, 2], strides: [3, 3] }],
  ["strides of two kinds", { channels: 2, out: 2, size: [6, 7], kernel: [3, 3], strides: [1, 2], pads: [1, 1, 1, 1] }],
  ["no padding", { channels: 2, out: 3, size: [6, 5], kernel: [3, 3] }],
  ["even kernel", { channels: 2, out: 3, size: [6, 5], kernel: [2, 4] }],
  ["asymmetric padding", { channels: 2, out: 3, size: [6, 5], kernel: [2, 2], pads: [0, 0, 1, 1] }],
  [
    "asymmetric padding, stride 2",
    { channels: 2, out: 2, size: [6, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  ],
  ["padding beyond the kernel", { channels: 2, out: 2, size: [3, 3], kernel: [2, 2], pads: [2, 0, 1, 3] }],
  [
    "padding beyond the kernel, stride 2",
    { channels: 2, out: 2, size: [4, 4], kernel: [2, 2], strides: [2, 2], pads: [2, 2, 2, 2] },
  ],
  ["dilated", { channels: 2, out: 2, size: [7, 7], kernel: [3, 3], pads: [2, 2, 2, 2], dilations: [2, 2] }],
  [
    "dilated, stride 2",
    { channels: 2, out: 2, size: [9, 8], kernel: [3, 2], strides: [2, 2], pads: [1, 2, 1, 2], dilations: [2, 3] },
  ],
  ["groups", { channels: 4, out: 6, size: [5, 6], kernel: [3, 3], pads: [1, 1, 1, 1], group: 2, bias: true }],
  [
    "groups, stride 2",
    { channels: 6, out: 3, size: [6, 6], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 3 },
  ],
  ["groups, 1 x 1", { channels: 4, out: 4, size: [3, 3], kernel: [1, 1], group: 2 }],
  ["depthwise", { channels: 4, out: 4, size: [6, 7], kernel: [3, 3], pads: [1, 1, 1, 1], group: 4, bias: true }],
  ["depthwise, 7 x 7", { channels: 3, out: 3, size: [8, 8], kernel: [7, 7], pads: [3, 3, 3, 3], group: 3 }],
  [
    "depthwise, stride 2",
    { channels: 3, out: 3, size: [7, 8], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 3 },
  ],
  [
    "depthwise, stride 2, a row unseen",
    { channels: 3, out: 3, size: [8, 8], kernel: [3, 3], strides: [2, 2], group: 3 },
  ],
  ["depthwise, stride 3", { channels: 2, out: 2, size: [9, 11], kernel: [3, 3], strides: [3, 3], group: 2 }],
  [
    "depthwise, dilated",
    { channels: 3, out: 3, size: [8, 8], kernel: [3, 3], pads: [2, 2, 2, 2], dilations: [2, 2], group: 3 },
  ],
  [
    "depthwise, asymmetric padding",
    { channels: 2, out: 2, size: [5, 5], kernel: [2, 2], pads: [0, 0, 1, 1], group: 2 },
  ],
  [
    "depthwise, two outputs a channel",
    { channels: 3, out: 6, size: [5, 5], kernel: [3, 3], pads: [1, 1, 1, 1], group: 3 },
  ],
];

/** Random geometry whose output has at least one cell. */
function randomGeometry(random: Random): Geometry {
  const group = random.integer(1, 4);
  const kernel = [random.integer(1, 5), random.integer(1, 5)] as const;
  const dilations = [random.integer(1, 3), random.integer(1, 3)];
  const reach = kernel.map((k, i) => dilations[i] * (k - 1));
  return {
    group,
    channels: group * random.integer(1, 4),
    out: group * random.integer(1, 4),
    size: [reach[0] + random.integer(1, 6), reach[1] + random.integer(1, 6)],
    kernel,
    strides: [random.integer(1, 4), random.integer(1, 4)],
    pads: [0, 1, 2, 3].map(() => random.integer(0, 3)),
    dilations,
    bias: random.chance(0.5),
  };
}

/** Odd kernels that keep the size, or halve an even one: the shapes of which the networks are made. */
function usualGeometry(random: Random): Geometry {
  const half = random.integer(0, 3);
  const stride = half === 1 && random.chance(0.5) ? 2 : 1;
  const side = () => stride * random.integer(1, 5);
  return {
    channels: random.integer(1, 7),
    out: random.integer(1, 7),
    size: [side(), side()],
    kernel: [2 * half + 1, 2 * half + 1],
    strides: [stride, stride],
    pads: [half, half, half, half],
  };
}

function transposed(what: string, geometry: Geometry & { readonly outputPadding?: readonly number[] }): Case {
  const { channels, out, size, kernel, batch = "batch", bias = false, outputPadding = [0, 0] } = geometry;
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = geometry;
  const options = { strides, pads, dilations, group };
  return {
    name:
      `ConvTranspose, ${what}: ${channels} to ${out} channels, ${size.join(" x ")}, kernel ${kernel.join(" x ")}, ` +
      `strides ${strides}, pads ${pads}, output padding ${outputPadding}, group ${group}${bias ? ", bias" : ""}`,
    inputs: [
      { shape: [batch, channels, ...size] },
      { shape: [channels, out / group, ...kernel] },
      ...(bias ? [{ shape: [out] }] : []),
    ],
    build: ([x, w, b]: readonly Tensor[]) => t.convTranspose(x, w, b, { ...options, outputPadding }),
    reference: ([x, w, b]) => convTranspose(x, w, b, options, outputPadding),
  };
}

const TRANSPOSED: readonly (readonly [string, Parameters<typeof transposed>[1]])[] = [
  ["doubling", { channels: 3, out: 2, size: [3, 4], kernel: [2, 2], strides: [2, 2], bias: true }],
  ["stride 1", { channels: 2, out: 3, size: [5, 4], kernel: [3, 3], pads: [1, 1, 1, 1] }],
  ["stride 1, no padding", { channels: 2, out: 3, size: [3, 4], kernel: [3, 2] }],
  ["1 x 1", { channels: 2, out: 3, size: [3, 4], kernel: [1, 1] }],
  ["stride 2", { channels: 2, out: 2, size: [4, 3], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  [
    "stride 2, output padding",
    { channels: 2, out: 2, size: [4, 3], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] },
  ],
  [
    "stride 3, output padding on one axis",
    { channels: 2, out: 2, size: [3, 3], kernel: [3, 4], strides: [3, 3], pads: [1, 0, 0, 1], outputPadding: [2, 0] },
  ],
  [
    "groups",
    { channels: 4, out: 6, size: [3, 3], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 2, bias: true },
  ],
  ["depthwise", { channels: 3, out: 3, size: [3, 4], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 3 }],
  [
    "dilated",
    { channels: 2, out: 2, size: [4, 4], kernel: [2, 3], strides: [1, 2], pads: [1, 1, 1, 1], dilations: [2, 2] },
  ],
];

const random = new Random(21);

export const convolutionCases: readonly Case[] = bothBatches([
  ...PATHS.map(([what, geometry]) => convolution(what, geometry)),
  ...Array.from({ length: 40 }, (_, i) => convolution(`random ${i}`, randomGeometry(random))),
  ...Array.from({ length: 20 }, (_, i) => convolution(`usual ${i}`, usualGeometry(random))),
  ...TRANSPOSED.map(([what, geometry]) => transposed(what, geometry)),
]);
