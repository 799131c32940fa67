/**
 * @file The `Runtime` of core on ONNX Runtime in a thread of its own, so that several devices compute at once:
 * `session.run` of the Node binding blocks the thread that calls it.
 *
 * The thread lives as long as there are sessions. What is fed is copied into it, outputs come back with their memory.
 */
import { Worker } from "node:worker_threads";
import { ArgumentError, FoveaError, ShapeError } from "@fovea/core/errors";
import type { LoadOptions, Runtime, Session, Value } from "@fovea/core/graph/runtime";
import { workerEntry } from "../worker-entry";
import { EngineThread } from "./engine-thread";
import { openRuntime, type RuntimeOptions } from "./onnx-runtime";
import { buffersOf, type SessionNames, type ThreadSetup, type Values } from "./thread-protocol";

/**
 * Opens the engine on a device, in a thread.
 *
 * @throws what `openRuntime` throws
 */
export async function openThreadRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { device, threads } = await openRuntime(options);
  return new ThreadRuntime({ device, threads });
}

class ThreadRuntime implements Runtime {
  readonly device: string;
  readonly threads: number;
  #thread: EngineThread | undefined;
  /** Sessions of the thread that are loaded or being loaded. */
  #open = 0;
  #nextSession = 0;

  constructor({ device, threads }: ThreadSetup) {
    this.device = device;
    this.threads = threads;
  }

  async load(model: Uint8Array, options: LoadOptions = {}): Promise<Session> {
    if (!this.#thread?.alive) {
      const { device, threads } = this;
      const workerData: ThreadSetup = { device, threads };
      this.#thread = new EngineThread(new Worker(workerEntry("runtime/runtime-worker"), { workerData }), device);
      this.#open = 0;
    }
    const thread = this.#thread;
    const session = this.#nextSession++;
    const copy = new Uint8Array(model);
    this.#open++;
    try {
      const names = await thread.ask({ task: "load", session, model: copy, options }, [copy.buffer]);
      return this.#session(thread, session, names as SessionNames);
    } catch (error) {
      await this.#leave(thread);
      throw error;
    }
  }

  #session(thread: EngineThread, session: number, { inputNames, outputNames }: SessionNames): Session {
    let released: Promise<void> | undefined;
    return {
      inputNames,
      outputNames,
      async run(feeds, into = {}) {
        if (released) throw new FoveaError("runtime_failed", "run: the session is released");
        for (const [name, value] of Object.entries(into)) checkFilled(name, value);
        const copies = copied(feeds, inputNames);
        const results = (await thread.ask({ task: "run", session, feeds: copies }, buffersOf(copies))) as Values;
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, placed(name, value, into)]));
      },
      release: () => {
        released ??= this.#release(thread, session);
        return released;
      },
    };
  }

  async #release(thread: EngineThread, session: number): Promise<void> {
    // With a thread that has ended its sessions went.
    if (thread.alive) await thread.ask({ task: "release", session });
    await this.#leave(thread);
  }

  /** The last session takes the thread along. */
  async #leave(thread: EngineThread): Promise<void> {
    if (thread !== this.#thread) return;
    this.#open--;
    if (this.#open > 0) return;
    this.#thread = undefined;
    await thread.close();
  }
}

/** Copies of the inputs that fill buffers of their own: a view would take along all the memory that it looks at. */
function copied(feeds: Values, inputNames: readonly string[]): Values {
  const copies: Record<string, Value> = {};
  for (const name of inputNames) {
    const value = feeds[name];
    if (!value) throw new ArgumentError(`run: no value for the input ${name}`);
    checkFilled(name, value);
    copies[name] = { ...value, data: value.data.slice() };
  }
  return copies;
}

function checkFilled(name: string, { shape, data }: Value): void {
  if (shape.reduce((n, size) => n * size, 1) === data.length) return;
  throw new ShapeError(`run: ${data.length} values of ${name} for ${shape.join(" x ")}`);
}

/** An output where it was wanted. */
function placed(name: string, value: Value, into: Values): Value {
  const room = into[name];
  if (!room) return value;
  if (room.dtype !== value.dtype || room.shape.join() !== value.shape.join()) {
    const text = ({ dtype, shape }: Value) => `${dtype} ${shape.join(" x ")}`;
    throw new ShapeError(`run: ${name} is ${text(value)}, the room for it ${text(room)}`);
  }
  (room.data as Float32Array).set(value.data as Float32Array);
  return room;
}
