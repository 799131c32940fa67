/**
 * @file A client that waits for our work: the work ends when the client leaves, and silence meanwhile is no fault of the client's.
 */
import { Socket } from "node:net";
import { FoveaError } from "@fovea/core/errors";
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

/** @throws {FoveaError} `interrupted` if the client has left: whoever works on its answer stops between two parts of it */
export function checkWanted(signal: AbortSignal): void {
  if (signal.aborted) throw new FoveaError("interrupted", "the one who asked has left");
}

/** The request is here whole and the line is silent until we answer: how long that takes is limited by what works on it. */
export function answerTakesTime({ raw }: Pick<FastifyReply, "raw">): void {
  // `inject` asks without a socket.
  if (raw.socket instanceof Socket) raw.socket.setTimeout(0);
}
