/**
 * @file STOW-RS (PS3.18 10.5): DICOM files come in over HTTP.
 */
import { Type } from "typebox";
import { boundaryOf, parts } from "../../pacs/multipart";
import type { RouteParts } from "../app";
import type { App, StoredObject } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";
import { UidSchema } from "../route-schemas";

const DICOM_JSON = "application/dicom+json";

/** PS3.18 F.2.1: by tag, VR and values. */
const DicomJsonSchema = Type.Record(Type.String(), Type.Unknown());

export function stowRoutes(app: App, { reception, config, metrics }: RouteParts): void {
  // Its parts are read as they come, by the route.
  app.addContentTypeParser(/^multipart\/related/i, (_request, _payload, done) => done(null));
  const { maxFileBytes, maxFiles } = config.http;

  async function store(request: Parameters<typeof callerOf>[0], studyUid: string | undefined): Promise<StoredObject[]> {
    const { actor } = callerOf(request);
    const stored: StoredObject[] = [];
    const boundary = boundaryOf(request.headers["content-type"] ?? "");
    for await (const { body } of parts(request.raw, boundary, { maxParts: maxFiles })) {
      // The study in the address must be that of every object (10.5.1.2).
      const bringer = { origin: "stow" as const, actor, ...(studyUid !== undefined && { onlyStudy: studyUid }) };
      const outcome = await reception.receive(bounded(body, maxFileBytes), bringer);
      stored.push(outcome);
      metrics.received("stow", outcome.status === 0 ? "stored" : "refused");
    }
    if (stored.length === 0) throw new HttpProblem(400, "no part; expected DICOM files as application/dicom");
    return stored;
  }

  const schema = {
    summary: "Take DICOM files (STOW-RS): multipart/related; type=application/dicom",
    response: { 200: DicomJsonSchema, 202: DicomJsonSchema, 409: DicomJsonSchema, ...PROBLEMS },
  };
  const answers = [DICOM_JSON];
  app.post("/dicom-web/studies", { config: { answers }, schema }, async (request, reply) => {
    const { status, body } = storeAnswer(await store(request, undefined));
    return reply.code(status).type(DICOM_JSON).send(body);
  });
  app.post(
    "/dicom-web/studies/:uid",
    { config: { answers }, schema: { ...schema, params: Type.Object({ uid: UidSchema }) } },
    async (request, reply) => {
      const { status, body } = storeAnswer(await store(request, request.params.uid));
      return reply.code(status).type(DICOM_JSON).send(body);
    },
  );
}

/**
 * At most so many bytes. A reader that leaves early does not end the body: the rest of the part is skipped by who reads the parts.
 *
 * @throws {HttpProblem} 413 from its reader
 */
function bounded(body: AsyncIterable<Uint8Array>, most: number): AsyncIterable<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  let taken = 0;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const result = await source.next();
    taken += result.done ? 0 : result.value.length;
    if (taken > most) throw new HttpProblem(413, "a file larger than http.max_file allows");
    return result;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** Store Instances Response Module (PS3.18 annex I). */
function storeAnswer(stored: readonly StoredObject[]): {
  readonly status: 200 | 202 | 409;
  readonly body: Record<string, unknown>;
} {
  const good = stored.filter(({ status }) => status === 0);
  const failed = stored.filter(({ status }) => status !== 0);
  const item = ({ sopClassUid, sopUid }: StoredObject) => ({
    "00081150": { vr: "UI", Value: sopClassUid === undefined ? [] : [sopClassUid] },
    "00081155": { vr: "UI", Value: sopUid === undefined ? [] : [sopUid] },
  });
  const body = {
    ...(good.length > 0 && { "00081199": { vr: "SQ", Value: good.map(item) } }),
    ...(failed.length > 0 && {
      "00081198": {
        vr: "SQ",
        Value: failed.map((one) => ({ ...item(one), "00081197": { vr: "US", Value: [one.status] } })),
      },
    }),
  };
  return { status: failed.length === 0 ? 200 : good.length > 0 ? 202 : 409, body };
}
