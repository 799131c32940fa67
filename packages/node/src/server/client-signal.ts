/**
 * @file Work for a client ends when the client leaves.
 */
import type { FastifyReply } from "fastify";

/** Aborted if the connection closes before the answer is written. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
