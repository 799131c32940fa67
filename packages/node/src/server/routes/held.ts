/**
 * @file What was acknowledged and could not be filed: which objects, their files, and the two ways to be done with one.
 */
import { HeldFiledSchema, type HeldInstance, HeldInstanceSchema, HeldListSchema } from "@fovea/core/contract/held";
import { FoveaError } from "@fovea/core/errors";
import { type Told, tell } from "@fovea/core/reasons/tell";
import { Type } from "typebox";
import { fileHeld } from "../../pipeline/file-held";
import type { ReceiptNote } from "../../pipeline/receipt";
import { keyOf } from "../../store/blob-key";
import type { HeldRecord } from "../../store/held-instances";
import type { AcceptOutcome } from "../../store/record";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { CursorSchema, limitSchema } from "../route-schemas";

const params = Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{32}$", description: "Of GET /held" }) });

const IN_THE_WAY: Readonly<Partial<Record<AcceptOutcome, Told>>> = {
  conflict: tell("heldBehindAnother"),
  astray: tell("heldAstray"),
};

export function heldRoutes(app: App, { store, wakePipeline }: RouteParts): void {
  const { held, audit, blobs } = store;

  app.get(
    "/held",
    {
      schema: {
        summary: "Objects that were acknowledged and could not be filed, the latest first",
        querystring: Type.Object(
          { after: CursorSchema, limit: limitSchema(500, 100) },
          { additionalProperties: false },
        ),
        response: { 200: HeldListSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { after, limit = 100 } = request.query;
      const page = await held.page({ after, limit });
      const listed: HeldInstance[] = [];
      for (const one of page.held) listed.push(shown(one, await noteOf(one.blob)));
      await audit.append({ actor: callerOf(request).actor, action: "held.list", details: { held: listed.length } });
      return { held: listed, next: page.next };
    },
  );
  app.get(
    "/held/:id/file",
    {
      config: { answers: ["application/dicom"] },
      schema: { summary: "The object as it came, behind a file header of ours", params },
    },
    async (request, reply) => {
      const { id } = request.params;
      const found = await held.find(keyOf("images", id));
      if (found === undefined) throw nothingHeld();
      await blobs.facts(found.blob).catch(explained);
      await audit.append({ ...entryOf(request, found), action: "held.download" });
      return reply
        .type("application/dicom")
        .header("Content-Length", found.bytes)
        .header("Content-Disposition", `attachment; filename="${id}.dcm"`)
        .send(blobs.stream(found.blob));
    },
  );
  app.post(
    "/held/:id/again",
    {
      schema: {
        summary: "File one after all, if what stood in its way is gone",
        params,
        response: { 200: HeldFiledSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const blob = keyOf("images", request.params.id);
      const found = await held.find(blob);
      if (found === undefined) throw nothingHeld();
      const outcome = await fileHeld(store, blob, callerOf(request).actor).catch(explained);
      if (outcome !== "new" && outcome !== "same") throw new HttpProblem(409, IN_THE_WAY[outcome]);
      wakePipeline();
      return { outcome, study_uid: found.studyUid, study_url: `/studies/${found.studyUid}` };
    },
  );
  app.delete(
    "/held/:id",
    {
      schema: {
        summary: "Discard one: its file is removed within the hour",
        params,
        response: { 200: Type.Pick(HeldInstanceSchema, ["id"]), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await held.discard(keyOf("images", id), callerOf(request).actor))) throw nothingHeld();
      return { id };
    },
  );

  /** Undefined where its file cannot be read, which does not keep it off the list. */
  async function noteOf(blob: string): Promise<ReceiptNote | undefined> {
    try {
      return (await blobs.note(blob)) as ReceiptNote;
    } catch (error) {
      if (error instanceof FoveaError) return undefined;
      throw error;
    }
  }
}

function entryOf(request: Parameters<typeof callerOf>[0], { sopUid, sha256 }: HeldRecord) {
  return { actor: callerOf(request).actor, subject: sopUid, inputSha256: sha256 };
}

function nothingHeld(): HttpProblem {
  return new HttpProblem(404, tell("noHeld"));
}

/** @throws what it is given, or what a client is to hear of it */
function explained(error: unknown): never {
  if (error instanceof FoveaError && error.code === "file_unreadable") {
    throw new HttpProblem(409, tell("heldDamaged"));
  }
  throw error;
}

function shown(one: HeldRecord, note: ReceiptNote | undefined): HeldInstance {
  const { rows = null, columns = null, frames = null } = note?.instance ?? {};
  return {
    ...{ id: one.blob.slice(-32), study_uid: one.studyUid, series_uid: one.seriesUid, sop_uid: one.sopUid },
    ...{ reason: one.reason, in_the_way: one.inTheWay ?? null, bytes: one.bytes, sha256: one.sha256 },
    ...{ held_at: one.heldAt.toISOString(), origin: note?.origin ?? null, sent_by: note?.actor ?? null },
    ...{ rows, columns, frames },
  };
}
