/**
 * @file The log: what was asked by pattern, never by address; how it went; how long it took. No body, header, query string,
 * identifier of an image, or message that may hold one.
 */
import { randomUUID } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import type { FastifyInstance, FastifyServerOptions } from "fastify";
import type { RequestEnd } from "./request-end";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
  /** @default "info" */
  readonly level?: LogLevel;
  /** @default standard output */
  readonly stream?: { write(line: string): void };
}

/** Name, code and where it was thrown; the message may quote what was given. */
export function errorFacts(error: unknown): Record<string, unknown> {
  if (error instanceof FoveaError) return { code: error.code };
  if (!(error instanceof Error)) return { type: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  // `message` may have several lines: frames are those that begin so.
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return { type: error.name, code, frames: frames.slice(0, 8).map((line) => line.trim()) };
}

export function loggerOf({ level = "info", stream }: LogOptions): Exclude<FastifyServerOptions["logger"], undefined> {
  if (level === "silent") return false;
  return {
    level,
    ...(stream && { stream }),
    base: null,
    serializers: {
      req: ({ method, routeOptions }) => ({ method, route: routeOptions?.url }),
      res: ({ statusCode }) => ({ statusCode }),
      err: errorFacts as never,
    },
  };
}

/** A number that nobody can choose: a client's own could carry anything into the log. */
export function newRequestId(): string {
  return randomUUID();
}

/** One line for each request, at its end. */
export function logRequest(app: FastifyInstance, { id, method, route, status, ms }: RequestEnd): void {
  app.log.info({ request: id, method, route: route ?? null, status, ms: Math.round(10 * ms) / 10 }, "answered");
}

/** What went wrong inside, by the identifier that the client was told. */
export function logFailure(app: FastifyInstance, request: string, error: unknown): void {
  app.log.error({ request, ...errorFacts(error) }, "failed");
}
