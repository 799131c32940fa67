/**
 * @file `POST /analyze/image`: one image, what was found in it.
 */
import { AnalyzeImageSchema } from "@fovea/core/contract/detection";
import { Type } from "typebox";
import { analyseUpload } from "../analyse-upload";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { analyzeAnswer, judgedFindings } from "../detection-answer";
import { keeps, keepUpload } from "../keep-upload";
import { PROBLEMS } from "../open-api";
import { requestLanguage } from "../request-language";
import { LangSchema } from "../route-schemas";
import { onlyFile } from "../uploads";

export const AnalysisQuery = Type.Object(
  {
    lang: LangSchema,
    model: Type.Optional(
      Type.String({ maxLength: 200, description: "Name or version. @default the one for the image's modality" }),
    ),
  },
  { additionalProperties: false },
);

export function analyzeImageRoute(app: App, parts: RouteParts): void {
  const { config, rules, budget } = parts;
  const { classNames } = config;
  app.post(
    "/analyze/image",
    {
      config: { form: { field: "file", several: false } },
      schema: {
        summary: "Find lesions in one image: PNG, JPEG, TIFF or DICOM",
        querystring: AnalysisQuery,
        response: { 200: AnalyzeImageSchema, ...PROBLEMS },
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
          action: "image.analyse",
          reply,
        });
        if (keeps(config, "image.analyse", upload.bytes)) {
          const findings = judgedFindings(analysis, rules);
          await keepUpload(parts, { bytes: upload.bytes, actor, analysis, findings, threshold: analysis.threshold });
        }
        return analyzeAnswer(analysis, { filename: upload.filename, language, classNames });
      } finally {
        upload.release();
      }
    },
  );
}
