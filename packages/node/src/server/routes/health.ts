/**
 * @file Whether the service lives and is ready, and its numbers.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Type } from "typebox";
import type { Database } from "../../store/database";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { PROBLEMS } from "../open-api";

/** Whoever asks has little patience; a query itself would wait longer for a database that is away. */
const DATABASE_MS = 2000;
/** Anybody may ask, as often as he likes: the database hears of one question at a time, and its answer counts for so long. */
const ANSWER_MS = 1000;

const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  database: Type.Boolean(),
  model: Type.Boolean({ description: "Whether one is loaded and warm, and can be run: not too many of its runs hang" }),
});

export function healthRoutes(app: App, { store, pool, metrics, queue }: RouteParts): void {
  const unlimited = { rateLimit: false } as const;
  const database = new Answering(store.database);
  app.get(
    "/health/live",
    {
      config: unlimited,
      schema: { summary: "Whether the process answers", response: { 200: Type.Object({ live: Type.Boolean() }) } },
    },
    async () => ({ live: true }),
  );
  app.get(
    "/health/ready",
    {
      config: unlimited,
      schema: {
        summary: "Whether images can be analysed and the record be written",
        response: { 200: ReadinessSchema, 503: ReadinessSchema },
      },
    },
    async (_request, reply) => {
      const answers = await database.answers();
      const model = !pool.load.stuck && pool.models.list().some(({ state }) => state === "ready");
      const ready = answers && model;
      return reply.code(ready ? 200 : 503).send({ ready, database: answers, model });
    },
  );
  metrics.gauge("inference_waiting", "Images that wait for their turn", () => pool.load.waiting);
  metrics.gauge("inference_running", "Images under way", () => pool.load.running);
  metrics.gauge("inference_capacity", "Images that may be under way at once", () => pool.load.capacity);
  metrics.gauge(
    "inference_hanging",
    "Threads that were given up within a run of a network and have not ended",
    () => pool.load.hanging,
  );
  metrics.gauge("batch_jobs", "Batches waiting and running", () => queue.size("batch").catch(() => Number.NaN));
  app.get(
    "/metrics",
    {
      config: { answers: ["text/plain"] },
      schema: { summary: "Numbers for Prometheus", response: { 200: Type.String(), ...PROBLEMS } },
    },
    async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

/** Whether a database answers. */
class Answering {
  readonly #database: Pick<Database, "query">;
  /** A question that is not answered: another one would wait behind it. */
  #asked: Promise<boolean> | undefined;
  #last: { readonly answer: boolean; readonly at: number } | undefined;

  constructor(database: Pick<Database, "query">) {
    this.#database = database;
  }

  /** False if there is no answer in time. */
  async answers(): Promise<boolean> {
    if (this.#last !== undefined && performance.now() - this.#last.at < ANSWER_MS) return this.#last.answer;
    this.#asked ??= this.#ask();
    const late = new AbortController();
    const tooLate = sleep(DATABASE_MS, false, { signal: late.signal }).catch(() => false);
    const answer = await Promise.race([this.#asked, tooLate]);
    late.abort();
    return answer;
  }

  async #ask(): Promise<boolean> {
    const answer = await this.#database.query("SELECT 1").then(
      () => true,
      () => false,
    );
    this.#last = { answer, at: performance.now() };
    this.#asked = undefined;
    return answer;
  }
}
