/**
 * @file Findings of all studies, and what readers decide of them.
 */
import {
  FindingListSchema,
  FindingRecordSchema,
  ReviewActionSchema,
  ReviewStateSchema,
} from "@fovea/core/contract/study";
import { UidSchema } from "@fovea/core/contract/values";
import { Type } from "typebox";
import { findingRecord } from "../../store/findings";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { CursorSchema, LangQuery, LangSchema, limitSchema, textSchema } from "../route-schemas";
import { readerOf } from "./studies";

const FindingQuerySchema = Type.Object(
  {
    study: Type.Optional(UidSchema),
    class: Type.Optional(textSchema(200, "As the model names it")),
    min_confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    review: Type.Optional(ReviewStateSchema),
    after: CursorSchema,
    limit: limitSchema(500, 100),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

export function findingRoutes(app: App, parts: RouteParts): void {
  const { store } = parts;
  app.get(
    "/findings",
    {
      schema: {
        summary: "Findings of all studies, in an order that does not change",
        querystring: FindingQuerySchema,
        response: { 200: FindingListSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { lang, study, class: className, min_confidence, limit = 100, review, after } = request.query;
      const filter = { studyUid: study, className, confidence: min_confidence, review };
      const { findings, next } = await store.analyses.list(filter, after, limit);
      const view = readerOf(parts, request, lang);
      const { actor } = callerOf(request);
      await store.audit.append({
        actor,
        action: "finding.list",
        subject: study,
        details: { findings: findings.length },
      });
      return { findings: findings.map((one) => findingRecord(one, view)), next: next ?? null };
    },
  );
  app.post(
    "/findings/:id/review",
    {
      schema: {
        summary: "Accept or reject a finding, or open it again",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        querystring: LangQuery,
        body: ReviewActionSchema,
        response: { 200: FindingRecordSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { actor } = callerOf(request);
      const { review, comment } = request.body;
      const finding = await store.analyses.review(id, { review, comment, actor });
      return findingRecord(finding, readerOf(parts, request, request.query.lang));
    },
  );
}
