/**
 * @file The audit log, for those who manage.
 */
import { AuditListSchema, type AuditRecord } from "@fovea/core/contract/audit";
import { Type } from "typebox";
import type { ChainedEntry } from "../../store/audit-chain";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { limitSchema } from "../route-schemas";

const AuditQuery = Type.Object(
  { before: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,14}$" })), limit: limitSchema(1000, 100) },
  { additionalProperties: false },
);

function shown(entry: ChainedEntry): AuditRecord {
  return {
    seq: String(entry.seq),
    at: entry.at.toISOString(),
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject ?? null,
    details: { ...entry.details },
    input_sha256: entry.inputSha256 ?? null,
    model_sha256: entry.modelSha256 ?? null,
    rules_sha256: entry.rulesSha256 ?? null,
    hash: entry.hash,
  };
}

export function auditRoute(app: App, { store }: RouteParts): void {
  app.get(
    "/audit",
    {
      schema: {
        summary: "Who saw, sent and changed what, the latest first",
        querystring: AuditQuery,
        response: { 200: AuditListSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { before, limit = 100 } = request.query;
      const entries = await store.audit.list({ before: before === undefined ? undefined : Number(before), limit });
      await store.audit.append({ actor: callerOf(request).actor, action: "audit.view" });
      const last = entries.at(-1);
      return { entries: entries.map(shown), next: entries.length === limit && last ? String(last.seq) : null };
    },
  );
}
