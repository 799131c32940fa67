/**
 * @file API keys: made, listed, revoked.
 */
import { type Key, KeyListSchema, KeySchema, MadeKeySchema, NewKeySchema } from "@fovea/core/contract/key";
import { tell } from "@fovea/core/reasons/tell";
import { Type } from "typebox";
import type { ApiKey } from "../../store/api-keys";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";

const DAY_MS = 86_400_000;

function shown({ keyId, name, role, createdAt, expiresAt, revokedAt }: ApiKey): Key {
  return {
    id: keyId,
    name,
    role,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}

export function keyRoutes(app: App, { store, keys }: RouteParts): void {
  app.get(
    "/keys",
    { schema: { summary: "API keys, without the keys themselves", response: { 200: KeyListSchema, ...PROBLEMS } } },
    async () => ({ keys: (await store.apiKeys.list()).map(shown) }),
  );
  app.post(
    "/keys",
    {
      schema: {
        summary: "Make an API key; it is shown this once",
        body: NewKeySchema,
        response: { 201: MadeKeySchema, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { name, role, days } = request.body;
      const expiresAt = days === undefined ? undefined : new Date(Date.now() + days * DAY_MS);
      const { key, keyId } = await store.apiKeys.make({ name, role, expiresAt });
      const { actor } = callerOf(request);
      await store.audit.append({ actor, action: "key.create", subject: keyId, details: { role } });
      return reply.code(201).send({ ...shown({ keyId, name, role, createdAt: new Date(), expiresAt }), key });
    },
  );
  app.delete(
    "/keys/:id",
    {
      schema: {
        summary: "Revoke an API key",
        params: Type.Object({ id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }) }),
        response: { 200: Type.Pick(KeySchema, ["id"]), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await store.apiKeys.revoke(id))) throw new HttpProblem(404, tell("noKey"));
      keys.forget();
      await store.audit.append({ actor: callerOf(request).actor, action: "key.revoke", subject: id });
      return { id };
    },
  );
}
