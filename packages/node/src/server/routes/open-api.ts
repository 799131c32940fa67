/**
 * @file The description of all routes, for programs.
 */
import type { App } from "../app-parts";

export function openApiRoute(app: App): void {
  let document: string | undefined;
  app.get("/openapi.json", { schema: { summary: "This document" } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.type("application/json; charset=utf-8").send(document);
  });
}
