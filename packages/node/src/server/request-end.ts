/**
 * @file The end of each request, told once: its answer is out, or the client left before it was.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";

/** As nginx has it: the client closed the connection before it had its answer. */
const CLIENT_LEFT = 499;

export interface RequestEnd {
  readonly id: string;
  readonly method: string;
  /** Pattern, never the address; undefined where no route was met. */
  readonly route: string | undefined;
  readonly status: number;
  readonly ms: number;
}

/** To be called before anything else takes part in requests. */
export function atRequestEnd(app: FastifyInstance, tell: (end: RequestEnd) => void): void {
  const told = new WeakSet<FastifyRequest>();
  const end = (request: FastifyRequest, status: number, ms: number) => {
    if (told.has(request)) return;
    told.add(request);
    const { id, method, routeOptions } = request;
    tell({ id, method, route: routeOptions.url, status, ms });
  };
  app.addHook("onRequest", async (request, reply) => {
    const { raw } = reply;
    raw.once("close", () => {
      if (!raw.writableFinished) end(request, CLIENT_LEFT, reply.elapsedTime);
    });
  });
  app.addHook("onResponse", async (request, reply) => end(request, reply.statusCode, reply.elapsedTime));
}
