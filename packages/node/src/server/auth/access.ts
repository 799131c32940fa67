/**
 * @file Who asks, and whether they may: before anything else of a request is read.
 */
import { tell } from "@fovea/core/reasons/tell";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AuthConfig } from "../../config/service-config";
import { HttpProblem } from "../problem";
import type { Caller } from "./caller";
import type { DeniedAttempts } from "./denied-attempts";
import { FailureLimit } from "./failure-limit";
import { type KeyLookup, looksLikeApiKey } from "./key-lookup";
import { OidcVerifier } from "./oidc";
import { type Permission, permissionOf } from "./permissions";

declare module "fastify" {
  interface FastifyRequest {
    /** Null on public routes. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    permission?: Permission;
  }
}

const NOBODY_ASKS: Caller = { actor: "local", role: "admin" };

export interface AccessParts {
  readonly auth: AuthConfig;
  readonly keys: KeyLookup;
  readonly failures?: FailureLimit;
  /** Told of who is not let in. */
  readonly denied?: Pick<DeniedAttempts, "tell">;
}

/** Every route gets its line of the table, every request its caller. */
export function guardAccess(
  app: FastifyInstance,
  { auth, keys, failures = new FailureLimit(), denied }: AccessParts,
): void {
  const oidc = auth.oidc === undefined ? undefined : new OidcVerifier(auth.oidc);
  app.decorateRequest("caller", null);
  app.addHook("onRoute", (route) => {
    const methods = [route.method].flat();
    route.config = { ...route.config, permission: permissionOf(methods[0], route.url) };
  });
  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const { permission } = request.routeOptions.config;
    if (permission === undefined) throw new Error("unreachable: a route without permission");
    if (permission === "public") return;
    const caller = auth.mode === "none" ? NOBODY_ASKS : await authenticate(request);
    if (!permission.includes(caller.role)) {
      denied?.tell({ actor: caller.actor, reason: "role", ...attemptOf(request) });
      throw new HttpProblem(403, tell("roleMayNot", { role: caller.role, allowed: permission.join(", ") }), {
        code: "not_allowed",
      });
    }
    request.caller = caller;
  });

  async function authenticate(request: FastifyRequest): Promise<Caller> {
    const token = tokenOf(request);
    if (token === undefined) throw new HttpProblem(401);
    const isKey = looksLikeApiKey(token);
    // Those who work here go on, though somebody guesses from behind the same proxy; the record is not asked for guesses.
    if (isKey && !keys.remembers(token)) refuseGuesser(request.ip);
    const caller = isKey ? await keys.callerOf(token) : await oidc?.callerOf(token);
    if (caller !== undefined) return caller;
    denied?.tell({ actor: "unknown", reason: "credentials", ...attemptOf(request) });
    refuseGuesser(request.ip);
    failures.failed(request.ip);
    throw new HttpProblem(401, tell("badKey"));
  }

  function refuseGuesser(address: string): void {
    const wait = failures.waitOf(address);
    if (wait === 0) return;
    const detail = tell("failedTooOften");
    throw new HttpProblem(429, detail, { retryAfterS: Math.ceil(wait / 1000) });
  }
}

function attemptOf({ method, routeOptions, ip }: FastifyRequest): { readonly route: string; readonly from: string } {
  return { route: `${method} ${routeOptions.url ?? ""}`, from: ip };
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
}

/** Who asks on a route that is not public. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("unreachable: a public route has no caller");
  return caller;
}
