/**
 * @file Large batches: how they go, what they came to, and an end to them.
 */
import { type AnalyzeBatchResponse, AnalyzeBatchSchema } from "@fovea/core/contract/detection";
import { BatchJobSchema } from "@fovea/core/contract/study";
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { BatchJobRecord, BatchJobs } from "../../store/batch-jobs";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { jobAnswer } from "../batch-work";
import { batchAnswer } from "../detection-answer";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { limitSchema } from "../route-schemas";

const JobParams = Type.Object({ id: Type.String({ format: "uuid" }) });
const PageQuery = Type.Object(
  { from: Type.Optional(Type.Integer({ minimum: 0, default: 0 })), limit: limitSchema(2000, 500) },
  { additionalProperties: false },
);

/** Others' jobs are not there, but for those who manage. */
async function jobOf(jobs: BatchJobs, id: string, request: FastifyRequest): Promise<BatchJobRecord> {
  const { actor, role } = callerOf(request);
  const job = await jobs.find(id);
  if (job === undefined || (job.actor !== actor && role !== "admin")) throw new HttpProblem(404, tell("noJob"));
  return job;
}

export function jobRoutes(app: App, { store, batchWork, jobEvents }: RouteParts): void {
  const { batchJobs } = store;
  const params = JobParams;
  app.get(
    "/jobs/:id",
    { schema: { summary: "How a batch goes", params, response: { 200: BatchJobSchema, ...PROBLEMS } } },
    async (request) => jobAnswer(await jobOf(batchJobs, request.params.id, request)),
  );
  app.get(
    "/jobs/:id/events",
    {
      config: { answers: ["text/event-stream"] },
      schema: { summary: "How a batch goes, as server-sent events: progress, at last end", params },
    },
    async (request, reply) => {
      const { jobId } = await jobOf(batchJobs, request.params.id, request);
      reply.header("Content-Type", "text/event-stream; charset=utf-8");
      const headers = reply.getHeaders() as Record<string, string>;
      reply.hijack();
      reply.raw.writeHead(200, headers);
      if (!jobEvents.tell(jobId, reply.raw, callerOf(request).actor)) reply.raw.end("event: busy\ndata: {}\n\n");
    },
  );
  app.get(
    "/jobs/:id/results",
    {
      schema: {
        summary: "What a batch came to so far, in the order of its files",
        params,
        querystring: PageQuery,
        response: { 200: AnalyzeBatchSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { jobId } = await jobOf(batchJobs, request.params.id, request);
      const { from = 0, limit = 500 } = request.query;
      const files = await batchJobs.files(jobId, from - 1, limit);
      const results = files.flatMap(({ result }) => (result === undefined ? [] : [result]));
      const { actor } = callerOf(request);
      await store.audit.append({ actor, action: "job.view", subject: jobId, details: { results: results.length } });
      return batchAnswer(results as AnalyzeBatchResponse["results"]);
    },
  );
  app.delete(
    "/jobs/:id",
    { schema: { summary: "End a batch", params, response: { 200: BatchJobSchema, ...PROBLEMS } } },
    async (request) => {
      const job = await jobOf(batchJobs, request.params.id, request);
      if (job.state === "done") throw new HttpProblem(409, tell("jobDone"));
      await batchWork.cancel(job.jobId);
      const { actor } = callerOf(request);
      await store.audit.append({ actor, action: "job.cancel", subject: job.jobId });
      return jobAnswer({ ...job, state: "cancelled" });
    },
  );
}
