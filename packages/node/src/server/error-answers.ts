/**
 * @file Errors become problem details, whoever threw them: routes, hooks, Fastify, or Node's own HTTP parser.
 */
import type { Problem } from "@fovea/core/contract/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./app-parts";
import { problemOf } from "./problem";
import { languageOf } from "./request-language";
import { logFailure } from "./service-log";

const MEDIA_TYPE = "application/problem+json; charset=utf-8";

/** @param busyS when one who was told `busy` may ask again, seconds */
export function answerErrors(app: App, busyS: () => number): void {
  app.setErrorHandler((error, request, reply) => {
    const { problem, retryAfterS } = problemOf(error, request.id, languageOf(request));
    // A client that has left hears nothing of it, and nothing is wrong with us.
    if (problem.status >= 500 && !reply.raw.destroyed) logFailure(app, request.id, error);
    const wait = problem.code === "busy" ? busyS() : retryAfterS;
    if (wait !== undefined) reply.header("Retry-After", wait);
    return sendProblem(problem, request, reply);
  });
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.status === 401) reply.header("WWW-Authenticate", 'Bearer realm="fovea"');
  // What is left of the body is not waited for.
  if (!request.raw.complete) reply.header("Connection", "close");
  return reply.code(problem.status).type(MEDIA_TYPE).send(JSON.stringify(problem));
}
