/**
 * @file `GET /studies/:uid/report`: what was found in a study, in the form that is asked for.
 */
import { UidSchema } from "@fovea/core/contract/values";
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { checkWanted, clientSignal } from "../client-signal";
import { HttpProblem } from "../problem";
import { reportPage } from "../reports/report-page";
import { reportPicture } from "../reports/report-picture";
import type { ReportAnswer, ReportWriter } from "../reports/report-request";
import { reportTable } from "../reports/report-table";
import { structuredReport } from "../reports/structured-report";
import { LangSchema } from "../route-schemas";
import { readerOf } from "./studies";

const FORMATS = ["json", "csv", "png", "html", "sr"] as const;
type Format = (typeof FORMATS)[number];

const WRITERS: Readonly<Record<Format, ReportWriter>> = {
  json: async ({ detail }) => ({ type: "application/json; charset=utf-8", content: JSON.stringify(detail) }),
  csv: reportTable,
  html: reportPage,
  png: reportPicture,
  sr: structuredReport,
};

const ReportQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Union(
        FORMATS.map((one) => Type.Literal(one)),
        { default: "json" },
      ),
    ),
    series: Type.Optional(UidSchema),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

export function reportRoute(app: App, parts: RouteParts): void {
  const { store } = parts;
  app.get(
    "/studies/:uid/report",
    {
      config: { answers: ["application/json", "text/csv", "image/png", "text/html", "application/dicom"] },
      schema: {
        summary: "What was found in a study: JSON, CSV, the picture of its most confident finding, a page, or DICOM SR",
        params: Type.Object({ uid: UidSchema }),
        querystring: ReportQuery,
      },
    },
    async (request, reply) => {
      const { uid } = request.params;
      const { format = "json", lang, series } = request.query;
      const view = readerOf(parts, request, lang);
      const detail = await store.studyList.detail(uid, view);
      if (detail === undefined) throw new HttpProblem(404, tell("noStudy"));
      const caller = callerOf(request);
      const signal = clientSignal(reply);
      const answer = await WRITERS[format]({ parts, detail, language: view.language, caller, series, signal });
      // Nothing was exported to a client that is not there.
      checkWanted(signal);
      await store.audit.append({ actor: caller.actor, action: "study.export", subject: uid, details: { format } });
      return send(reply, answer, format, uid);
    },
  );
}

function send(reply: FastifyReply, { type, content }: ReportAnswer, format: Format, uid: string): FastifyReply {
  const ending = format === "sr" ? "dcm" : format;
  if (format !== "json") reply.header("Content-Disposition", `inline; filename="${uid}.${ending}"`);
  // A report is a page of its own: it runs nothing, and its style stands within it.
  if (format === "html") {
    reply.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
  }
  return reply.type(type).send(typeof content === "string" ? content : Buffer.from(content));
}
