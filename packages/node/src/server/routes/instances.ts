/**
 * @file Images that are kept: how they are to be shown, their values, and pictures of them.
 */
import { InstanceImageSchema } from "@fovea/core/contract/image";
import { UidSchema } from "@fovea/core/contract/values";
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ImageOutcome } from "../../store/image-outcomes";
import type { InstanceRecord } from "../../store/studies";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { type PictureFile, recordFile } from "../pictures/picture-thread";
import { UnsentAnswers } from "../pictures/unsent-answers";
import { HttpProblem } from "../problem";
import { LangQuery, LangSchema } from "../route-schemas";
import { readerOf } from "./studies";

/** Bytes of pictures and values that wait for those who asked, all together. */
const MOST_UNSENT = 2 ** 28;

const FrameSchema = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const FrameParams = Type.Object({ uid: UidSchema, n: FrameSchema });
const AnnotatedQuery = Type.Object(
  { frame: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })), lang: LangSchema },
  { additionalProperties: false },
);

/** @throws {HttpProblem} 404 for an image that is not here, or no longer */
async function imageOf({ store }: RouteParts, sopUid: string): Promise<KeptImage> {
  const image = await store.studies.findInstance(sopUid);
  if (image === undefined) throw new HttpProblem(404, tell("noImage"));
  if (image.blob === undefined) throw new HttpProblem(404, tell("imageDeleted"));
  return { image, file: recordFile(store.blobs, image.blob) };
}

interface KeptImage {
  readonly image: InstanceRecord;
  readonly file: PictureFile;
}

/** A picture without boxes says that nothing was found. @throws {HttpProblem} 409 if nobody looked, or not at every frame */
function checkLookedAt(outcome: ImageOutcome | undefined, { frames }: InstanceRecord): void {
  if (outcome === undefined) throw new HttpProblem(409, tell("notAnalysed"));
  if (outcome.failure !== undefined) throw new HttpProblem(409, tell("imageFailed", { why: outcome.failure }));
  const { unreadFrames = 0 } = outcome;
  if (unreadFrames === 0) return;
  throw new HttpProblem(
    409,
    tell("frameMaybeUnread", { what: tell("framesUnread", { failed: unreadFrames, all: frames }) }),
  );
}

export function instanceRoutes(app: App, parts: RouteParts): void {
  const { store, pictures, config } = parts;
  const unsent = new UnsentAnswers(MOST_UNSENT);

  /** Pictures and values are seen: that is written down before they leave. */
  const seen = (request: FastifyRequest, { sopUid, sha256 }: InstanceRecord) =>
    store.audit.append({
      actor: callerOf(request).actor,
      action: "instance.view",
      subject: sopUid,
      inputSha256: sha256,
    });

  /** Sends what was made of an image. */
  const show = async (request: FastifyRequest, reply: FastifyReply, image: InstanceRecord, bytes: Uint8Array) => {
    unsent.hold(reply.raw, bytes.length);
    await seen(request, image);
    return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };

  app.get(
    "/instances/:uid",
    {
      schema: {
        summary: "How an image is to be shown: sizes, rescale, windows, spacing",
        params: Type.Object({ uid: UidSchema }),
        querystring: LangQuery,
        response: { 200: InstanceImageSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { image, file } = await imageOf(parts, request.params.uid);
      const { studyUid, seriesUid, sopUid } = image;
      const series = await store.studies.findSeries(seriesUid);
      return pictures.describe(file, { studyUid, seriesUid, sopUid, modality: series?.modality });
    },
  );
  app.get(
    "/instances/:uid/frames/:n/pixels",
    {
      config: { answers: ["application/octet-stream"] },
      schema: {
        summary: "Values of a frame, counted from 0, little endian; GET /instances/:uid says which",
        params: FrameParams,
      },
    },
    async (request, reply) => {
      unsent.checkRoom();
      const { image, file } = await imageOf(parts, request.params.uid);
      const values = await pictures.values(file, request.params.n);
      return show(request, reply.type("application/octet-stream"), image, values);
    },
  );
  app.get(
    "/instances/:uid/frames/:n",
    {
      config: { answers: ["image/png"] },
      schema: { summary: "A frame, counted from 0, as a picture, through the file's own window", params: FrameParams },
    },
    async (request, reply) => {
      unsent.checkRoom();
      const { image, file } = await imageOf(parts, request.params.uid);
      const task = { frame: request.params.n, findings: [], classNames: {}, language: "en", format: "png" } as const;
      const picture = await pictures.picture(file, task);
      return show(request, reply.type("image/png"), image, picture);
    },
  );
  app.get(
    "/instances/:uid/annotated.png",
    {
      config: { answers: ["image/png"] },
      schema: {
        summary: "A frame with its findings drawn upon it",
        params: Type.Object({ uid: UidSchema }),
        querystring: AnnotatedQuery,
      },
    },
    async (request, reply) => {
      unsent.checkRoom();
      const { lang, frame = 0 } = request.query;
      const { image, file } = await imageOf(parts, request.params.uid);
      const findings = await store.analyses.ofFrame(image.sopUid, frame);
      const outcome = (await store.analyses.outcomes(image.studyUid)).get(image.sopUid);
      if (findings.length === 0) checkLookedAt(outcome, image);
      const { language } = readerOf(parts, request, lang);
      const classNames = config.classNames[language] ?? {};
      const picture = await pictures.picture(file, { frame, findings, classNames, language, format: "png" });
      return show(request, reply.type("image/png"), image, picture);
    },
  );
}
