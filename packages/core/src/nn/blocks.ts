/**
 * @file The blocks of YOLOv8 and YOLO12, named and wired as in the published checkpoints.
 *
 * Every block takes (B, c1, H, W) and, but for the heads, gives (B, c2, H, W). The last part of a leaf's path is the
 * field's name there: `model.2.m.0.cv1.conv.weight`.
 */
import type { Tensor } from "../graph/op";
import { divided, fixed, product } from "../graph/shape";
import {
  add,
  concat,
  matMul,
  maxPool,
  mul,
  reshape,
  reshapeLike,
  slice,
  softmax,
  split,
  transpose,
} from "../graph/tensor";
import type { Leaves } from "./leaves";
import type { A2C2fRow, C2fRow, C3k2Row, C3Row, ConvRow, SPPFRow } from "./rows";

interface BottleneckShape {
  readonly c2: number;
  readonly shortcut: boolean;
  readonly g: number;
  readonly e: number;
  /** Kernel of the first convolution. @default 3 */
  readonly k1?: number;
}

/** Two convolutions, with the input added where the channels agree. */
function bottleneck(leaves: Leaves, path: string, x: Tensor, { c2, shortcut, g, e, k1 = 3 }: BottleneckShape): Tensor {
  const hidden = leaves.conv(`${path}.cv1`, x, { c2: Math.floor(c2 * e), k: k1 });
  const y = leaves.conv(`${path}.cv2`, hidden, { c2, k: 3, g });
  return shortcut && x.shape[1] === c2 ? add(x, y) : y;
}

/** The skeleton that C2f and C3k2 share: every inner block's output reaches the last convolution. */
function crossStage(
  leaves: Leaves,
  path: string,
  x: Tensor,
  { c2, n, e }: { readonly c2: number; readonly n: number; readonly e: number },
  inner: (path: string, x: Tensor, c: number) => Tensor,
): Tensor {
  const c = Math.floor(c2 * e);
  const parts = crossStageStart(leaves, `${path}.cv1`, x, c);
  let last = parts.length === 2 ? parts[1] : slice(parts[0], 1, c, 2 * c);
  for (let i = 0; i < n; i++) {
    last = inner(`${path}.m.${i}`, last, c);
    parts.push(last);
  }
  return leaves.conv(`${path}.cv2`, concat(parts, { axis: 1 }), { c2 }); // (B, (2 + n)c, H, W) -> (B, c2, H, W)
}

/** The first convolution of a cross stage, (B, 2c, H, W), whole or as two halves. */
function crossStageStart(leaves: Leaves, path: string, x: Tensor, c: number): Tensor[] {
  const shape = { c2: 2 * c };
  return leaves.convHalves ? [...leaves.convHalves(path, x, shape)] : [leaves.conv(path, x, shape)];
}

export function c2f(leaves: Leaves, path: string, x: Tensor, row: C2fRow): Tensor {
  return crossStage(leaves, path, x, row, (at, y, c) =>
    bottleneck(leaves, at, y, { c2: c, shortcut: row.shortcut, g: row.g, e: 1 }),
  );
}

export function c3k2(leaves: Leaves, path: string, x: Tensor, row: C3k2Row): Tensor {
  return crossStage(leaves, path, x, row, (at, y, c) =>
    row.c3k
      ? c3(leaves, at, y, { c2: c, n: 2, shortcut: row.shortcut, g: row.g, e: 0.5, k1: 3 })
      : bottleneck(leaves, at, y, { c2: c, shortcut: row.shortcut, g: row.g, e: 0.5 }),
  );
}

/** C3, and with two bottlenecks whose first kernel is 3 x 3 too C3k: the processed branch beside the untouched one. */
export function c3(
  leaves: Leaves,
  path: string,
  x: Tensor,
  { c2, n, shortcut, g, e, k1 = 1 }: Pick<C3Row, "c2" | "n" | "shortcut" | "g" | "e"> & { readonly k1?: number },
): Tensor {
  const hidden = Math.floor(c2 * e);
  let y = leaves.conv(`${path}.cv1`, x, { c2: hidden });
  for (let i = 0; i < n; i++) y = bottleneck(leaves, `${path}.m.${i}`, y, { c2: hidden, shortcut, g, e: 1, k1 });
  const beside = leaves.conv(`${path}.cv2`, x, { c2: hidden });
  return leaves.conv(`${path}.cv3`, concat([y, beside], { axis: 1 }), { c2 });
}

/** Spatial pyramid pooling by three poolings in a row. He et al., 2014, arXiv:1406.4729. */
export function sppf(leaves: Leaves, path: string, x: Tensor, { c1, c2, k }: SPPFRow): Tensor {
  const parts = [leaves.conv(`${path}.cv1`, x, { c2: Math.floor(c1 / 2) })];
  for (let i = 0; i < 3; i++) parts.push(maxPool(parts[i], k, { pad: Math.floor(k / 2) }));
  return leaves.conv(`${path}.cv2`, concat(parts, { axis: 1 }), { c2 });
}

export function convRow(leaves: Leaves, path: string, x: Tensor, { c2, k, s, p, g, d, act }: ConvRow): Tensor {
  return leaves.conv(path, x, { c2, k, s, p, g, d, act });
}

/** Residual efficient layer aggregation with area attention. Tian et al., YOLOv12, 2025, arXiv:2502.12524. */
export function a2c2f(leaves: Leaves, path: string, x: Tensor, row: A2C2fRow): Tensor {
  const c = Math.floor(row.c2 * row.e);
  const parts = [leaves.conv(`${path}.cv1`, x, { c2: c })];
  for (let i = 0; i < row.n; i++) {
    const last = parts[i];
    parts.push(
      row.a2
        ? [0, 1].reduce((y, j) => attentionBlock(leaves, `${path}.m.${i}.${j}`, y, row), last)
        : c3(leaves, `${path}.m.${i}`, last, { c2: c, n: 2, shortcut: row.shortcut, g: row.g, e: 0.5, k1: 3 }),
    );
  }
  const y = leaves.conv(`${path}.cv2`, concat(parts, { axis: 1 }), { c2: row.c2 });
  if (!(row.a2 && row.residual)) return y;
  const gamma = leaves.vector(`${path}.gamma`, row.c2, 0.01);
  return add(x, mul(y, reshape(gamma, [1, row.c2, 1, 1])));
}

/** Area attention, then a two-layer perceptron, each added to its input. */
function attentionBlock(leaves: Leaves, path: string, x: Tensor, row: A2C2fRow): Tensor {
  const c = fixed(x.shape[1], "ABlock");
  const attended = add(x, areaAttention(leaves, `${path}.attn`, x, row));
  const hidden = leaves.conv(`${path}.mlp.0`, attended, { c2: Math.floor(c * row.mlpRatio), attention: true });
  return add(attended, leaves.conv(`${path}.mlp.1`, hidden, { c2: c, act: false, attention: true }));
}

/**
 * Attention within `area` horizontal stripes of the map, plus a positional convolution of the values over the whole map.
 */
function areaAttention(leaves: Leaves, path: string, x: Tensor, { heads, area: stripes }: A2C2fRow): Tensor {
  const [batch, channels, height, width] = x.shape;
  const c = fixed(channels, "AAttn");
  const depth = c / heads;
  const area = Math.max(1, stripes);
  const pixels = product([height, width]);
  const run = divided(pixels, area);

  const qkv = leaves.conv(`${path}.qkv`, x, { c2: 3 * c, act: false, attention: true });
  // Channels are (head, q k v, depth); tokens are row-major, so that a stripe is a contiguous run of them.
  const [q, k, v] = split(reshape(qkv, [batch, heads, 3 * depth, pixels]), 3, { axis: 2 }); // (B, heads, depth, H W)
  const striped = (t: Tensor, perm: readonly number[]) => transpose(reshape(t, [batch, heads, depth, area, run]), perm);
  const queries = mul(striped(q, [0, 1, 3, 4, 2]), depth ** -0.5); // (B, heads, area, run, depth)
  const weights = softmax(matMul(queries, striped(k, [0, 1, 3, 2, 4]))); // (B, heads, area, run, run), rows are queries
  const mixed = matMul(weights, striped(v, [0, 1, 3, 4, 2])); // (B, heads, area, run, depth)
  const joined = reshape(transpose(mixed, [0, 1, 4, 2, 3]), [batch, heads, depth, pixels]);

  const map = (t: Tensor): Tensor => {
    const shape = [batch, c, height, width];
    return typeof height === "number" ? reshape(t, shape) : reshapeLike(t, shape, x);
  };
  const pe = { c2: c, k: 7, g: c, act: false, biasAllowed: true, attention: true };
  const position = leaves.conv(`${path}.pe`, map(v), pe);
  return leaves.conv(`${path}.proj`, add(map(joined), position), { c2: c, act: false, attention: true });
}
