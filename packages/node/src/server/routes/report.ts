/**
 * @file `GET /studies/:uid/report`: what was found in a study, in the form that is asked for.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { clinicalHtml } from "@fovea/core/report/clinical-html";
import { findingsCsv } from "@fovea/core/report/csv";
import type { JudgedImage } from "@fovea/core/report/judged-image";
import type { Language } from "@fovea/core/report/summary";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { KeptFinding } from "../../store/findings";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { HttpProblem } from "../problem";
import { LangSchema, UidSchema } from "../route-schemas";
import { readerOf } from "./studies";

const FORMATS = ["json", "csv", "png", "html", "sr"] as const;
type Format = (typeof FORMATS)[number];

const ReportQuery = Type.Object(
  {
    format: Type.Optional(
      Type.Union(
        FORMATS.map((one) => Type.Literal(one)),
        { default: "json" },
      ),
    ),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

/** Pictures on one page; further images are counted there. */
const MOST_PICTURES = 24;

/** A frame of an image of the study, with what was found in it. */
interface StudyFrame extends JudgedImage {
  readonly findings: readonly KeptFinding[];
  readonly sopUid: string;
  readonly frame: number;
}

/** All images of the study; of those with several frames, the ones in which something was found. */
function framesOf({ series }: StudyDetail, findings: readonly KeptFinding[]): readonly StudyFrame[] {
  const bySop = groupedBy(findings, ({ sopUid }) => sopUid);
  return series.flatMap(({ instances }) =>
    instances.flatMap(({ sop_uid, rows, columns }) => {
      const byFrame = groupedBy(bySop.get(sop_uid) ?? [], ({ frame }) => frame);
      const frames = byFrame.size === 0 ? [0] : [...byFrame.keys()].sort((a, b) => a - b);
      return frames.map((frame) => ({
        ...{ file: sop_uid, sopUid: sop_uid, frame, width: columns, height: rows },
        findings: byFrame.get(frame) ?? [],
      }));
    }),
  );
}

function groupedBy<K>(findings: readonly KeptFinding[], key: (finding: KeptFinding) => K): Map<K, KeptFinding[]> {
  const groups = new Map<K, KeptFinding[]>();
  for (const finding of findings) {
    const group = groups.get(key(finding));
    if (group === undefined) groups.set(key(finding), [finding]);
    else group.push(finding);
  }
  return groups;
}

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
      const { format = "json", lang } = request.query;
      const view = readerOf(request, lang);
      const detail = await store.studyList.detail(uid, view);
      if (detail === undefined) throw new HttpProblem(404, "no such study");
      const answer = await WRITERS[format](parts, detail, view.language);
      const { actor } = callerOf(request);
      await store.audit.append({ actor, action: "study.export", subject: uid, details: { format } });
      return send(reply, answer, format, uid);
    },
  );
}

interface Answer {
  readonly type: string;
  readonly content: string | Uint8Array;
}

function send(reply: FastifyReply, { type, content }: Answer, format: Format, uid: string): FastifyReply {
  const ending = format === "sr" ? "dcm" : format;
  if (format !== "json") reply.header("Content-Disposition", `inline; filename="${uid}.${ending}"`);
  // A report is a page of its own: it runs nothing, and its style stands within it.
  if (format === "html") {
    reply.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
  }
  return reply.type(type).send(typeof content === "string" ? content : Buffer.from(content));
}

const WRITERS: Readonly<
  Record<Format, (parts: RouteParts, detail: StudyDetail, language: Language) => Promise<Answer>>
> = {
  json: async (_parts, detail) => ({ type: "application/json; charset=utf-8", content: JSON.stringify(detail) }),
  csv: async ({ store }, detail) => {
    const images = framesOf(detail, await store.analyses.ofStudy(detail.study.study_uid));
    return { type: "text/csv; charset=utf-8", content: findingsCsv({ images }) };
  },
  html: htmlReport,
  png: pictureReport,
  sr: structuredReport,
};

async function htmlReport(parts: RouteParts, detail: StudyDetail, language: Language): Promise<Answer> {
  const { store, config, rules } = parts;
  const { study_uid, study_date } = detail.study;
  const findings = await store.analyses.ofStudy(study_uid);
  const frames = framesOf(detail, findings);
  // What was found comes first where not all has room.
  const ranked = frames.toSorted((a, b) => Number(b.findings.length > 0) - Number(a.findings.length > 0));
  const shown = new Set(ranked.slice(0, MOST_PICTURES));
  const images = [];
  for (const frame of frames) {
    if (shown.has(frame)) images.push({ ...frame, picture: await pictureOf(parts, frame, language) });
  }
  const versions = [...new Set(findings.map(({ modelId }) => modelId))];
  const rulesVersions = [...new Set(findings.flatMap(({ rulesVersion }) => rulesVersion ?? []))];
  const known = detail.series.flatMap(({ model_version }) => model_version ?? []);
  const content = clinicalHtml({
    subject: `Study ${study_uid}`,
    images,
    modelVersion: (versions.length > 0 ? versions : [...new Set(known)]).join(", ") || "–",
    rulesVersion: rulesVersions.length > 0 ? rulesVersions.join(", ") : undefined,
    reportAbove: rules?.reportAbove ?? config.reportAbove,
    classNames: config.classNames,
    omitted: frames.length - shown.size,
    language,
    ...(study_date !== null && { date: study_date }),
  });
  return { type: "text/html; charset=utf-8", content };
}

/** As a data URI; undefined where the image is not here any more, or cannot be shown. */
async function pictureOf(parts: RouteParts, frame: StudyFrame, language: Language): Promise<string | undefined> {
  const picture = await drawn(parts, frame, language, "jpeg");
  return picture && `data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}`;
}

async function drawn(
  { store, config, pictures }: RouteParts,
  { sopUid, frame, findings }: StudyFrame,
  language: Language,
  format: "png" | "jpeg",
): Promise<Uint8Array | undefined> {
  const instance = await store.studies.findInstance(sopUid);
  if (instance?.blob === undefined) return undefined;
  const bytes = await store.blobs.read(instance.blob);
  return pictures.picture(bytes, { frame, findings, classNames: config.classNames[language] ?? {}, format });
}

async function pictureReport(parts: RouteParts, detail: StudyDetail, language: Language): Promise<Answer> {
  const frames = framesOf(detail, await parts.store.analyses.ofStudy(detail.study.study_uid));
  const surest = ({ findings }: StudyFrame) => Math.max(0, ...findings.map(({ confidence }) => confidence));
  const [first] = frames.toSorted((a, b) => surest(b) - surest(a));
  const picture = first && (await drawn(parts, first, language, "png"));
  if (picture === undefined) throw new HttpProblem(404, "no image of the study is here");
  return { type: "image/png", content: picture };
}

/** The report that was made for the PACS: the very object, not one like it. */
async function structuredReport({ store }: RouteParts, detail: StudyDetail): Promise<Answer> {
  const deliveries = await store.deliveries.ofStudy(detail.study.study_uid);
  const report = deliveries.find(({ kind }) => kind === "sr");
  if (report === undefined) {
    throw new HttpProblem(404, "no structured report was made of this study: no destination asks for one");
  }
  return { type: "application/dicom", content: await store.blobs.read(report.blob) };
}
