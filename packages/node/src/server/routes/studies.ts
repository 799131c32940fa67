/**
 * @file Studies: the list, and one with all that is known of it.
 */
import { AnalyseAgainSchema, StudyDetailSchema, StudyListSchema, StudyStateSchema } from "@fovea/core/contract/study";
import { UidSchema } from "@fovea/core/contract/values";
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { analyseAgain } from "../../pipeline/analyse-again";
import type { StudyView } from "../../store/study-list";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { seesPatients } from "../auth/caller";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { requestLanguage } from "../request-language";
import { CursorSchema, LangQuery, LangSchema, limitSchema } from "../route-schemas";

const StudyQuerySchema = Type.Object(
  {
    state: Type.Optional(StudyStateSchema),
    modality: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_ ]{1,16}$" })),
    after: CursorSchema,
    limit: limitSchema(200, 50),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

/** In which language, by which names, and whether with the patient's identity. */
export function readerOf(
  { config: { classNames } }: Pick<RouteParts, "config">,
  request: FastifyRequest,
  lang?: "zh" | "en",
): StudyView {
  return {
    classNames,
    language: requestLanguage(lang, request.headers["accept-language"]),
    showPatient: seesPatients(callerOf(request)),
  };
}

export function studyRoutes(app: App, parts: RouteParts): void {
  const { store, wakePipeline } = parts;
  app.get(
    "/studies",
    {
      schema: {
        summary: "Studies, the latest first; patients' identity for readers and admins",
        querystring: StudyQuerySchema,
        response: { 200: StudyListSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { state, modality, after, limit, lang } = request.query;
      const { showPatient, language } = readerOf(parts, request, lang);
      const list = await store.studyList.page({ state, modality }, { after, limit, showPatient, language });
      await store.audit.append({
        actor: callerOf(request).actor,
        action: "study.list",
        details: { studies: list.studies.length },
      });
      return list;
    },
  );
  app.get(
    "/studies/:uid",
    {
      schema: {
        summary: "A study: series, images, findings, deliveries",
        params: Type.Object({ uid: UidSchema }),
        querystring: LangQuery,
        response: { 200: StudyDetailSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { uid } = request.params;
      const study = await store.studyList.detail(uid, readerOf(parts, request, request.query.lang));
      if (study === undefined) throw new HttpProblem(404, tell("noStudy"));
      await store.audit.append({ actor: callerOf(request).actor, action: "study.view", subject: uid });
      return study;
    },
  );
  app.post(
    "/studies/:uid/analyse",
    {
      schema: {
        summary: "Analyse again what failed of a study, or of one of its series",
        params: Type.Object({ uid: UidSchema }),
        querystring: Type.Object({ series: Type.Optional(UidSchema) }, { additionalProperties: false }),
        response: { 202: AnalyseAgainSchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { uid } = request.params;
      const { actor } = callerOf(request);
      const series = await analyseAgain(store, { studyUid: uid, seriesUid: request.query.series, actor });
      if (series === 0) throw new HttpProblem(409, tell("nothingToAnalyse"));
      wakePipeline();
      return reply.code(202).send({ state: "queued", study_uid: uid, series, study_url: `/studies/${uid}` });
    },
  );
}
