/**
 * @file The network inside an exported file: for those of `fovea export`, which hold all that it is made of.
 *
 * Such a file can be run by the graphs that are built for weights, which take four fifths of the time (docs/performance.md).
 * Nothing is believed: the network that is read from the file is exported once more, and only if that gives the file's own graph,
 * node by node and bit by bit, is it that network.
 */
import { FoveaError } from "@fovea/core/errors";
import { decodeModel, sameGraph } from "@fovea/core/graph/onnx/codec";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { type Model, openModel } from "./open-model";

/**
 * The network whose unchanged export `bytes` are; undefined for a graph from elsewhere, one that was changed (quantised, another
 * head), and one in half precision.
 *
 * @param path of the file; its ending says that it is ONNX
 * @param size of the file's input, one image of three channels, float32; pixels
 */
export async function networkInside(
  path: string,
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
): Promise<Model | undefined> {
  const exported = decodeModel(bytes, path);
  if (!exported.metadataProps.some(({ key }) => key === "yaml")) return undefined;
  try {
    const model = await openModel(path, bytes);
    const again = decodeModel(inferenceGraph(model.network, model.values, { ...size, batch: 1 }));
    return sameGraph(exported, again) ? model : undefined;
  } catch (error) {
    // Its rows are no network, or its weights are not those of the rows: it is run as it is.
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}
