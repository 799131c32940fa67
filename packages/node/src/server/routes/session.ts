/**
 * @file Who asks and what they may, for the page.
 */
import { SessionSchema } from "@fovea/core/contract/session";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { permissionOf } from "../auth/permissions";
import { PROBLEMS } from "../open-api";

export function sessionRoute(app: App, { config }: RouteParts): void {
  app.get(
    "/session",
    { schema: { summary: "Who asks", response: { 200: SessionSchema, ...PROBLEMS } } },
    async (request) => {
      const { actor, role } = callerOf(request);
      const review = permissionOf("POST", "/findings/:id/review");
      return {
        name: config.auth.mode === "none" ? null : actor,
        role,
        may_review: review !== "public" && review.includes(role),
      };
    },
  );
}
