/**
 * @file The heads: from feature maps to raw box and class maps, and from those to boxes.
 *
 * Anchors are the cell centres of all levels in a row, finest level first, row by row. Box logits are 16 bins for each
 * of the distances left, top, right, bottom in strides (distribution focal loss: Li et al., 2020, arXiv:2006.04388).
 */
import type { Tensor } from "../graph/op";
import { fixed, product } from "../graph/shape";
import {
  add,
  cast,
  concat,
  constant,
  matMul,
  mul,
  range,
  reshape,
  shapeOf,
  sigmoid,
  slice,
  softmax,
  sub,
  transpose,
} from "../graph/tensor";
import type { Leaves } from "./leaves";
import type { DetectRow, SegmentRow } from "./rows";

/** Bins of each side's distance. */
export const REG_MAX = 16;

/** What a head gives before decoding, levels finest first. */
export interface RawMaps {
  /** Per level (B, 64, H, W): logits of the distances. */
  readonly boxes: readonly Tensor[];
  /** Per level (B, K, H, W): class logits. */
  readonly scores: readonly Tensor[];
  /** Per level (B, 32, H, W): mask coefficients, of a segmenting head. */
  readonly coefficients?: readonly Tensor[];
  /** (B, 32, 4 H, 4 W) of the finest level: mask prototypes. */
  readonly prototypes?: Tensor;
}

/** Initial class bias: 5 objects in an image of 640 px, spread over classes and cells. */
const classPrior = (nc: number, stride: number) => Math.log(5 / nc / (640 / stride) ** 2);

/** Towers of a detection head on `features`, one per level. */
export function detect(
  leaves: Leaves,
  path: string,
  features: readonly Tensor[],
  row: DetectRow | SegmentRow,
  strides: readonly number[],
): RawMaps {
  const { nc, ch, legacy } = row;
  const boxWidth = Math.max(16, Math.floor(ch[0] / 4), 4 * REG_MAX);
  const classWidth = Math.max(ch[0], Math.min(nc, 100));
  const boxes = features.map((x, i) => {
    const y = leaves.conv(`${path}.cv2.${i}.0`, x, { c2: boxWidth, k: 3 });
    const z = leaves.conv(`${path}.cv2.${i}.1`, y, { c2: boxWidth, k: 3 });
    return leaves.conv2d(`${path}.cv2.${i}.2`, z, { c2: 4 * REG_MAX, prior: 1 });
  });
  const scores = features.map((x, i) => {
    const y = (legacy ? plainTower : depthwiseTower)(leaves, `${path}.cv3.${i}`, x, ch[i], classWidth);
    return leaves.conv2d(`${path}.cv3.${i}.2`, y, { c2: nc, prior: classPrior(nc, strides[i]) });
  });
  if (row.module === "Detect") return { boxes, scores };
  return { boxes, scores, ...masks(leaves, path, features, row) };
}

function plainTower(leaves: Leaves, path: string, x: Tensor, _: number, width: number): Tensor {
  const y = leaves.conv(`${path}.0`, x, { c2: width, k: 3 });
  return leaves.conv(`${path}.1`, y, { c2: width, k: 3 });
}

function depthwiseTower(leaves: Leaves, path: string, x: Tensor, channels: number, width: number): Tensor {
  const a = leaves.conv(`${path}.0.0`, x, { c2: channels, k: 3, g: channels });
  const b = leaves.conv(`${path}.0.1`, a, { c2: width });
  const c = leaves.conv(`${path}.1.0`, b, { c2: width, k: 3, g: width });
  return leaves.conv(`${path}.1.1`, c, { c2: width });
}

/** Mask coefficients per level and the prototypes they weigh. Bolya et al., YOLACT, 2019, arXiv:1904.02689. */
function masks(leaves: Leaves, path: string, features: readonly Tensor[], { nm, npr, ch }: SegmentRow) {
  const width = Math.max(Math.floor(ch[0] / 4), nm);
  const hidden = leaves.conv(`${path}.proto.cv1`, features[0], { c2: npr, k: 3 });
  const larger = leaves.convTranspose(`${path}.proto.upsample`, hidden, npr);
  const smooth = leaves.conv(`${path}.proto.cv2`, larger, { c2: npr, k: 3 });
  const prototypes = leaves.conv(`${path}.proto.cv3`, smooth, { c2: nm });
  const coefficients = features.map((x, i) => {
    const y = leaves.conv(`${path}.cv4.${i}.0`, x, { c2: width, k: 3 });
    const z = leaves.conv(`${path}.cv4.${i}.1`, y, { c2: width, k: 3 });
    return leaves.conv2d(`${path}.cv4.${i}.2`, z, { c2: nm });
  });
  return { prototypes, coefficients };
}

/** Levels side by side: (B, C, H, W) each to (B, C, N). */
export function joinLevels(levels: readonly Tensor[]): Tensor {
  return concat(
    levels.map((x) => reshape(x, [x.shape[0], x.shape[1], product(x.shape.slice(2))])),
    { axis: 2 },
  );
}

/** Anchor centres in strides and the stride of each anchor. */
export interface Anchors {
  /** (2, N): x, then y. */
  readonly points: Tensor;
  /** (1, N): pixels. */
  readonly strides: Tensor;
}

/** Anchors of the levels' maps; computed when the graph runs if their sizes are symbols. */
export function anchorsOf(levels: readonly Tensor[], strides: readonly number[]): Anchors {
  if (levels.every(({ shape }) => typeof shape[2] === "number")) return fixedAnchors(levels, strides);
  const parts = levels.map((level, i) => runtimeAnchors(level, strides[i]));
  return {
    points: concat(
      parts.map((part) => part.points),
      { axis: 1 },
    ),
    strides: concat(
      parts.map((part) => part.strides),
      { axis: 1 },
    ),
  };
}

function fixedAnchors(levels: readonly Tensor[], strides: readonly number[]): Anchors {
  const sizes = levels.map(({ shape }) => shape.slice(2).map((dim) => fixed(dim, "anchors")));
  const count = sizes.reduce((n, [h, w]) => n + h * w, 0);
  const points = new Float32Array(2 * count);
  const pixels = new Float32Array(count);
  let at = 0;
  sizes.forEach(([h, w], level) => {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++, at++) {
        points[at] = x + 0.5;
        points[count + at] = y + 0.5;
        pixels[at] = strides[level];
      }
    }
  });
  return { points: constant(points, [2, count]), strides: constant(pixels, [1, count]) };
}

function runtimeAnchors(level: Tensor, stride: number): Anchors {
  const [, , height, width] = level.shape;
  const count = product([height, width]);
  const line = (axis: number) =>
    add(cast(range(reshape(shapeOf(level, axis, axis + 1), []), level.shape[axis]), "float32"), 0.5);
  const across = reshape(line(3), [1, width]);
  const down = reshape(line(2), [height, 1]);
  // Adding zeros of the other axis repeats each line over the plane.
  const x = reshape(add(across, mul(down, 0)), [1, count]);
  const y = reshape(add(down, mul(across, 0)), [1, count]);
  return { points: concat([x, y], { axis: 0 }), strides: add(mul(x, 0), stride) };
}

/**
 * Raw maps as the published models give them: (B, 4 + K [+ 32], N), rows centre x, centre y, width, height in pixels,
 * class probabilities, mask coefficients.
 */
export function decode(maps: RawMaps, strides: readonly number[]): Tensor {
  const logits = joinLevels(maps.boxes); // (B, 64, N)
  const [batch, , count] = logits.shape;
  const anchors = anchorsOf(maps.boxes, strides);
  // Bins last: ONNX Runtime's softmax is fast there only.
  const bins = transpose(reshape(logits, [batch, 4, REG_MAX, count]), [0, 1, 3, 2]);
  const places = constant(
    Float32Array.from({ length: REG_MAX }, (_, i) => i),
    [REG_MAX, 1],
  );
  const distances = reshape(matMul(softmax(bins), places), [batch, 4, count]); // left, top, right, bottom
  const near = sub(anchors.points, slice(distances, 1, 0, 2));
  const far = add(anchors.points, slice(distances, 1, 2, 4));
  const centres = mul(mul(add(near, far), 0.5), anchors.strides);
  const sizes = mul(sub(far, near), anchors.strides);
  const parts = [centres, sizes, sigmoid(joinLevels(maps.scores))];
  if (maps.coefficients) parts.push(joinLevels(maps.coefficients));
  return concat(parts, { axis: 1 });
}
