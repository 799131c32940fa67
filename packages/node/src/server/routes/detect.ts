/**
 * @file `POST /detect`: the clinical report of one image, by the rules.
 */
import { DetectSchema } from "@fovea/core/contract/detection";
import { reported } from "@fovea/core/rules/judge";
import { analyseUpload } from "../analyse-upload";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { detectAnswer, judgedFindings } from "../detection-answer";
import { keeps, keepUpload } from "../keep-upload";
import { PROBLEMS } from "../open-api";
import { requestLanguage } from "../request-language";
import { onlyFile } from "../uploads";
import { AnalysisQuery } from "./analyze-image";

export function detectRoute(app: App, parts: RouteParts): void {
  const { config, rules, budget } = parts;
  const { classNames, reportAbove } = config;
  app.post(
    "/detect",
    {
      config: { form: { field: "file", several: false } },
      schema: {
        summary: "Findings of one image above the reporting confidence, with category and suggestion by the rule file",
        querystring: AnalysisQuery,
        response: { 200: DetectSchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { lang, model } = request.query;
      const language = requestLanguage(lang, request.headers["accept-language"]);
      const upload = await onlyFile(request, "file", budget);
      try {
        const { actor } = callerOf(request);
        const analysis = await analyseUpload(parts, {
          bytes: upload.bytes,
          model,
          actor,
          action: "image.detect",
          reply,
        });
        const findings = reported(judgedFindings(analysis, rules), rules ?? { reportAbove });
        const answer = { rules, language, classNames };
        if (!keeps(config, "image.detect", upload.bytes)) {
          const name = `urn:sha256:${analysis.inputSha256}`;
          return detectAnswer(analysis, findings, { ...answer, studyId: name, image: () => name });
        }
        const threshold = Math.max(analysis.threshold, rules?.reportAbove ?? reportAbove);
        const kept = await keepUpload(parts, { bytes: upload.bytes, actor, analysis, findings, threshold });
        const image = (frame: number) => `/instances/${kept.sopUid}/frames/${frame}`;
        return detectAnswer(analysis, findings, { ...answer, studyId: kept.studyUid, image });
      } finally {
        upload.release();
      }
    },
  );
}
