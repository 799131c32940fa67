/**
 * @file The review page as it was built: files that hold no data and are the same for everybody.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";

export async function pageRoutes(app: App, { page }: RouteParts): Promise<void> {
  if (page === undefined || !existsSync(join(page, "index.html"))) return;
  await app.register(fastifyStatic, {
    root: join(page, "assets"),
    prefix: "/assets/",
    dotfiles: "deny",
    index: false,
    // Their names hold their hashes.
    immutable: true,
    maxAge: "30d",
  });
  app.get("/", { schema: { hide: true } }, async (_request, reply) => {
    return reply.sendFile("index.html", page, { immutable: false, maxAge: 0, cacheControl: false });
  });
}
