/**
 * @file The networks of the reference material, and how a test loads them.
 */
import type { Session } from "@fovea/core/graph/runtime";
import { networkByName } from "@fovea/core/nn/network-by-name";
import type { NetworkRows } from "@fovea/core/nn/rows";
import type { TestContext } from "vitest";
import { sharedPath } from "../../../../test/shared";
import { type Model, openModel } from "../../src/model/open-model";
import { convolutionLanes } from "../../src/runtime/lanes";
import { openRuntime } from "../../src/runtime/onnx-runtime";

/** Folders of the reference material; `yolo12n-pebias` has the bias that released YOLO12 weights carry. */
export const REFERENCE_MODELS = ["yolov8n", "yolov8n-p2", "yolov8n-seg", "yolo12n", "yolo12n-pebias"] as const;

/** Standard layout of convolutions, or blocks of channels as this processor has them. */
export const LAYOUTS = ["portable", "blocked"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** The model as its checkpoint describes it: rows from the YAML that is stored there. */
export function referenceModel(name: string): Promise<Model> {
  return openModel(sharedPath(`reference/yolo/${name}/model.pt`));
}

/** The rows of the same network from our own table. */
export function tableNetwork(name: string): NetworkRows {
  return networkByName(name.replace("-pebias", ""), { nc: 3 }).network;
}

/** `lanes` of a layout; skips the test where the processor knows no blocks. */
export async function lanesOf(layout: Layout, { skip }: TestContext): Promise<number> {
  if (layout === "portable") return 1;
  const lanes = await convolutionLanes(await openRuntime({ threads: 1 }));
  if (lanes === 1) skip("this processor has no blocked layout");
  return lanes;
}

/** Loads a model on one thread. */
export async function load(model: Uint8Array): Promise<Session> {
  return (await openRuntime({ threads: 1 })).load(model);
}
