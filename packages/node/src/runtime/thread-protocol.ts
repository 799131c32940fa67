/**
 * @file What a thread runtime and its thread say to one another.
 *
 * Values cross with their memory: what is sent is a copy, and what is received belongs to the receiver.
 */
import type { LoadOptions, Value } from "@fovea/core/graph/runtime";
import type { ThreadFailure } from "../thread-failure";

/** What the thread must know once. */
export interface ThreadSetup {
  readonly device: string;
  readonly threads: number;
}

export type Values = Readonly<Record<string, Value>>;

/** What the thread is asked to do; `session` is a number that the asker chose. */
export type ThreadTask =
  | {
      readonly task: "load";
      readonly session: number;
      readonly model: Uint8Array<ArrayBuffer>;
      readonly options: LoadOptions;
    }
  | { readonly task: "run"; readonly session: number; readonly feeds: Values }
  | { readonly task: "release"; readonly session: number };

export type ThreadRequest = ThreadTask & { readonly id: number };

/** Names of a loaded session. */
export interface SessionNames {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** Names after a load, outputs after a run, nothing after a release. */
export type ThreadAnswer = SessionNames | Values | undefined;

export type ThreadReply =
  | { readonly id: number; readonly answer: ThreadAnswer }
  | { readonly id: number; readonly failure: ThreadFailure };

/** The buffers of values that fill theirs, to be handed over instead of copied. */
export function buffersOf(values: Values): ArrayBuffer[] {
  const own = Object.values(values).filter(({ data }) => data.byteLength === data.buffer.byteLength);
  return [...new Set(own.map(({ data }) => data.buffer as ArrayBuffer))];
}
