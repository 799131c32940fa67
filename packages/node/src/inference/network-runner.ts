/**
 * @file A loaded network, shown one frame or a batch of frames of one size.
 */
import type { DetectorOptions } from "@fovea/core/detect/detector";
import { type DetectorNetwork, outputRoom, readAnswer } from "@fovea/core/detect/detector-network";
import { findingsOf } from "@fovea/core/detect/findings-of";
import { NetworkInput } from "@fovea/core/detect/network-input";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { Value } from "@fovea/core/graph/runtime";
import { image } from "@fovea/core/imaging/image";
import { letterboxLayout } from "@fovea/core/imaging/letterbox";
import { failureOf } from "../thread-failure";
import type { FrameResult } from "./network-task";
import type { NetworkFrame, PreparationSettings } from "./prepared-frame";

type Values = Readonly<Record<string, Value>>;

/** Memory of the outputs of one size. */
interface OutputRoom {
  readonly size: string;
  readonly outputs: Values;
}

export class NetworkRunner {
  readonly #network: DetectorNetwork;
  readonly #detection: DetectorOptions;
  #room: OutputRoom | undefined;
  /** Memory of the last batch. */
  #batch: Value | undefined;

  constructor(network: DetectorNetwork, detection: DetectorOptions) {
    this.#network = network;
    this.#detection = detection;
  }

  /**
   * Findings in each of `frames`, all of one size.
   *
   * @throws {FoveaError} `runtime_failed`, `out_of_memory`, `invalid_onnx`: no other frame will do better
   */
  async run(frames: readonly NetworkFrame[]): Promise<FrameResult[]> {
    const { session } = this.#network;
    const feed = frames.length === 1 ? frames[0].value : this.#joined(frames.map(({ value }) => value));
    const into = frames.length === 1 ? this.#outputs(frames[0]) : {};
    const outputs = await session.run({ [session.inputNames[0]]: feed }, into);
    const results: FrameResult[] = [];
    for (const [i, frame] of frames.entries()) {
      results.push(await this.#read(frame, frames.length === 1 ? outputs : partOf(outputs, i, frames.length)));
    }
    return results;
  }

  /** One run on an empty image: kernels are chosen and memory is taken before anybody waits. */
  async warmUp({ pixels, letterbox }: PreparationSettings): Promise<void> {
    const { width, height } = letterbox;
    const layout = letterboxLayout(width, height, letterbox);
    const empty = image(width, height, 3, new Uint8Array(3 * width * height).fill(114));
    const value = new NetworkInput(pixels, layout).letterboxed(empty, letterbox);
    const [result] = await this.run([{ value, layout, width, height }]);
    if ("failure" in result && "code" in result.failure) {
      throw new FoveaError(result.failure.code, `on an empty image: ${result.failure.message}`);
    }
  }

  async release(): Promise<void> {
    await this.#network.session.release();
    await this.#network.tileSession?.release();
  }

  async #read(frame: NetworkFrame, outputs: Values): Promise<FrameResult> {
    try {
      return { findings: await this.#findings(frame, outputs) };
    } catch (error) {
      // Half precision may be too narrow for one image alone; the others go on.
      if (error instanceof FoveaError && error.code === "scores_not_finite") return { failure: failureOf(error) };
      throw error;
    }
  }

  async #findings({ layout, width, height }: NetworkFrame, outputs: Values): Promise<Finding[]> {
    const { found, masks } = await readAnswer(this.#network, outputs, layout, this.#detection);
    return findingsOf(found, this.#network.names, { width, height, transform: layout }, masks);
  }

  #outputs({ layout }: NetworkFrame): Values {
    const size = `${layout.width}x${layout.height}`;
    if (this.#room?.size !== size) this.#room = { size, outputs: outputRoom(this.#network, layout) };
    return this.#room.outputs;
  }

  /** Frames one behind the other, in memory that is used again. */
  #joined(values: readonly Value[]): Value {
    const [{ dtype, shape, data }] = values;
    const [, ...rest] = shape;
    const wanted = [values.length, ...rest];
    if (this.#batch?.shape.join() !== wanted.join()) {
      const room = data.slice(0, 0).constructor as new (length: number) => Float32Array;
      this.#batch = { dtype, shape: wanted, data: new room(values.length * data.length) };
    }
    const batch = this.#batch as Value;
    for (const [i, value] of values.entries())
      (batch.data as Float32Array).set(value.data as Float32Array, i * data.length);
    return batch;
  }
}

/** The outputs of image `index` of a batch. */
function partOf(outputs: Values, index: number, count: number): Values {
  const part = ({ dtype, shape, data }: Value): Value => {
    const length = data.length / count;
    return { dtype, shape: [1, ...shape.slice(1)], data: data.subarray(index * length, (index + 1) * length) };
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, part(value)]));
}
