/**
 * @file What a request must be before anybody looks who sent it: to us, from our own pages or none, and not compressed.
 */
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyInstance } from "fastify";
import { isLoopback } from "../config/loopback";
import type { HttpConfig } from "../config/service-config";
import { HttpProblem } from "./problem";

/** Host names under which a service on loopback is asked; another name was made to lead here (DNS rebinding). */
function isOwnName(host: string): boolean {
  return isLoopback(host.replace(/:\d{1,5}$/, ""));
}

/** Without the scheme: a proxy in front may speak another. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

export function guardRequests(app: FastifyInstance, { host, corsOrigins }: HttpConfig): void {
  const onLoopback = isLoopback(host);
  app.addHook("onRequest", async ({ headers }) => {
    const asked = headers.host ?? "";
    if (onLoopback && !isOwnName(asked)) throw new HttpProblem(421);
    // A page from elsewhere may send forms without asking first; no page of ours stands under another origin.
    const { origin } = headers;
    if (origin !== undefined && hostOf(origin) !== asked.toLowerCase() && !corsOrigins.includes(origin)) {
      throw new HttpProblem(403, tell("otherOrigin"));
    }
    // A few bytes may inflate to any number.
    const encoding = headers["content-encoding"];
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
      throw new HttpProblem(415, tell("encoded"));
    }
  });
}
