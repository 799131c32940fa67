/**
 * @file The service put together, in the order in which things need each other, and taken apart in the opposite one.
 *
 *     record -> models -> queue -> pipeline -> HTTP -> DICOM receiver
 *
 * Several processes may run this on one PostgreSQL (with one shared folder of files): jobs and deliveries are leased, studies
 * completed by one of them.
 */
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { mergedClassNames } from "@fovea/core/rules/class-names";
import { judge, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { ServiceConfig } from "../config/service-config";
import { readRuleFile } from "../data/rule-file";
import { FrameDecoder } from "../dicom/frame-decoder";
import type { InferencePool, LoadedModel } from "../inference/inference-pool";
import { openInferencePool } from "../inference/open-inference-pool";
import { openJobQueue } from "../jobs/boss-queue";
import { openPeer } from "../pacs/open-peer";
import { startReceiver } from "../pacs/receiver";
import type { Judge } from "../pipeline/analyse-image";
import { ANALYSE_SERIES } from "../pipeline/analysis-job";
import { resultBuilder } from "../pipeline/build-results";
import { openArrivalDeidentifier } from "../pipeline/deidentify-arrival";
import { type Pipeline, startPipeline } from "../pipeline/pipeline";
import { buildApp } from "../server/app";
import type { App } from "../server/app-parts";
import { closeApp } from "../server/close-app";
import type { LogOptions } from "../server/service-log";
import { ServiceMetrics } from "../server/service-metrics";
import { openStore, type Store } from "../store/open-store";
import { classNotices } from "./class-notices";
import { Dismantling } from "./dismantling";
import { ServiceReports } from "./service-reports";
import { startModels } from "./start-models";

export interface ServiceOptions {
  readonly log?: LogOptions;
  /** Of `FOVEA_KEY`. */
  readonly environmentKey?: string;
  /** Language of reports. @default "en" */
  readonly language?: "zh" | "en";
  /** Folder of the built review page. */
  readonly page?: string;
}

export interface Service {
  /** `http://127.0.0.1:8042` */
  readonly url: string;
  /** Where it receives, if it does. */
  readonly dimse?: { readonly aeTitle: string; readonly host: string; readonly port: number };
  /** Of the first start, and only then: the key of an administrator, in clear. */
  readonly adminKey?: string;
  /** Names of the model versions that are ready. */
  readonly models: readonly string[];
  /** What whoever started it must hear of its models and of the words for their classes, a sentence each. */
  readonly notices: readonly string[];
  /**
   * Takes no more, and lets go of everything. Associations are ended; requests have ten seconds, then series, deliveries and
   * retrievals as many: what is not done by then goes on at the next start.
   */
  close(): Promise<void>;
}

/**
 * Starts the service; it is ready when the promise resolves. If something does not start, what had started is closed.
 *
 * @throws {FoveaError} `invalid_config`, `invalid_rules`, `busy` if another process has the embedded record, `wrong_key`,
 *   `database_unavailable`, and what a model's file may be the reason of
 */
export async function openService(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
  const parts = new Dismantling();
  try {
    return await assemble(config, options, parts);
  } catch (error) {
    return parts.abandon(error);
  }
}

async function assemble(given: ServiceConfig, options: ServiceOptions, parts: Dismantling): Promise<Service> {
  const reports = new ServiceReports();
  const metrics = new ServiceMetrics();
  const rules = given.rules === undefined ? undefined : await readRuleFile(given.rules);
  // What the settings say of names counts before the rule file.
  const config = { ...given, classNames: mergedClassNames(rules?.classNames, given.classNames) };
  const store = parts.add(await openStore(config, { environmentKey: options.environmentKey }), (it) => it.close());
  const pool = parts.add(await openInferencePool({ ...config, onHung: reports.of("inference") }), (it) => it.close());
  const notices = [...(await startModels(store, pool)), ...classNotices({ ...config, rules }, readyModels(pool))];
  const queue = parts.add(await openJobQueue(store.database, { onError: reports.of("job") }), (it) => it.stop());
  const decoder = parts.add(new FrameDecoder(), (it) => it.close());
  const arrival = config.deidentifyOnArrival ? await openArrival(config, store, parts) : undefined;
  const { language = "en" } = options;
  const { classCodes, defaultCharacterSet } = config;
  const peers = new Map(
    config.destinations.map((destination) => [destination.name, openPeer(destination, defaultCharacterSet)]),
  );
  const pipeline = await startPipeline({
    ...{ store, pool, queue, config, judge: judgeOf(rules) },
    peers,
    buildObjects: resultBuilder({
      ...{ decoder, language, classNames: config.classNames[language], classCodes, defaultCharacterSet },
    }),
    ...(arrival && { deidentify: (file: Uint8Array) => arrival.deidentify(file) }),
    onError: (error, where) => reports.tell(error, where),
    onAnalysed: ({ outcome, inferenceMs }) => metrics.analysed("failure" in outcome ? "failed" : "done", inferenceMs),
    onDelivered: (destination, outcome) => metrics.delivered(destination, outcome),
  });
  parts.add(pipeline, (it) => it.stop());
  addGauges(metrics, { store, pipeline, series: () => queue.size(ANALYSE_SERIES) });
  const app = await buildApp({
    ...{
      config,
      store,
      pool,
      queue,
      metrics,
      peers,
      reception: pipeline.reception,
      wakePipeline: () => pipeline.wake(),
      log: options.log,
      page: options.page,
    },
    ...(rules && { rules }),
  });
  parts.add(app, (it) => closeApp(it));
  reports.to(app.log);
  for (const notice of notices) app.log.warn(notice);
  const url = await listen(app, config);
  const dimse = await receive(config, pipeline, metrics, app, parts);
  const adminKey = await firstKey(config, store);
  return {
    ...{ url, models: readyModels(pool).map(({ modelId }) => modelId), notices },
    ...(dimse && { dimse }),
    ...(adminKey !== undefined && { adminKey }),
    close: () => parts.close(),
  };
}

function readyModels({ models }: Pick<InferencePool, "models">): readonly LoadedModel[] {
  return models.list().filter(({ state }) => state === "ready");
}

function judgeOf(rules: RuleSet | undefined): Judge {
  if (rules === undefined) return { judge: () => ({}) };
  return { version: rulesVersion(rules), sha256: rules.sha256, judge: (finding) => judge(finding, rules) };
}

async function openArrival(
  { dataDir, defaultCharacterSet }: ServiceConfig,
  { identityMap }: Store,
  parts: Dismantling,
) {
  const keyFile = join(dataDir, "keys", "pseudonyms.key");
  return parts.add(await openArrivalDeidentifier(keyFile, identityMap, { defaultCharacterSet }), (it) => it.close());
}

function addGauges(
  metrics: ServiceMetrics,
  {
    store,
    pipeline,
    series,
  }: { readonly store: Store; readonly pipeline: Pipeline; readonly series: () => Promise<number> },
): void {
  const unknown = () => Number.NaN;
  metrics.gauge("import_backlog", "Acknowledged objects that are not in the record yet", () => pipeline.backlog);
  metrics.gauge(
    "import_left",
    "Acknowledged objects that could not be filed and stay in incoming",
    () => pipeline.left,
  );
  metrics.gauge("held_instances", "Acknowledged objects that are held apart: their UIDs stand for something else", () =>
    store.held.count().catch(unknown),
  );
  metrics.gauge("series_jobs", "Series that wait for analysis or are analysed", () => series().catch(unknown));
  metrics.gauge("deliveries_due", "Objects that are not delivered yet", () =>
    store.deliveries.counts({ sent: false }).then(({ pending = 0, sending = 0 }) => pending + sending, unknown),
  );
  metrics.gauge("deliveries_failed", "Objects that were given up, until somebody has them sent again", () =>
    store.deliveries.counts({ sent: false }).then(({ failed = 0 }) => failed, unknown),
  );
}

async function listen(app: App, { http: { host, port } }: ServiceConfig): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== "listen" && syscall !== "getaddrinfo") throw error;
    const message = `cannot listen on ${host}, port ${port} (${code}); choose another with --port and --host, or http.port and http.host`;
    throw new FoveaError("invalid_config", message, { cause: error });
  }
}

async function receive(
  { dimse }: ServiceConfig,
  { reception }: Pipeline,
  metrics: ServiceMetrics,
  { log }: App,
  parts: Dismantling,
): Promise<Service["dimse"]> {
  if (dimse === undefined) return undefined;
  const receiver = await startReceiver({
    ...{ config: dimse, sink: reception, log },
    onAssociation: ({ stored, refused }) => {
      for (let i = 0; i < stored; i++) metrics.received("dimse", "stored");
      for (let i = 0; i < refused; i++) metrics.received("dimse", "refused");
    },
  });
  parts.add(receiver, (it) => it.close());
  return { aeTitle: dimse.aeTitle, host: dimse.host, port: receiver.port };
}

/** Somebody must be able to come in: the first start makes a key, which is shown once. */
async function firstKey({ auth }: ServiceConfig, { apiKeys, audit }: Store): Promise<string | undefined> {
  if (auth.mode === "none" || (await apiKeys.list()).length > 0) return undefined;
  const { key, keyId } = await apiKeys.make({ name: "first start", role: "admin" });
  await audit.append({ actor: "system", action: "key.make", subject: keyId, details: { role: "admin" } });
  return key;
}
