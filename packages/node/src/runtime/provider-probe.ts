/**
 * @file Process that tries one execution provider: computes two products on it and prints whether they are right.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import { input, mul } from "@fovea/core/graph/tensor";
import { openRuntime } from "./onnx-runtime";
import type { ProbeAnswer } from "./provider-check";

async function probe(device: string): Promise<ProbeAnswer> {
  try {
    const runtime = await openRuntime({ device, threads: 1 });
    const session = await runtime.load(toModelBytes({ y: mul(input("x", "float32", [2]), 2) }));
    const { y } = await session.run({ x: { dtype: "float32", shape: [2], data: Float32Array.of(1, 3) } });
    await session.release();
    const right = y.data[0] === 2 && y.data[1] === 6;
    return right ? { ok: true } : { ok: false, reason: `computes 2 x (1, 3) as (${[...y.data].join(", ")})` };
  } catch (error) {
    return { ok: false, reason: shortReason(error instanceof Error ? error.message : String(error)) };
  }
}

/** Without the source lines of ONNX Runtime and without our own advice, which stands elsewhere. */
function shortReason(message: string): string {
  const said = /(?:does not start|has no \w+[^;]*?): (.*)$/s.exec(message)?.[1] ?? message;
  const [first] = said
    .replace(/\/onnxruntime_src\S+ .*? was false\. /s, "")
    .split(/; (?=install|it needs|DirectML|Core)/);
  return first.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

process.stdout.write(`${JSON.stringify(await probe(process.argv[2] ?? ""))}\n`);
