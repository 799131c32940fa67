/**
 * @file A service for tests: a real record on PGlite, behind it a pool, a queue and a reception that do what the test says.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "@fovea/core/finding";
import { type Mock, vi } from "vitest";
import { parseConfig } from "../../src/config/read-config";
import type { Role, ServiceConfig } from "../../src/config/service-config";
import type { AnalysisRequest, ImageAnalysis, InferencePool } from "../../src/inference/inference-pool";
import type { JobQueue } from "../../src/jobs/job-queue";
import { buildApp } from "../../src/server/app";
import type { App, AppParts, Reception, StoredObject } from "../../src/server/app-parts";
import { ServiceMetrics } from "../../src/server/service-metrics";
import { openStore, type Store } from "../../src/store/open-store";
import type { ModelVersion } from "../../src/store/record";
import { copyEmptyDatabase } from "../empty-database";

export const MODEL: ModelVersion = {
  modelId: "lesions@0123456789ab",
  name: "lesions",
  sha256: "0123456789ab".padEnd(64, "0"),
  deviceUid: "2.25.99",
  classes: ["nodule", "mass"],
  defaultFor: ["*"],
};

function finding(classId: number, className: string, confidence: number, x1: number): Finding {
  return { classId, className, confidence, box: { x1, y1: 10, x2: x1 + 20, y2: 40 } };
}

/** The example of the issue: two nodules and a mass, one of them above .7. */
export const THREE: readonly Finding[] = [
  finding(0, "nodule", 0.91, 100),
  finding(1, "mass", 0.62, 200),
  finding(0, "nodule", 0.41, 300),
];

const SETTINGS = { conf: 0.25, iou: 0.7, imgsz: 640 } as const;

/** Answers what the test says, `THREE` by default. */
export class SaidPool implements InferencePool {
  readonly requests: AnalysisRequest[] = [];
  answer: (request: AnalysisRequest) => Promise<readonly Finding[]> = async () => THREE;
  readonly retired = new Set<string>();
  readonly models: InferencePool["models"] = {
    list: () => [{ ...MODEL, state: this.retired.has(MODEL.modelId) ? "retired" : "ready", settings: SETTINGS }],
    resolve: () => MODEL,
    load: async ({ file: _file, name: _name, modalities = [], ...settings }) => ({
      ...{ ...MODEL, defaultFor: modalities, state: "ready", settings: { ...SETTINGS, ...settings } },
    }),
    makeDefault: (_, modalities) => ({ ...MODEL, defaultFor: modalities, state: "ready", settings: SETTINGS }),
    retire: async (modelId) => void this.retired.add(modelId),
  };
  readonly load = {
    waiting: 0,
    waitingBytes: 0,
    running: 0,
    capacity: 4,
    retryAfterSeconds: 7,
    hanging: 0,
    stuck: false,
  };

  async analyse(request: AnalysisRequest): Promise<ImageAnalysis> {
    this.requests.push(request);
    const findings = await this.answer(request);
    return {
      model: MODEL,
      images: [{ file: request.filename, width: 512, height: 400, findings }],
      threshold: SETTINGS.conf,
      inferenceMs: 12.5,
      inputSha256: createHash("sha256").update(request.bytes).digest("hex"),
    };
  }

  async close(): Promise<void> {}
}

/** Works on what it is given, at once, in this process. */
export class DirectQueue implements JobQueue {
  readonly #handlers = new Map<string, Parameters<JobQueue["work"]>[2]>();
  /** What each kind does with jobs whose attempts are used up. */
  readonly givenUp = new Map<string, (content: Readonly<Record<string, unknown>>) => Promise<void>>();
  readonly running = new Set<Promise<void>>();
  /** What comes is kept for the next worker: jobs of a service that was killed. */
  held = false;
  readonly #waiting: { readonly kind: string; readonly content: Readonly<Record<string, unknown>> }[] = [];
  readonly #outside = AsyncLocalStorage.snapshot();

  async add(kind: string, content: Readonly<Record<string, unknown>>): Promise<void> {
    const handle = this.#handlers.get(kind);
    if (this.held) this.#waiting.push({ kind, content });
    if (handle === undefined || this.held) return;
    // Nobody works within the transaction that a job belongs to.
    const run = this.#outside(() => handle(content, new AbortController().signal).catch(() => undefined));
    this.running.add(run);
    void run.finally(() => this.running.delete(run));
  }

  async work(...[kind, { givenUp }, handle]: Parameters<JobQueue["work"]>): Promise<void> {
    this.#handlers.set(kind, handle);
    if (givenUp !== undefined) this.givenUp.set(kind, givenUp);
    for (const job of this.#waiting.splice(0)) await this.add(job.kind, job.content);
  }

  async size(): Promise<number> {
    return this.running.size;
  }

  async stop(): Promise<void> {
    await Promise.all(this.running);
  }
}

/** Takes everything, and remembers how much came. */
export class CountingReception implements Reception {
  readonly sizes: number[] = [];
  outcome: (bytes: Buffer) => StoredObject = () => ({
    status: 0,
    sopClassUid: "1.2",
    sopUid: "1.2.3",
    studyUid: "1.5",
  });

  async receive(
    file: AsyncIterable<Uint8Array>,
    { onlyStudy }: Parameters<Reception["receive"]>[1],
  ): Promise<StoredObject> {
    const pieces: Uint8Array[] = [];
    for await (const piece of file) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    this.sizes.push(bytes.length);
    const outcome = this.outcome(bytes);
    return onlyStudy === undefined || outcome.studyUid === onlyStudy ? outcome : { ...outcome, status: 0xa900 };
  }
}

/** A busy machine takes its time to make a database. */
export const START_MS = 120_000;

export interface TestService {
  readonly app: App;
  readonly store: Store;
  readonly pool: SaidPool;
  readonly queue: DirectQueue;
  readonly reception: CountingReception;
  /** How often the pipeline was told to look. */
  readonly wakePipeline: Mock<() => void>;
  readonly metrics: ServiceMetrics;
  readonly config: ServiceConfig;
  /** A good key of each role. */
  readonly keys: Readonly<Record<Role, string>>;
  /** What was logged, line by line. */
  readonly log: string[];
  close(): Promise<void>;
}

export interface TestServiceOptions extends Partial<Pick<AppParts, "rules" | "page" | "peers">> {
  /** Of `fovea.yaml`. */
  readonly yaml?: string;
  /** In place of the one that says what the test says. */
  readonly realPool?: InferencePool;
}

const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "fovea-service-"));
  folders.push(made);
  return made;
}

export async function startService({
  yaml = "",
  rules,
  page,
  peers,
  realPool,
}: TestServiceOptions = {}): Promise<TestService> {
  const dataDir = folder();
  await copyEmptyDatabase(dataDir);
  const config = { ...parseConfig(yaml, "/etc/fovea.yaml"), dataDir };
  const store = await openStore(config);
  await store.models.put(MODEL, "ready");
  const roles = ["viewer", "reader", "admin", "system"] as const;
  const keys = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, (await store.apiKeys.make({ name: role, role })).key])),
  );
  const [pool, queue, reception] = [new SaidPool(), new DirectQueue(), new CountingReception()];
  const metrics = new ServiceMetrics();
  const wakePipeline = vi.fn<() => void>();
  const log: string[] = [];
  const stream = { write: (line: string) => void log.push(line) };
  const app = await buildApp({
    config,
    store,
    pool: realPool ?? pool,
    queue,
    reception,
    wakePipeline,
    metrics,
    rules,
    page,
    peers,
    log: { stream },
  });
  const close = async () => {
    await app.close();
    await queue.stop();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { app, store, pool, queue, reception, wakePipeline, metrics, config, keys, log, close };
}

/** At the end of a test file. */
export function removeFolders(): void {
  for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
}

export interface FormFile {
  readonly name: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** A form with files (RFC 7578), as `inject` takes it. */
export function form(...files: readonly FormFile[]): { payload: Buffer; headers: Record<string, string> } {
  const pieces = files.flatMap(({ name, filename, bytes }) => [
    `--form\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\n`,
    "Content-Type: application/octet-stream\r\n\r\n",
    bytes,
    "\r\n",
  ]);
  const payload = Buffer.concat([...pieces, "--form--\r\n"].map((piece) => Buffer.from(piece as string)));
  return { payload, headers: { "content-type": "multipart/form-data; boundary=form" } };
}

export function bearer(key: string): { authorization: string } {
  return { authorization: `Bearer ${key}` };
}
