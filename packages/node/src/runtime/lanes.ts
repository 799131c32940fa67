/**
 * @file How many channels ONNX Runtime's processor kernels put in one block (`core/graph/blocked-layout.ts`).
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Runtime } from "@fovea/core/graph/runtime";
import { apply, input } from "@fovea/core/graph/tensor";

/** Channels of the probe: a multiple of every block size there is. */
const CHANNELS = 64;

/**
 * Channels in a block: 16 with AVX-512, 8 with AVX2, 1 where the layout is not known or the device is no processor.
 *
 * Found by blocking two pixels: the second pixel of channel 0 stands right after the block of the first.
 */
export async function convolutionLanes(runtime: Runtime): Promise<number> {
  if (runtime.device !== "cpu") return 1;
  const x = input("x", "float32", [1, CHANNELS, 1, 2]);
  const [y] = apply("ReorderInput", [x], {});
  const data = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
  try {
    const session = await runtime.load(toModelBytes({ y }));
    const result = await session.run({ x: { dtype: "float32", shape: [1, CHANNELS, 1, 2], data } });
    await session.release();
    const second = (result.y.data as Float32Array).indexOf(1);
    return second === 8 || second === 16 ? second : 1;
  } catch {
    // A build of ONNX Runtime for another processor has no such operator: the standard layout it is.
    return 1;
  }
}
