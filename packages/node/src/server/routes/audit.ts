/**
 * @file The audit log, for those who manage.
 */
import { AuditListSchema } from "@fovea/core/contract/audit";
import { Type } from "typebox";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { PROBLEMS } from "../open-api";
import { limitSchema } from "../route-schemas";

const AuditQuery = Type.Object(
  { before: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,17}$" })), limit: limitSchema(1000, 100) },
  { additionalProperties: false },
);

export function auditRoute(app: App, { record }: RouteParts): void {
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
      const list = await record.audit.list({ before, limit });
      await record.audit.append({ actor: callerOf(request).actor, action: "audit.view" });
      return list;
    },
  );
}
