/**
 * @file Where a run's last state is kept, to go on from: its folder, or memory for a run that saves nothing.
 */
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { RunFolder } from "./run-folder";
import type { RunState } from "./run-record";

export interface KeptState {
  readonly state: RunState;
  readonly arrays: StateDict;
}

export class FileKeeper {
  readonly #folder: RunFolder;

  constructor(folder: RunFolder) {
    this.#folder = folder;
  }

  write(memory: ReadonlyMap<string, Float32Array>, state: RunState): Promise<void> {
    return this.#folder.writeState(memory, state);
  }

  read(): Promise<KeptState> {
    return this.#folder.readState();
  }
}

export class MemoryKeeper {
  #kept: KeptState | undefined;

  async write(memory: ReadonlyMap<string, Float32Array>, state: RunState): Promise<void> {
    const copies = [...memory].map(([name, data]) => [name, { shape: [data.length], data: data.slice() }] as const);
    this.#kept = { state: structuredClone(state), arrays: new Map(copies) };
  }

  async read(): Promise<KeptState> {
    if (!this.#kept) throw new Error("unreachable: a run keeps its state before its first batch");
    return this.#kept;
  }
}
