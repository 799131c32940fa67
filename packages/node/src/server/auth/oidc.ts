/**
 * @file Bearer tokens of OpenID Connect: signature, issuer, audience, time and role (RFC 7519, RFC 8725).
 */
import { FoveaError } from "@fovea/core/errors";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { AuthConfig, Role } from "../../config/service-config";
import type { Caller } from "./caller";
import { IssuerFetch, issuerUnreachable, secureAddress } from "./issuer-fetch";

type OidcConfig = NonNullable<AuthConfig["oidc"]>;

/** Of key pairs alone: under `none` or a shared secret whoever knows the public key could sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** The strongest of several roles counts. */
const BY_STRENGTH: readonly Role[] = ["admin", "reader", "viewer", "system"];

const CLOCK_TOLERANCE_S = 30;
const FETCH_MS = 5000;
/** OpenID Connect Core 1.0, section 2: `sub` has 255 ASCII characters at most. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

/** Tokens of one issuer. */
export class OidcVerifier {
  readonly #config: OidcConfig;
  #keys: JWTVerifyGetKey | undefined;
  #discovery: Promise<JWTVerifyGetKey> | undefined;
  readonly #issuer = new IssuerFetch();

  /** @throws {FoveaError} `invalid_config` if its keys would come in the clear */
  constructor(config: OidcConfig) {
    this.#config = config;
    secureAddress(config.jwksUri ?? config.issuer);
  }

  /**
   * Undefined for a token that is forged, expired, from elsewhere, for somebody else, or without a role here.
   *
   * @throws {FoveaError} `peer_unreachable` if the issuer's keys cannot be fetched
   */
  async callerOf(token: string): Promise<Caller | undefined> {
    // 8 KB is several times what issuers make; nothing is parsed of more.
    if (token.length > 8192) return undefined;
    const { issuer, audience } = this.#config;
    try {
      const { payload } = await jwtVerify(token, await this.#keySource(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ["exp", "sub"],
      });
      const { sub } = payload;
      const role = this.#roleOf(payload);
      return role && typeof sub === "string" && SUBJECT.test(sub) ? { actor: `oidc:${sub}`, role } : undefined;
    } catch (cause) {
      if (cause instanceof FoveaError) throw cause;
      if (cause instanceof errors.JWKSTimeout || isFetchFailure(cause)) throw issuerUnreachable(cause);
      if (cause instanceof errors.JOSEError || cause instanceof TypeError) return undefined;
      throw cause;
    }
  }

  async #keySource(): Promise<JWTVerifyGetKey> {
    if (this.#keys !== undefined) return this.#keys;
    this.#discovery ??= this.#discover();
    try {
      this.#keys = await this.#discovery;
      return this.#keys;
    } catch (cause) {
      throw cause instanceof FoveaError ? cause : issuerUnreachable(cause);
    } finally {
      this.#discovery = undefined;
    }
  }

  /** OpenID Connect Discovery 1.0, section 4. */
  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer, jwksUri } = this.#config;
    if (jwksUri !== undefined) return this.#keysAt(jwksUri);
    const address = secureAddress(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const answer = await this.#issuer.fetch(address.href, {
      signal: AbortSignal.timeout(FETCH_MS),
      redirect: "error",
    });
    const found = (await answer.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null;
    if (found?.issuer !== issuer || typeof found.jwks_uri !== "string") throw issuerUnreachable();
    try {
      return this.#keysAt(found.jwks_uri);
    } catch (cause) {
      // The issuer's fault, not that of whoever has a token.
      throw issuerUnreachable(cause);
    }
  }

  #keysAt(address: string): JWTVerifyGetKey {
    return createRemoteJWKSet(secureAddress(address), {
      ...{ timeoutDuration: FETCH_MS, cooldownDuration: 30_000, cacheMaxAge: 600_000 },
      [customFetch]: (url, options) => this.#issuer.fetchOrLast(url, options),
    });
  }

  #roleOf(payload: JWTPayload): Role | undefined {
    const { roleClaim, roles } = this.#config;
    // `realm_access.roles` leads into an object; a claim whose name has dots itself comes first.
    const claim = Object.hasOwn(payload, roleClaim)
      ? payload[roleClaim]
      : roleClaim.split(".").reduce<unknown>((value, key) => memberOf(value, key), payload);
    const names = typeof claim === "string" ? claim.split(/\s+/) : Array.isArray(claim) ? claim : [];
    const held = names.flatMap((name) => (typeof name === "string" && Object.hasOwn(roles, name) ? [roles[name]] : []));
    return BY_STRENGTH.find((role) => held.includes(role));
  }
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** jose says "Expected 200 OK" by its base class alone; the network's own errors are those of fetch. */
function isFetchFailure(cause: unknown): boolean {
  if (cause instanceof errors.JOSEError) return cause.code === "ERR_JOSE_GENERIC";
  return cause instanceof TypeError && cause.message === "fetch failed";
}
