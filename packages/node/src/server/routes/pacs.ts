/**
 * @file The PACS of the settings: asked for studies, and images fetched from them.
 */
import {
  EchoSchema,
  type PacsList,
  PacsListSchema,
  PacsQuerySchema,
  PacsStudyListSchema,
  type RetrievalList,
  RetrievalListSchema,
  RetrievalSchema,
  RetrieveSchema,
} from "@fovea/core/contract/pacs";
import { FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import { shownReason, tell } from "@fovea/core/reasons/tell";
import { Type } from "typebox";
import type { PacsPeer } from "../../pacs/peer";
import { findStudies } from "../../pacs/study-query";
import { RETRIEVE } from "../../pipeline/retrieval";
import type { RetrievalRecord } from "../../store/retrievals";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { clientSignal } from "../client-signal";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { languageOf } from "../request-language";
import { LangSchema, limitSchema, textSchema } from "../route-schemas";

/** Questions under way at one time, and how long one may take. */
const MOST_QUESTIONS = 8;
const PATIENCE_MS = 60_000;
/** Retrievals that wait. */
const MOST_WAITING = 1000;

const params = Type.Object({ name: textSchema(100, "As fovea.yaml names it") });

export function pacsRoutes(app: App, { config, peers, queue, store }: RouteParts): void {
  let questions = 0;

  function peerOf(name: string): PacsPeer {
    const peer = peers?.get(name);
    if (peer === undefined) throw new HttpProblem(404, tell("noPacs"));
    return peer;
  }

  /** Few at a time, none for ever, and none for a client that has left. */
  async function ask<T>(client: AbortSignal, question: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (questions >= MOST_QUESTIONS) throw new HttpProblem(429, tell("manyQuestions"), { retryAfterS: 2 });
    questions++;
    try {
      return await question(AbortSignal.any([client, AbortSignal.timeout(PATIENCE_MS)]));
    } finally {
      questions--;
    }
  }

  app.get(
    "/pacs",
    { schema: { summary: "PACS of the settings", response: { 200: PacsListSchema, ...PROBLEMS } } },
    async (): Promise<PacsList> => ({
      pacs: config.destinations.map(({ name, dimse, retrieveBy = "get", send }) => ({
        ...{ name, protocol: dimse === undefined ? "dicom_web" : "dimse", retrieve: retrieveBy, send: [...send] },
      })),
    }),
  );
  app.post(
    "/pacs/:name/echo",
    { schema: { summary: "Whether a PACS answers", params, response: { 200: EchoSchema, ...PROBLEMS } } },
    async (request, reply) => {
      const peer = peerOf(request.params.name);
      const began = performance.now();
      const reachable = await ask(clientSignal(reply), (signal) => answers(peer, signal));
      await note(callerOf(request).actor, "pacs.echo", { pacs: peer.name, reachable });
      return { reachable, milliseconds: Math.round(performance.now() - began) };
    },
  );
  app.post(
    "/pacs/:name/find",
    {
      schema: {
        summary: "Studies of a PACS (C-FIND, QIDO-RS)",
        params,
        body: PacsQuerySchema,
        response: { 200: PacsStudyListSchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const peer = peerOf(request.params.name);
      const { limit, ...values } = request.body;
      const keys = Object.keys(values);
      if (keys.length === 0) throw new HttpProblem(400, tell("noSearchValue"));
      const found = await ask(clientSignal(reply), (signal) => findStudies(peer, { ...values, limit }, signal));
      await note(callerOf(request).actor, "pacs.find", { pacs: peer.name, keys, found: found.studies.length });
      return found;
    },
  );
  app.post(
    "/pacs/:name/retrieve",
    {
      schema: {
        summary: "Get a study, or a series of it, from a PACS (C-GET, WADO-RS, C-MOVE)",
        params,
        body: RetrieveSchema,
        response: { 202: RetrievalSchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { name } = peerOf(request.params.name);
      const { study_uid, series_uid } = request.body;
      if ((await queue.size(RETRIEVE)) >= MOST_WAITING) {
        throw new HttpProblem(429, tell("manyRetrievals"), { retryAfterS: 60 });
      }
      const { actor } = callerOf(request);
      const series = series_uid && { series: series_uid };
      await note(actor, "pacs.retrieve", { pacs: name, ...series }, study_uid);
      const wanted = { pacs: name, studyUid: study_uid, actor, ...(series_uid && { seriesUid: series_uid }) };
      const id = await store.database.transaction(async (within) => {
        const { retrievalId, state } = await store.retrievals.ask(wanted, within);
        // One that waits for its next attempt has it now; it ends once, whichever job is faster.
        if (state !== "running") await queue.add(RETRIEVE, { retrievalId }, { key: retrievalId, within });
        return retrievalId;
      });
      return reply.code(202).send({ state: "queued", id, study_uid, study_url: `/studies/${study_uid}` });
    },
  );
  app.get(
    "/pacs/retrievals",
    {
      schema: {
        summary: "Studies that are fetched, or were: how far they are and how they ended, the latest first",
        querystring: Type.Object({ limit: limitSchema(500, 100), lang: LangSchema }, { additionalProperties: false }),
        response: { 200: RetrievalListSchema, ...PROBLEMS },
      },
    },
    async (request): Promise<RetrievalList> => {
      const retrievals = await store.retrievals.latest(request.query.limit ?? 100);
      await note(callerOf(request).actor, "pacs.retrievals", { retrievals: retrievals.length });
      return { retrievals: retrievals.map((one) => listed(one, languageOf(request))) };
    },
  );

  function note(actor: string, action: string, details: Readonly<Record<string, unknown>>, subject?: string) {
    return store.audit.append({ actor, action, details, ...(subject !== undefined && { subject }) });
  }
}

function listed(one: RetrievalRecord, language: Language): RetrievalList["retrievals"][number] {
  const { retrievalId: id, pacs, state, attempts, stored, refused, reason = null } = one;
  return {
    ...{
      id,
      pacs,
      study_uid: one.studyUid,
      series_uid: one.seriesUid ?? null,
      state,
      attempts,
      stored,
      refused,
      reason,
      reason_shown: shownReason(reason, language),
    },
    ...{ asked_at: one.askedAt.toISOString(), ended_at: one.endedAt?.toISOString() ?? null },
  };
}

async function answers(peer: PacsPeer, signal: AbortSignal): Promise<boolean> {
  try {
    await peer.echo(signal);
    return true;
  } catch (error) {
    if (error instanceof FoveaError && (error.code === "peer_unreachable" || error.code === "peer_refused"))
      return false;
    throw error;
  }
}
