/**
 * @file What a lane and its thread say to one another; plain data.
 */
import type { DetectorOptions } from "@fovea/core/detect/detector";
import type { NetworkSignature } from "@fovea/core/detect/detector-network";
import type { Finding } from "@fovea/core/finding";
import type { ThreadFailure } from "../thread-failure";
import type { NetworkFrame, PreparationSettings } from "./prepared-frame";

/** A model as every lane loads it. The bytes are shared memory: sending them copies nothing. */
export interface NetworkModel extends PreparationSettings {
  readonly graph: Uint8Array;
  readonly tileGraph?: Uint8Array;
  readonly signature: NetworkSignature;
  readonly detection: DetectorOptions;
}

/** `model` is a number that the asker chose. */
export type NetworkTask =
  | { readonly task: "load"; readonly model: number; readonly network: NetworkModel; readonly wide: boolean }
  | {
      readonly task: "run";
      readonly model: number;
      /** Of one size. */
      readonly frames: readonly NetworkFrame[];
      /** On all threads: there is nothing else to do. */
      readonly wide: boolean;
    }
  | { readonly task: "release"; readonly model: number };

export type FrameResult = { readonly findings: readonly Finding[] } | { readonly failure: ThreadFailure };

export interface RunAnswer {
  /** In the order of the frames. */
  readonly results: readonly FrameResult[];
  /** In the network and the reading of its answer, all frames together. */
  readonly ms: number;
  /** The frames' memory, to be used again. */
  readonly rooms: readonly ArrayBuffer[];
}

/** What a lane's thread must know once. */
export interface LaneSetup {
  readonly device: string;
  readonly threads: number;
  /** Of a run that has the machine to itself. */
  readonly wideThreads: number;
}
