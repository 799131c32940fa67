/**
 * @file From reception to delivery, as one thing that starts and stops.
 *
 *     acknowledged file -> importer -> record -> completeness -> job -> analysis -> result objects -> deliveries -> PACS
 *
 * Every arrow survives a kill: what is on its left stays until what is on its right is durable, and doing it twice does no harm.
 */
import { FoveaError } from "@fovea/core/errors";
import type { ServiceConfig } from "../config/service-config";
import type { InferencePool } from "../inference/inference-pool";
import type { JobQueue } from "../jobs/job-queue";
import type { PacsPeer } from "../pacs/peer";
import { NO_DESTINATION } from "../store/deliveries";
import type { Store } from "../store/open-store";
import type { InstanceAnalysis } from "../store/record";
import type { Judge } from "./analyse-image";
import { SeriesAnalysis } from "./analyse-series";
import { ANALYSE_SERIES, analyseSeriesJob } from "./analysis-job";
import { Completeness } from "./completeness";
import { type AttemptOutcome, Deliverer, type DelivererOptions } from "./deliver";
import { Importer } from "./importer";
import { KnownFiles } from "./known-files";
import type { Patience } from "./patience";
import { Reception } from "./reception";
import { type NextRound, Repeating } from "./repeating";
import { type BuildResultObjects, ResultPlanner } from "./result-objects";
import { RETRIEVE, RETRIEVE_RETRIES, Retrieval, retrieveJob } from "./retrieval";

export interface PipelineOptions {
  readonly store: Store;
  readonly pool: InferencePool;
  readonly queue: JobQueue;
  /** By the names of destinations. */
  readonly peers: ReadonlyMap<string, PacsPeer>;
  readonly config: Pick<
    ServiceConfig,
    "routing" | "completeness" | "destinations" | "retention" | "dimse" | "defaultCharacterSet"
  >;
  readonly judge: Judge;
  readonly buildObjects: BuildResultObjects;
  /** Set if what arrives is de-identified. */
  readonly deidentify?: (file: Uint8Array) => Promise<Uint8Array>;
  /** Series that this process analyses at one time. @default 2 */
  readonly series?: number;
  /** @default `PATIENCE` */
  readonly patience?: Patience;
  readonly onAnalysed?: (analysis: InstanceAnalysis) => void;
  /** Told of each attempt to send an object. */
  readonly onDelivered?: (destination: string, outcome: AttemptOutcome["state"]) => void;
  /** Told of what goes wrong; the work goes on. */
  readonly onError?: (error: unknown, where: string) => void;
}

export interface Pipeline {
  /** The sink of C-STORE, and what STOW-RS and uploads are given to. */
  readonly reception: Reception;
  /** Acknowledged objects that are not in the record yet. */
  readonly backlog: number;
  /** Acknowledged objects that could not be filed when it was tried last: they stay in `incoming`. */
  readonly left: number;
  /** Somebody wants a study analysed again, or results sent again: what is due is looked at now. */
  wake(): void;
  /** Finishes what was accepted, as far as that is possible in `graceMs`; the rest goes on at the next start. */
  stop(graceMs?: number): Promise<void>;
}

/** How often a process looks for deliveries that another one planned. */
const DELIVERY_MS = 1000;
/** The one process of an embedded database looks when something came, was planned or is due; and so often whatever it knows. */
const ALONE_MS = 10_000;
const AFTER_FAILURE_MS = 1000;
/** Rounds for what is due by time are so far apart at least. */
const LEAST_PAUSE_MS = 50;
const RECOVER_MS = 60_000;
const RETENTION_MS = 3_600_000;
const GRACE_MS = 10_000;

/** Begins with what an earlier process left: acknowledged files, jobs, deliveries. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { store, pool, queue, config, onError = () => undefined } = options;
  const told = (where: string) => (error: unknown) => onError(error, where);
  const alone = store.database.kind === "pglite";
  const known = new KnownFiles(store);
  const importer = new Importer({
    ...store,
    onError: told("import"),
    onImported: (outcome, { note: { instance } }) => {
      if (outcome === "new") void known.add(instance.sopUid, instance.seriesUid, instance.studyUid);
      completing.wake(lookMs);
    },
  });
  const ending = new AbortController();
  const loops: Repeating[] = [];
  const repeat = (
    where: string,
    everyMs: number,
    work: (signal: AbortSignal) => Promise<NextRound | undefined>,
    afterFailureMs = everyMs,
  ): Repeating => {
    const loop = new Repeating(work, { everyMs, afterFailureMs, onError: told(where) });
    loops.push(loop);
    return loop;
  };
  const completeness = new Completeness({
    ...{ ...store, queue, config: config.completeness, routing: config.routing },
    resolve: (wanted) => pool.models.resolve(wanted),
    ...counterOf(options, ending.signal),
    onError: told("completeness"),
  });
  const lookMs = Math.max(50, Math.min(1000, config.completeness.quietMs / 4));
  const completing = repeat(
    "completeness",
    alone ? ALONE_MS : lookMs,
    async () => {
      await completeness.look();
      return alone && (await store.studies.isReceiving()) ? { inMs: lookMs } : undefined;
    },
    lookMs,
  );
  const reception = receptionOf(options, importer, known);
  await takeBackDeliveries(store);
  if (alone) await store.uploadSweep.apply({ atOnce: true });
  await giveUpHomeless(store, config.destinations, told("delivery"));
  await importer.start();

  const deliveries = deliverers(options, told("delivery")).map(([destination, deliverer]) =>
    repeat(
      "delivery",
      alone ? ALONE_MS : DELIVERY_MS,
      async (signal) => {
        if ((await deliverer.deliver(signal)) > 0) return { inMs: 0 };
        const inMs = alone ? await store.deliveries.untilDue(destination) : undefined;
        return inMs === undefined ? undefined : { inMs: Math.max(inMs, LEAST_PAUSE_MS) };
      },
      AFTER_FAILURE_MS,
    ),
  );
  const deliverNow = () => {
    for (const loop of deliveries) loop.wake();
  };
  await workOnSeries(options, deliverNow);
  await workOnRetrievals(options, reception);
  repeat("import", RECOVER_MS, async () => void (await importer.recover()));
  repeat("retention", RETENTION_MS, async () => void (await store.retention.apply(config.retention)));
  repeat("uploads", RETENTION_MS, async () => void (await store.uploadSweep.apply()));
  for (const loop of loops) loop.start();
  return {
    reception,
    get backlog() {
      return importer.backlog;
    },
    get left() {
      return importer.left;
    },
    wake() {
      completing.wake();
      deliverNow();
    },
    async stop(graceMs = GRACE_MS) {
      ending.abort();
      await importer.stop();
      await Promise.all([...loops.map((loop) => loop.stop(graceMs)), queue.stop()]);
    },
  };
}

function receptionOf({ store, config, deidentify }: PipelineOptions, importer: Importer, known: KnownFiles): Reception {
  return new Reception({
    ...{ blobs: store.blobs, receipts: importer, known: (sopUid, seriesUid) => known.find(sopUid, seriesUid) },
    ...(deidentify && { deidentify }),
    defaultCharacterSet: config.defaultCharacterSet,
    ...(config.dimse && { maxBytes: config.dimse.maxInstanceBytes }),
  });
}

/**
 * What waited for a PACS does not wait for the end of a pause that an earlier process began. When the only process starts nobody
 * sends any more: what was being sent is due at once too, and asked for first.
 */
async function takeBackDeliveries({ database }: Store): Promise<void> {
  await database.query(
    "UPDATE delivery SET next_at = now() WHERE state = 'pending' OR (state = 'sending' AND $1::boolean)",
    [database.kind === "pglite"],
  );
}

/** What waits for a destination that was taken out of the settings, or has another name now: nobody would send it. */
async function giveUpHomeless(
  { database, deliveries, audit }: Store,
  destinations: PipelineOptions["config"]["destinations"],
  onError: (error: unknown) => void,
): Promise<void> {
  const names = destinations.map(({ name }) => name);
  const counts = await database.transaction(async (sql) => {
    const given = await deliveries.reconcile(names, sql);
    const entries = [...given].map(([destination, objects]) => ({ destination, objects, reason: NO_DESTINATION }));
    await audit.appendIn(
      sql,
      entries.map((details) => ({ actor: "system", action: "delivery.fail", details })),
    );
    return given;
  });
  for (const [destination, objects] of counts) {
    const message = `${objects} objects wait for the destination ${JSON.stringify(destination)}, which the settings do not have; enter it again`;
    onError(new FoveaError("invalid_config", message));
  }
}

/** By the names of their destinations. */
function deliverers(
  { store, peers, onDelivered }: PipelineOptions,
  onError: (error: unknown) => void,
): (readonly [string, Deliverer])[] {
  const onAttempt: DelivererOptions["onAttempt"] = ({ destination }, { state }) => onDelivered?.(destination, state);
  return [...peers.values()].map((peer) => [peer.name, new Deliverer({ ...store, peer, onError, onAttempt })] as const);
}

async function workOnSeries(options: PipelineOptions, onPlanned: () => void): Promise<void> {
  const { store, queue, judge, config, buildObjects, pool } = options;
  const results = new ResultPlanner({ ...store, destinations: config.destinations, buildObjects, onPlanned });
  const analysis = new SeriesAnalysis({
    ...{ ...store, pool, judge, results },
    ...(options.patience && { patience: options.patience }),
    onImage: (one) => options.onAnalysed?.(one),
  });
  await queue.work(
    ANALYSE_SERIES,
    { concurrency: options.series ?? 2, givenUp: (content) => analysis.giveUp(analyseSeriesJob(content)) },
    (content, signal) => analysis.run(analyseSeriesJob(content), signal),
  );
}

async function workOnRetrievals({ store, queue, peers, config }: PipelineOptions, reception: Reception): Promise<void> {
  const moving = config.destinations.filter(({ retrieveBy }) => retrieveBy === "move");
  const ourAe = config.dimse?.aeTitle;
  const moveTo = new Map(ourAe === undefined ? [] : moving.map(({ name }) => [name, ourAe] as const));
  const retrieval = new Retrieval({ ...store, peers, reception, moveTo });
  await queue.work(
    RETRIEVE,
    // Beside one that waits for a tape, another goes on.
    { concurrency: 2, retries: RETRIEVE_RETRIES, givenUp: (content) => retrieval.giveUp(retrieveJob(content)) },
    (content, signal) => retrieval.run(retrieveJob(content), signal),
  );
}

/** The PACS that counts; whoever stops does not wait for its answers. */
function counterOf(
  { peers, config }: PipelineOptions,
  stopping: AbortSignal,
): { readonly counter?: Pick<PacsPeer, "count"> } {
  const peer = peers.get(config.completeness.countFrom ?? "");
  if (peer === undefined) return {};
  return { counter: { count: async (uid) => (stopping.aborted ? undefined : peer.count(uid, stopping)) } };
}
