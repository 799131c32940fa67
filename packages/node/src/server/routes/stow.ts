/**
 * @file STOW-RS (PS3.18 10.5): DICOM files come in over HTTP.
 */

import { UidSchema } from "@fovea/core/contract/values";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type DicomJson, storeParts } from "../../pacs/store-parts";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { problemOf } from "../problem";
import { logFailure } from "../service-log";

const DICOM_JSON = "application/dicom+json";

/** PS3.18 F.2.1: by tag, VR and values. */
const DicomJsonSchema = Type.Record(Type.String(), Type.Unknown());

export function stowRoutes(app: App, { reception, config, metrics }: RouteParts): void {
  // Its parts are read as they come, by the route.
  app.addContentTypeParser(/^multipart\/related/i, (_request, _payload, done) => done(null));
  const { maxFileBytes, maxFiles } = config.http;

  async function take(request: FastifyRequest, reply: FastifyReply, onlyStudy?: string): Promise<DicomJson> {
    // The study in the address must be that of every object (10.5.1.2).
    const bringer = { origin: "stow" as const, actor: callerOf(request).actor, ...(onlyStudy && { onlyStudy }) };
    const store = async (part: AsyncIterable<Uint8Array>) => {
      const outcome = await reception.receive(part, bringer);
      metrics.received("stow", outcome.status === 0 ? "stored" : "refused");
      return outcome;
    };
    const limits = { maxParts: maxFiles, maxInstanceBytes: maxFileBytes };
    const { httpStatus, json, fault } = await storeParts(
      request.raw,
      request.headers["content-type"] ?? "",
      store,
      limits,
    );
    const isOurs =
      fault !== undefined && !reply.raw.destroyed && problemOf(fault, request.id, "en").problem.status >= 500;
    if (isOurs) logFailure(app, request.id, fault);
    // What is left of the body is not waited for.
    if (!request.raw.complete) reply.header("Connection", "close");
    reply.code(httpStatus).type(DICOM_JSON);
    return json;
  }

  const schema = {
    summary: "Take DICOM files (STOW-RS): multipart/related; type=application/dicom",
    response: { 200: DicomJsonSchema, 202: DicomJsonSchema, 409: DicomJsonSchema, ...PROBLEMS },
  };
  const answers = [DICOM_JSON];
  app.post("/dicom-web/studies", { config: { answers }, schema }, (request, reply) => take(request, reply));
  app.post(
    "/dicom-web/studies/:uid",
    { config: { answers }, schema: { ...schema, params: Type.Object({ uid: UidSchema }) } },
    (request, reply) => take(request, reply, request.params.uid),
  );
}
