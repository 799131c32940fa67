/**
 * @file `GET /studies/:uid/report`: what was found in a study, in the form that is asked for.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { UidSchema } from "@fovea/core/contract/values";
import type { Spacing } from "@fovea/core/dicom/spacing";
import { FoveaError } from "@fovea/core/errors";
import type { Bilingual, Language } from "@fovea/core/language";
import { reasonInBoth, tell } from "@fovea/core/reasons/tell";
import { type ClinicalPageImage, clinicalHtml } from "@fovea/core/report/clinical-html";
import { findingsCsv } from "@fovea/core/report/csv";
import { shownName } from "@fovea/core/rules/class-names";
import { reported } from "@fovea/core/rules/judge";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { isImage } from "../../pipeline/routing";
import type { KeptFinding } from "../../store/findings";
import type { ImageOutcome } from "../../store/image-outcomes";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { recordFile } from "../pictures/picture-thread";
import { HttpProblem } from "../problem";
import { LangSchema } from "../route-schemas";
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
    series: Type.Optional(UidSchema),
    lang: LangSchema,
  },
  { additionalProperties: false },
);

/** Pictures on one page; further images with findings are there without. */
const MOST_PICTURES = 24;
/** Images on one page; further ones are counted there. */
const MOST_IMAGES = 1000;

/** A frame of an image of the study, with what was found in it. */
interface StudyFrame extends ClinicalPageImage {
  readonly findings: readonly KeptFinding[];
  readonly sopUid: string;
  readonly frame: number;
  readonly notAnalysed?: WhyNot;
}

/** Why nobody looked at an image, for readers, and in English as the record keeps it. */
interface WhyNot extends Bilingual {
  readonly kept: string;
}

/** All images of the study, without what is no image; of those with several frames, the ones in which something was found. */
async function framesOf({ store }: RouteParts, { study, series }: StudyDetail): Promise<readonly StudyFrame[]> {
  const bySop = groupedBy(await store.analyses.ofStudy(study.study_uid), ({ sopUid }) => sopUid);
  const outcomes = await store.analyses.outcomes(study.study_uid);
  const frames: StudyFrame[] = [];
  for (const one of series) {
    // Without reports, key objects, presentation states and the like.
    for (const instance of (await store.studies.instances(one.series_uid)).filter(isImage)) {
      const { sopUid, rows, columns, frames: count } = instance;
      const image = { file: sopUid, sopUid, width: columns, height: rows };
      const outcome = outcomes.get(sopUid);
      const notAnalysed = whyNot(outcome, one);
      const unread = outcome?.unreadFrames ?? 0;
      const notWhole = unread === 0 ? undefined : reasonInBoth(tell("framesUnread", { failed: unread, all: count }));
      // Nothing was found where nobody looked: that must not read as "none detected".
      if (notAnalysed !== undefined) {
        frames.push({ ...image, frame: 0, findings: [], notAnalysed });
        continue;
      }
      const byFrame = groupedBy(bySop.get(sopUid) ?? [], ({ frame }) => frame);
      const found = byFrame.size === 0 ? [0] : [...byFrame.keys()].sort((a, b) => a - b);
      for (const frame of found) frames.push({ ...image, frame, findings: byFrame.get(frame) ?? [], notWhole });
    }
  }
  return frames;
}

/** Why an image has no result; undefined if it has one. */
function whyNot(
  outcome: ImageOutcome | undefined,
  { state, reason }: StudyDetail["series"][number],
): WhyNot | undefined {
  if (outcome !== undefined && outcome.failure === undefined) return undefined;
  if (outcome?.failure !== undefined) {
    const { zh, en } = reasonInBoth(outcome.failure);
    return {
      zh: `分析失败：${zh}`,
      en: `could not be analysed: ${en}`,
      kept: `could not be analysed: ${outcome.failure}`,
    };
  }
  if (state === "received" || state === "queued") {
    return { zh: "尚未分析", en: "not analysed yet", kept: "not analysed yet" };
  }
  if (reason === null) return { zh: "未分析", en: "not analysed", kept: "not analysed" };
  const { zh, en } = reasonInBoth(reason);
  return { zh: `未分析：${zh}`, en: `not analysed: ${en}`, kept: `not analysed: ${reason}` };
}

/** Whether something of an image was not looked at. */
const isUnread = ({ notAnalysed, notWhole }: StudyFrame) => notAnalysed !== undefined || notWhole !== undefined;

/** How many images the frames are of. */
const imagesOf = (frames: readonly StudyFrame[]) => new Set(frames.map(({ sopUid }) => sopUid)).size;

/** A row of the table says in its last columns why there is nothing in the others, or not all. */
function tableRow(frame: StudyFrame): StudyFrame {
  const message = frame.notAnalysed?.kept ?? frame.notWhole?.en;
  if (message === undefined) return frame;
  // A size would read as if somebody had looked.
  const size = frame.notAnalysed === undefined ? {} : { width: 0, height: 0 };
  return { ...frame, ...size, error: { code: "not_found", message } };
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
      const { format = "json", lang, series } = request.query;
      const view = readerOf(parts, request, lang);
      const detail = await store.studyList.detail(uid, view);
      if (detail === undefined) throw new HttpProblem(404, tell("noStudy"));
      const answer = await WRITERS[format](parts, detail, view.language, series);
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
  Record<Format, (parts: RouteParts, detail: StudyDetail, language: Language, series?: string) => Promise<Answer>>
> = {
  json: async (_parts, detail) => ({ type: "application/json; charset=utf-8", content: JSON.stringify(detail) }),
  csv: async (parts, detail, language) => {
    const images = (await framesOf(parts, detail)).map(tableRow);
    const className = (name: string) => shownName(name, language, parts.config.classNames);
    const error = (row: StudyFrame) => (row.notAnalysed ?? row.notWhole)?.[language] ?? "";
    return { type: "text/csv; charset=utf-8", content: findingsCsv({ images }, { className, error }) };
  },
  html: htmlReport,
  png: pictureReport,
  sr: structuredReport,
};

async function htmlReport(parts: RouteParts, detail: StudyDetail, language: Language): Promise<Answer> {
  const { config, rules } = parts;
  const { study_uid, study_date } = detail.study;
  const frames = await framesOf(parts, detail);
  const findings = frames.flatMap((frame) => frame.findings);
  const reportAbove = rules?.reportAbove ?? config.reportAbove;
  const hasReported = ({ findings }: StudyFrame) => reported(findings, { reportAbove }).length > 0;
  // What is reported comes first where not all has room, then what else was found and what nobody looked at.
  const rank = (frame: StudyFrame) => (hasReported(frame) ? 0 : frame.findings.length > 0 || isUnread(frame) ? 1 : 2);
  const ranked = frames.toSorted((a, b) => rank(a) - rank(b));
  const pictured = new Set(ranked.slice(0, MOST_PICTURES));
  const told = (frame: StudyFrame) => pictured.has(frame) || frame.findings.length > 0 || isUnread(frame);
  const shown = new Set(ranked.slice(0, MOST_IMAGES).filter(told));
  const spacings = new Spacings(parts);
  const images = [];
  for (const frame of frames) {
    if (!shown.has(frame)) continue;
    // The picture shows what the table beside it lists.
    const drawn = { ...frame, findings: reported(frame.findings, { reportAbove }) };
    const wantsPicture = pictured.has(frame) && frame.notAnalysed === undefined;
    const picture = wantsPicture ? await pictureOf(parts, drawn, language) : undefined;
    images.push({ ...frame, picture, spacingMm: await spacings.of(frame) });
  }
  const outcomes = [...(await parts.store.analyses.outcomes(study_uid)).values()];
  // Those too that found nothing: they are what called an image clear.
  const looked = outcomes.filter(({ failure }) => failure === undefined);
  const versions = [...new Set([...findings, ...looked].map(({ modelId }) => modelId))];
  const rulesVersions = [...new Set(outcomes.flatMap(({ rulesVersion }) => rulesVersion ?? []))];
  const known = detail.series.flatMap(({ model_version }) => model_version ?? []);
  const content = clinicalHtml({
    subject: `检查 Study ${study_uid}${study_date === null ? "" : ` · 检查日期 study date ${study_date}`}`,
    date: `报告时间 report of ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    images,
    modelVersion: (versions.length > 0 ? versions : [...new Set(known)]).join(", ") || "–",
    rulesVersion: rulesVersions.length > 0 ? rulesVersions.join(", ") : undefined,
    ...{ reportAbove, classNames: config.classNames },
    ...{ all: imagesOf(frames), unread: imagesOf(frames.filter(isUnread)) },
    omitted: frames.length - shown.size,
    omittedWithFindings: frames.filter((frame) => !shown.has(frame) && hasReported(frame)).length,
    tellsSpacing: false,
    language,
  });
  return { type: "text/html; charset=utf-8", content };
}

/** What the millimetres of findings were measured on: at a detector they are not the patient's. */
class Spacings {
  readonly #parts: RouteParts;
  /** By SOP Instance UID: a file is described whole, which takes its time, so once for all frames. */
  readonly #ofFrame = new Map<string, Promise<(frame: number) => Spacing | null>>();

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  async of({ sopUid, frame, findings }: StudyFrame): Promise<Spacing | undefined> {
    const sized = findings.find(({ sizeMm }) => sizeMm !== undefined);
    if (sized?.sizeMm === undefined) return undefined;
    const ofFrame = this.#ofFrame.get(sopUid) ?? this.#read(sopUid);
    this.#ofFrame.set(sopUid, ofFrame);
    const spacing = (await ofFrame)(frame);
    // What was measured by another spacing, of a file that was read otherwise, is not told as of this one.
    const width = (sized.box.x2 - sized.box.x1) * (spacing?.column ?? 0);
    return spacing !== null && Math.abs(width - sized.sizeMm.width) < 1e-6 * width ? spacing : undefined;
  }

  async #read(sopUid: string): Promise<(frame: number) => Spacing | null> {
    const { store, pictures } = this.#parts;
    const none = () => null;
    const instance = await store.studies.findInstance(sopUid);
    if (instance?.blob === undefined) return none;
    try {
      const { studyUid, seriesUid } = instance;
      const image = await pictures.describe(recordFile(store.blobs, instance.blob), { studyUid, seriesUid, sopUid });
      const { pixel_spacing: shared } = image;
      const own = image.frame_values?.map(({ pixel_spacing }) => pixel_spacing) ?? [];
      return (frame) => (frame < own.length ? own[frame] : shared);
    } catch (error) {
      if (error instanceof FoveaError && UNSHOWN.has(error.code)) return none;
      throw error;
    }
  }
}

/** `timed_out` is also what a file comes to that ends the thread. */
const UNSHOWN: ReadonlySet<string> = new Set([
  ...[
    "file_not_found",
    "file_unreadable",
    "files_unavailable",
    "invalid_image",
    "invalid_dicom",
    "unsupported_dicom",
    "timed_out",
  ],
]);

/** As a data URI; undefined where the image is not here any more, or cannot be shown. */
async function pictureOf(parts: RouteParts, frame: StudyFrame, language: Language): Promise<string | undefined> {
  try {
    const picture = await drawn(parts, frame, language, "jpeg");
    return picture && `data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}`;
  } catch (error) {
    // Findings are not withheld because one picture cannot be made.
    if (error instanceof FoveaError && UNSHOWN.has(error.code)) return undefined;
    throw error;
  }
}

async function drawn(
  { store, config, pictures }: RouteParts,
  { sopUid, frame, findings }: StudyFrame,
  language: Language,
  format: "png" | "jpeg",
): Promise<Uint8Array | undefined> {
  const instance = await store.studies.findInstance(sopUid);
  if (instance?.blob === undefined) return undefined;
  const classNames = config.classNames[language] ?? {};
  return pictures.picture(recordFile(store.blobs, instance.blob), { frame, findings, classNames, language, format });
}

async function pictureReport(parts: RouteParts, detail: StudyDetail, language: Language): Promise<Answer> {
  const frames = await framesOf(parts, detail);
  // One that a reader rejected comes after all others.
  const sure = ({ review, confidence }: KeptFinding) => (review === "rejected" ? 0 : confidence);
  const surest = ({ findings }: StudyFrame) => Math.max(-1, ...findings.map(sure));
  const looked = frames.filter(({ notAnalysed }) => notAnalysed === undefined);
  const [first] = looked.toSorted((a, b) => surest(b) - surest(a));
  if (first?.findings.length === 0 && frames.some(isUnread)) {
    throw new HttpProblem(409, tell("nothingInPart"));
  }
  const picture = first && (await drawn(parts, first, language, "png"));
  if (picture === undefined) throw new HttpProblem(404, tell("noAnalysedImage"));
  return { type: "image/png", content: picture };
}

/**
 * The report that was made for the PACS: the very object, not one like it, and the newest of its series. Another series' report, or
 * one from before an image that came late, would read as if it were all.
 */
async function structuredReport(
  { store }: RouteParts,
  { study, series }: StudyDetail,
  _language: Language,
  wanted?: string,
): Promise<Answer> {
  const made = (await store.deliveries.ofStudy(study.study_uid))
    .filter(({ kind, seriesUid }) => kind === "sr" && (wanted === undefined || seriesUid === wanted))
    .sort((a, b) => b.plannedAt.getTime() - a.plannedAt.getTime());
  const [report] = made;
  if (report === undefined) {
    throw new HttpProblem(404, tell("noStructuredReport"));
  }
  if (made.some(({ seriesUid }) => seriesUid !== report.seriesUid)) {
    throw new HttpProblem(409, tell("severalReports"));
  }
  const state = series.find(({ series_uid }) => series_uid === report.seriesUid)?.state;
  if (state !== "analysed") {
    throw new HttpProblem(409, tell("reportOutdated", { state: state ?? "gone" }));
  }
  return { type: "application/dicom", content: await store.blobs.read(report.blob) };
}
