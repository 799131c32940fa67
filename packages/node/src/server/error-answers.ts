/**
 * @file Errors become problem details, whoever threw them: routes, hooks, Fastify, or Node's own HTTP parser.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./app-parts";
import { problemOf } from "./problem";
import { logFailure } from "./service-log";

const MEDIA_TYPE = "application/problem+json; charset=utf-8";

export function answerErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => sendProblem(app, error, request, reply));
}

function sendProblem(app: App, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem, retryAfterS } = problemOf(error, request.id);
  if (problem.status >= 500) logFailure(app, request.id, error);
  if (retryAfterS !== undefined) reply.header("Retry-After", retryAfterS);
  if (problem.status === 401) reply.header("WWW-Authenticate", 'Bearer realm="fovea"');
  // What is left of the body is not waited for.
  if (!request.raw.complete) reply.header("Connection", "close");
  return reply.code(problem.status).type(MEDIA_TYPE).send(JSON.stringify(problem));
}
