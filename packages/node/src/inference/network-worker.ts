/**
 * @file Entry of a thread that runs networks; its only partner is `network-lane.ts`.
 *
 * ONNX Runtime's Node binding blocks the thread that calls it and cannot share a session between threads.
 */
import { workerData } from "node:worker_threads";
import { loadNetwork } from "../model/load-network";
import { answerTasks, type TaskAnswer } from "./answer-tasks";
import { NetworkRunner } from "./network-runner";
import type { LaneSetup, NetworkModel, NetworkTask, RunAnswer } from "./network-task";

const { device, threads, wideThreads } = workerData as LaneSetup;

interface Loaded {
  readonly narrow: NetworkRunner;
  readonly wide?: NetworkRunner;
}

const models = new Map<number, Loaded>();

answerTasks<NetworkTask>(async (task): Promise<TaskAnswer> => {
  if (task.task === "load") {
    models.set(task.model, await load(task.network, task.wide));
    return { answer: undefined };
  }
  const loaded = models.get(task.model);
  if (loaded === undefined) throw new Error(`unreachable: no model ${task.model}`);
  if (task.task === "release") {
    models.delete(task.model);
    await loaded.narrow.release();
    await loaded.wide?.release();
    return { answer: undefined };
  }
  const begin = performance.now();
  const results = await ((task.wide && loaded.wide) || loaded.narrow).run(task.frames);
  const ms = performance.now() - begin;
  const rooms = task.frames.map(({ value }) => value.data.buffer as ArrayBuffer);
  return { answer: { results, ms, rooms } satisfies RunAnswer, transfer: rooms };
});

async function load(network: NetworkModel, wide: boolean): Promise<Loaded> {
  const narrow = await open(network, threads);
  return wide ? { narrow, wide: await open(network, wideThreads) } : { narrow };
}

/** Loaded, and run once. */
async function open({ graph, tileGraph, signature, ...model }: NetworkModel, count: number): Promise<NetworkRunner> {
  // The engine does not read shared memory.
  const file = { graph: graph.slice(), tileGraph: tileGraph?.slice(), signature };
  const runner = new NetworkRunner(await loadNetwork(file, { device, threads: count }), model.detection);
  await runner.warmUp(model);
  return runner;
}
