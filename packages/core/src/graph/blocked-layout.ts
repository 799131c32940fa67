/**
 * @file Convolutions in ONNX Runtime's own layout, NCHWc: channels in blocks of as many as fit a vector register.
 *
 * ONNX Runtime's processor kernels convolve blocked images about one and a half times as fast, but choose them only
 * where the weights are constant, which they are not in training. Here they are chosen by hand: image in, blocks,
 * convolution, image out. Blocking and unblocking cost one pass each, so that only kernels larger than 1 x 1 gain
 * (docs/performance.md). The graph then runs on ONNX Runtime's processor provider alone, on processors of that block size.
 */
import type { Attributes, Node, Tensor } from "./op";
import { nodesBehind } from "./order";
import { multiplied, product } from "./shape";
import { apply, concat, gather, int64, reshape, transpose } from "./tensor";

/** The same outputs, with the convolutions that gain from it in blocks of `lanes` channels. */
export function blockConvolutions(outputs: readonly Tensor[], lanes: number): Tensor[] {
  const replaced = new Map<Node, readonly Tensor[]>();
  const resolve = (x: Tensor): Tensor => (x.source.kind === "node" ? replaced.get(x.source.node)![x.source.index] : x);
  for (const node of nodesBehind(outputs)) {
    const inputs = node.inputs.map(resolve);
    const blocked = blockedNode(node, inputs, lanes);
    replaced.set(node, blocked ? [blocked] : apply(node.op, inputs, node.attributes));
  }
  return outputs.map(resolve);
}

function blockedNode({ op, attributes }: Node, inputs: readonly Tensor[], lanes: number): Tensor | undefined {
  if (op === "Conv") return blockedConv(inputs, attributes as Attributes["Conv"], lanes);
  if (op === "ConvTranspose") return blockedConvTranspose(inputs, attributes as Attributes["ConvTranspose"], lanes);
  if (op === "Transpose") return channelsLast(inputs, attributes as Attributes["Transpose"], lanes);
  return undefined;
}

/** (B, C, H, W) to (B, H, W, C): by way of the blocks three times as fast as ONNX Runtime's transposition. */
function channelsLast([x]: readonly Tensor[], { perm }: Attributes["Transpose"], lanes: number): Tensor | undefined {
  const [, channels] = x.shape;
  if (perm.join() !== "0,2,3,1" || typeof channels !== "number" || channels % lanes !== 0) return undefined;
  if (x.dtype !== "float32") return undefined;
  const [image] = apply("ReorderInput", [x], {});
  return apply("ReorderOutput", [image], { channels, channelsLast: true })[0];
}

/** The convolution in blocks, or `undefined` where that does not gain or does not fit. */
function blockedConv(
  [x, w, bias]: readonly Tensor[],
  attributes: Attributes["Conv"],
  lanes: number,
): Tensor | undefined {
  const [out, within, kh, kw] = w.shape as readonly number[];
  const { group } = attributes;
  const depthwise = group > 1 && group === out && within === 1;
  const whole = out % lanes === 0 && (depthwise || (group === 1 && within % lanes === 0));
  if (!whole || kh * kw === 1 || bias) return undefined;
  const [image] = apply("ReorderInput", [x], {});
  const weights = depthwise ? blockedTaps(w, lanes) : blockedWeights(w, lanes);
  const [y] = apply("NchwcConv", [image, weights], attributes);
  return apply("ReorderOutput", [y], { channels: out, channelsLast: false })[0];
}

/** Depthwise weights (C, 1, kh, kw) in the order [C / b][kh kw][b of C], under their own shape. */
function blockedTaps(w: Tensor, b: number): Tensor {
  const [channels, , kh, kw] = w.shape as readonly number[];
  return reshape(transpose(reshape(w, [channels / b, b, kh * kw]), [0, 2, 1]), w.shape);
}

/**
 * Weights (O, I, kh, kw) in the order [O / b][I / b][kh kw][b of I][b of O], under their own shape.
 *
 * Two moves that ONNX Runtime makes as block copies, since its general transposition is several times slower.
 */
function blockedWeights(w: Tensor, b: number): Tensor {
  const [out, within, kh, kw] = w.shape as readonly number[];
  const back = exchangedFrom(w);
  if (back) return reshape(exchangedBlocks(back, b), w.shape);
  const rows = transpose(reshape(w, [out / b, b, within * kh * kw]), [0, 2, 1]); // (O / b, I kh kw, b of O)
  const blocks = reshape(rows, [(out / b) * (within / b), b, kh * kw, b]);
  return reshape(transpose(blocks, [0, 2, 1, 3]), w.shape);
}

/** The weights that were turned by 180 degrees and had their channels exchanged to make `w`, if that is how it was made. */
function exchangedFrom(w: Tensor): Tensor | undefined {
  if (w.source.kind !== "node" || w.source.node.op !== "Transpose") return undefined;
  const { perm } = w.source.node.attributes as Attributes["Transpose"];
  const [turned] = w.source.node.inputs;
  if (perm.join() !== "1,0,2,3" || turned.source.kind !== "node" || turned.source.node.op !== "Slice") return undefined;
  const { axes, steps } = turned.source.node.attributes as Attributes["Slice"];
  return axes.join() === "2,3" && steps.every((step) => step === -1) ? turned.source.node.inputs[0] : undefined;
}

/** From (O, I, kh, kw) the blocks of its turned exchange: [I / b][O / b][kh kw, backwards][b of O][b of I]. */
function exchangedBlocks(w: Tensor, b: number): Tensor {
  const [out, within, kh, kw] = w.shape as readonly number[];
  const taps = transpose(reshape(w, [out * within, kh * kw]), [1, 0]); // (kh kw, O I)
  const backwards = int64(Array.from({ length: kh * kw }, (_, i) => kh * kw - 1 - i));
  const turned = reshape(gather(taps, backwards, { axis: 0 }), [kh * kw, out / b, b, within / b, b]);
  return transpose(turned, [3, 1, 0, 2, 4]);
}

/**
 * The transposed convolution that is the way back through 3 x 3, stride 2, padding 1, or `undefined` for any other.
 *
 * Output pixels of even and odd rows and columns see different weights: four small convolutions, whose results are
 * interleaved block by block. In one row of two, weight 1; in the other, weights 2 and 0 of this and the next row.
 */
function blockedConvTranspose(
  [x, w, bias]: readonly Tensor[],
  { kernel_shape, strides, pads, dilations, group, output_padding }: Attributes["ConvTranspose"],
  lanes: number,
): Tensor | undefined {
  const [within, out] = w.shape as readonly number[];
  const all = (values: readonly number[], value: number) => values.every((v) => v === value);
  const halving =
    all(kernel_shape, 3) && all(strides, 2) && all(pads, 1) && all(output_padding, 1) && all(dilations, 1);
  if (!halving || group !== 1 || bias || within % lanes !== 0 || out % lanes !== 0) return undefined;
  const [batch, , height, columns] = x.shape;
  const [image] = apply("ReorderInput", [x], {});
  const taps = transpose(reshape(w, [within * out, 9]), [1, 0]);
  const seen = [[1], [2, 0]];
  const rows = [0, 1].map((a) => {
    const phases = [0, 1].map((b) => {
      const indices = seen[a].flatMap((r) => seen[b].map((s) => 3 * r + s));
      const chosen = reshape(gather(taps, int64(indices), { axis: 0 }), [
        indices.length,
        within / lanes,
        lanes,
        out / lanes,
        lanes,
      ]);
      const weights = reshape(transpose(chosen, [3, 1, 0, 2, 4]), [out, within, a + 1, b + 1]);
      const [phase] = apply("NchwcConv", [image, weights], {
        kernel_shape: [a + 1, b + 1],
        strides: [1, 1],
        pads: [0, 0, a, b],
        dilations: [1, 1],
        group: 1,
      });
      return reshape(phase, [product([batch, out / lanes, height]), columns, lanes]);
    });
    const row = concat(phases, { axis: 2 });
    return reshape(row, [row.shape[0], product(row.shape.slice(1))]);
  });
  const whole = reshape(concat(rows, { axis: 1 }), [batch, out, multiplied(height, 2), multiplied(columns, 2)]);
  return apply("ReorderOutput", [whole], { channels: out, channelsLast: false })[0];
}
