/**
 * @file The folded network for prediction, in two steps: scores of all cells, then boxes of the few that matter.
 *
 * The box branch of a head takes an eighth of the network's time, and what it says is used only where the class branch
 * saw a lesion. So the first graph ends with the class scores and hands out the feature maps, and the second one runs
 * the box branch on tiles cut out of them (docs/performance.md). The numbers are those of the whole graph: a tile
 * carries the margin that two convolutions of 3 x 3 see. What leaves the house is `inference-graph.ts`.
 */
import { toModelBytes } from "../graph/onnx/write";
import type { Dim, Tensor } from "../graph/op";
import { cast, input, mul, transpose } from "../graph/tensor";
import { detect, type RawMaps } from "./head";
import { inferenceLeaves, type ParameterValues } from "./inference";
import type { Leaves } from "./leaves";
import { buildNetwork } from "./network";
import { leavesOnBytes, predictionLeaves, UNIT } from "./prediction-leaves";
import type { DetectRow, NetworkRows, SegmentRow } from "./rows";

/**
 * Cells along a side of a tile. Smaller ones fit closer around what was seen, larger ones share more of their margins: on
 * blood cells 2 needs half the operations of 4 and hardly more than 1.
 */
export const TILE = 2;

/** Cells around a tile that its boxes depend on: one for each convolution. */
export const TILE_MARGIN = 2;

export interface ScoreGraphOptions {
  /** Image size, pixels; a symbol leaves it open until the graph runs. @default "width" */
  readonly width?: Dim;
  /** @default "height" */
  readonly height?: Dim;
}

/**
 * ONNX bytes of the first step. Input `images` (1, H, W, 3), bytes as images hold them; for each level i, finest first, the outputs
 * `scores.i` (1, K, h, w), logits of the classes, and `features.i` (1, C, h, w), what the head reads; of a segmenting
 * network `prototypes` (1, 32, H / 4, W / 4) too.
 */
export function scoreGraph(
  network: NetworkRows,
  values: ParameterValues,
  { width = "width", height = "height" }: ScoreGraphOptions = {},
): Uint8Array<ArrayBuffer> {
  const images = input("images", "uint8", [1, height, width, network.ch]);
  // Turned as bytes: a quarter of what floats would move.
  const planes = cast(transpose(images, [0, 3, 1, 2]), "float32");
  const { maps, features } = buildOnBytes(network, values, planes);
  const outputs: Record<string, Tensor> = {};
  for (const [i, scores] of maps.scores.entries()) {
    outputs[`scores.${i}`] = scores;
    outputs[`features.${i}`] = features[headOf(network).from[i]];
  }
  if (maps.prototypes) outputs.prototypes = maps.prototypes;
  return toModelBytes(outputs, { name: network.name, inputs: [images] });
}

/**
 * ONNX bytes of the second step. For each level i the inputs `tiles.i` (n, C, 6, 6), tiles of 2 x 2 cells cut out of
 * `features.i` with their margin, 0 beyond the map, and `inside.i` (n, 1, 4, 4), 1 where the tile with a margin of one
 * cell lies in the map, 0 beyond; the outputs `boxes.i` (n, 64, 2, 2), logits of the distances, and of a segmenting
 * network `coefficients.i` (n, 32, 2, 2). n may differ from level to level, and be 0.
 */
export function tileGraph(network: NetworkRows, values: ParameterValues): Uint8Array<ArrayBuffer> {
  const head = headOf(network);
  const side = TILE + 2 * TILE_MARGIN;
  const tiles = head.ch.map((c, i) => input(`tiles.${i}`, "float32", [`n${i}`, c, side, side]));
  const inside = head.ch.map((_, i) => input(`inside.${i}`, "float32", [`n${i}`, 1, side - 2, side - 2]));
  const maps = detectOnTiles(network, values, tiles, inside);
  const outputs: Record<string, Tensor> = {};
  for (const [i, boxes] of maps.boxes.entries()) {
    outputs[`boxes.${i}`] = boxes;
    if (maps.coefficients) outputs[`coefficients.${i}`] = maps.coefficients[i];
  }
  return toModelBytes(outputs, { name: `${network.name} boxes`, inputs: [...tiles, ...inside] });
}

/** The head without padding; what the first convolution gives beyond the map counts as padding to the second. */
function detectOnTiles(
  network: NetworkRows,
  values: ParameterValues,
  tiles: readonly Tensor[],
  inside: readonly Tensor[],
): RawMaps {
  const leaves = inferenceLeaves(values);
  const unpadded: Leaves = {
    ...leaves,
    conv(path, x, shape) {
      const y = leaves.conv(path, x, { ...shape, p: 0 });
      const first = /\.cv[24]\.(\d+)\.0$/.exec(path);
      return first ? mul(y, inside[Number(first[1])]) : y;
    },
  };
  return detect(unpadded, `model.${network.rows.length - 1}`, tiles, headOf(network), network.strides);
}

function headOf({ rows, name }: NetworkRows): DetectRow | SegmentRow {
  const head = rows.at(-1);
  if (head?.module === "Detect" || head?.module === "Segment") return head;
  throw new Error(`unreachable: ${name} has no head`);
}

/** The network on grey levels 0 ... 255; the first convolution, where it alone reads the image, takes them as they are. */
function buildOnBytes(network: NetworkRows, values: ParameterValues, image: Tensor) {
  const leaves = predictionLeaves(values);
  const onBytes = leavesOnBytes(network, values);
  if (!onBytes) return buildNetwork(network, mul(image, UNIT), () => leaves);
  return buildNetwork(network, image, (row) => (row === 0 ? onBytes : leaves));
}
