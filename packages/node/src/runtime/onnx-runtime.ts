/**
 * @file The `Runtime` of core on ONNX Runtime's Node binding.
 *
 * Feeds and pre-allocated outputs are typed arrays over memory that ONNX Runtime reads and writes in place.
 * `session.run` blocks the event loop while it computes, whatever its promise suggests.
 */
import { availableParallelism } from "node:os";
import { ArgumentError, FoveaError, ShapeError } from "@fovea/core/errors";
import type { DType } from "@fovea/core/graph/op";
import type { LoadOptions, Runtime, Session, Value } from "@fovea/core/graph/runtime";
import type * as Ort from "onnxruntime-node";
import { forbidTelemetry } from "../no-telemetry";
import { executionProvider } from "./device";

export interface RuntimeOptions {
  /** `cpu`, `cuda`, `cuda:1`, `tensorrt`, `webgpu`, `dml`, `coreml`. @default "cpu" */
  readonly device?: string;
  /** Threads within one operator. @default the processor's cores */
  readonly threads?: number;
}

/** How ONNX Runtime and its providers say that memory has run out. */
const OUT_OF_MEMORY = /bad_alloc|failed to allocate|out of memory|available memory/i;

/** ONNX Runtime names its tensors' types as we do. */
type OrtType = Exclude<DType, never>;

/**
 * Opens the engine on a device.
 *
 * @throws {ArgumentError} if the device is not one of those named above
 * @throws {FoveaError} `provider_unavailable` when a model is loaded and the device's provider or hardware is missing
 */
export async function openRuntime({
  device = "cpu",
  threads = availableParallelism(),
}: RuntimeOptions = {}): Promise<Runtime> {
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new ArgumentError(`threads: got ${threads}, wanted a whole number of at least 1`);
  }
  const provider = executionProvider(device);
  forbidTelemetry();
  const ort = await import("onnxruntime-node");
  const bundled = ort.listSupportedBackends().map((backend) => backend.name);
  if (!bundled.includes(provider.name)) {
    throw new FoveaError(
      "provider_unavailable",
      `device ${device}: this build of ONNX Runtime has no ${provider.name} (it has ${bundled.join(", ")}); ${provider.remedy}`,
    );
  }
  return {
    device,
    threads,
    load: (model, options = {}) => load(ort, model, device, provider, threads, options),
  };
}

async function load(
  ort: typeof Ort,
  model: Uint8Array,
  device: string,
  provider: ReturnType<typeof executionProvider>,
  threads: number,
  { file, profile, optimise = true }: LoadOptions,
): Promise<Session> {
  let session: Ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: [provider.option],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: optimise ? "all" : "disabled",
      // What fails on the processor is thrown; other devices log more than they throw.
      logSeverityLevel: provider.name === "cpu" ? 4 : 3,
      // The pattern would fix an address for every tensor: half as much memory again, for the same speed.
      enableMemPattern: false,
      // Gradients fade into numbers too small for full speed.
      extra: { session: { set_denormal_as_zero: "1" } },
      enableProfiling: profile !== undefined,
      profileFilePrefix: profile,
    });
  } catch (cause) {
    const reason = oneLine(cause);
    if (provider.name === "cpu")
      throw new FoveaError("runtime_failed", `ONNX Runtime refuses the model: ${reason}`, { file, cause });
    throw new FoveaError("provider_unavailable", `device ${device} does not start: ${reason}; ${provider.remedy}`, {
      cause,
    });
  }
  return wrap(ort, session, file);
}

function wrap(ort: typeof Ort, session: Ort.InferenceSession, file: string | undefined): Session {
  // A tensor is a view of the caller's memory; the same buffers come back every step, so views are kept.
  const views = new WeakMap<object, Ort.Tensor>();
  const view = (name: string, value: Value): Ort.Tensor => {
    const known = views.get(value);
    if (known) return known;
    const { shape, data } = value;
    if (shape.reduce((n, size) => n * size, 1) !== data.length) {
      throw new ShapeError(`run: ${data.length} values of ${name} for ${shape.join(" x ")}`);
    }
    const made = new ort.Tensor(value.dtype as OrtType, value.data as Float32Array, value.shape) as Ort.Tensor;
    views.set(value, made);
    return made;
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, into = {}) {
      const inputs: Record<string, Ort.Tensor> = {};
      for (const name of session.inputNames) {
        if (!feeds[name]) throw new ArgumentError(`run: no value for the input ${name}`);
        inputs[name] = view(name, feeds[name]);
      }
      const fetches: Record<string, Ort.Tensor | null> = {};
      for (const name of session.outputNames) fetches[name] = into[name] ? view(name, into[name]) : null;
      let results: Ort.InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(inputs, fetches);
      } catch (cause) {
        const reason = oneLine(cause);
        const code = OUT_OF_MEMORY.test(reason) ? "out_of_memory" : "runtime_failed";
        throw new FoveaError(code, `ONNX Runtime: ${reason}`, { file, cause });
      }
      const values: Record<string, Value> = {};
      for (const name of session.outputNames) values[name] = into[name] ?? plain(results[name] as Ort.Tensor);
      return values;
    },
    release: () => session.release(),
  };
}

/** The engine's message, some of which go over several lines. */
function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").trim();
}

function plain({ type, dims, data }: Ort.Tensor): Value {
  const cells = data as Float32Array;
  // Where JavaScript has a Float16Array, that is what comes back: its bits are wanted.
  const bits = type === "float16" ? new Uint16Array(cells.buffer, cells.byteOffset, cells.length) : cells;
  return { dtype: type as DType, shape: dims, data: bits };
}
