/**
 * @file `POST /analyze/batch`: some images are answered at once, many become a job.
 */
import { AnalyzeBatchSchema } from "@fovea/core/contract/detection";
import { BatchJobSchema } from "@fovea/core/contract/study";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { BatchIntake } from "../batch-intake";
import { answerTakesTime, clientSignal } from "../client-signal";
import { batchAnswer } from "../detection-answer";
import { PROBLEMS } from "../open-api";
import { requestLanguage } from "../request-language";
import { filesOf } from "../uploads";
import { AnalysisQuery } from "./analyze-image";

export function analyzeBatchRoute(app: App, parts: RouteParts): void {
  const { maxFiles, batchJobAbove } = parts.config.http;
  app.post(
    "/analyze/batch",
    {
      config: { form: { field: "files", several: true } },
      schema: {
        summary: `Find lesions in several images; more than ${batchJobAbove} become a job`,
        querystring: AnalysisQuery,
        response: { 200: AnalyzeBatchSchema, 202: BatchJobSchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { lang, model } = request.query;
      const language = requestLanguage(lang, request.headers["accept-language"]);
      const { actor } = callerOf(request);
      const intake = new BatchIntake(parts, { actor, language, model, signal: clientSignal(reply) });
      try {
        for await (const file of filesOf(request, "files", maxFiles)) await intake.take(file);
        answerTakesTime(reply);
        const outcome = await intake.finish();
        if ("results" in outcome) return batchAnswer(outcome.results);
        const { status_url } = outcome.job;
        return reply.code(202).header("Location", status_url).send(outcome.job);
      } catch (error) {
        await intake.abandon();
        throw error;
      }
    },
  );
}
