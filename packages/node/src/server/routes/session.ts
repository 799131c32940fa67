/**
 * @file Who asks and what they may, for the page.
 */
import { SessionSchema } from "@fovea/core/contract/session";
import type { Role } from "../../config/service-config";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { permissionOf } from "../auth/permissions";
import { PROBLEMS } from "../open-api";

const AGAIN = ["POST /deliveries/:id/again", "POST /pacs/:name/retrieve"];

export function sessionRoute(app: App, { config }: RouteParts): void {
  app.get(
    "/session",
    { schema: { summary: "Who asks", response: { 200: SessionSchema, ...PROBLEMS } } },
    async (request) => {
      const { actor, role } = callerOf(request);
      return {
        name: config.auth.mode === "none" ? null : actor,
        role,
        may_review: mayAll(role, "POST /findings/:id/review"),
        may_transfer: mayAll(role, "GET /deliveries", "GET /pacs/retrievals", "GET /held", ...AGAIN),
        may_settle_held: mayAll(role, "GET /held/:id/file", "POST /held/:id/again", "DELETE /held/:id"),
      };
    },
  );
}

/** Whether a role would be let through to each of these routes. */
function mayAll(role: Role, ...routes: readonly string[]): boolean {
  return routes.every((route) => {
    const [method, pattern] = route.split(" ");
    const permission = permissionOf(method, pattern);
    return permission === "public" || permission.includes(role);
  });
}
