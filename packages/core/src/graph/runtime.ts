/**
 * @file What runs a graph: the interface that every engine implements.
 */
import type { DType } from "./op";

/** Memory that a runtime reads and writes without copying: float16 as its bits, bool as 0 and 1. */
export type Buffer = Float32Array | Uint16Array | Uint8Array | Int32Array | BigInt64Array;

/** A value going into or coming out of a graph. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** A graph that is loaded and ready. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph.
   *
   * @param into outputs to write into the given memory, so that nothing is allocated from run to run; the others are
   *   allocated anew. Its shapes must be those of the outputs.
   * @throws {ArgumentError} if an input has no value
   * @throws {ShapeError} if a value holds more or fewer numbers than its shape says
   * @throws {FoveaError} `runtime_failed` with the engine's message, `out_of_memory`
   */
  run(
    feeds: Readonly<Record<string, Value>>,
    into?: Readonly<Record<string, Value>>,
  ): Promise<Readonly<Record<string, Value>>>;
  /** Frees the session's memory; it cannot run afterwards. */
  release(): Promise<void>;
}

/** An engine on one device. */
export interface Runtime {
  /** `cpu`, `cuda:0` ... */
  readonly device: string;
  /** Threads within one operator. */
  readonly threads: number;
  /** @param model bytes of an ONNX model */
  load(model: Uint8Array, options?: LoadOptions): Promise<Session>;
}

export interface LoadOptions {
  /**
   * Let the engine rewrite the graph for speed. Worth its time where weights are constant; a training graph is written
   * as it should run. @default true
   */
  readonly optimise?: boolean;
  /** What errors call the model. @default nothing */
  readonly file?: string;
  /** Write a profile of every operator to files that begin with this path. @default none */
  readonly profile?: string;
}
