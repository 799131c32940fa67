import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PERMISSIONS } from "../../src/server/auth/permissions";
import { documentedRoles, ROLES } from "./documented-roles";
import { bearer, removeFolders, START_MS, startService, type TestService } from "./service";

const AUDIENCE = "fovea";

/** An issuer of tokens on loopback, with its discovery document and keys. */
class Issuer {
  readonly #server: Server;
  readonly pair: Awaited<ReturnType<typeof generateKeyPair>>;
  asked = 0;

  private constructor(server: Server, pair: Issuer["pair"]) {
    this.#server = server;
    this.pair = pair;
  }

  static async start(): Promise<Issuer> {
    const pair = await generateKeyPair("RS256");
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "RS256", use: "sig" };
    const server = createServer((request, response) => {
      const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      if (request.url === "/keys") made.asked++;
      const answer = request.url === "/keys" ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
    });
    const made = new Issuer(server, pair);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A good token, but for what is changed. */
  token(changes: { issuer?: string; audience?: string; expires?: number; roles?: unknown; sub?: string } = {}) {
    const { issuer = this.url, audience = AUDIENCE, roles = ["radiologist"], sub = "anna" } = changes;
    const { expires = Math.floor(Date.now() / 1000) + 300 } = changes;
    const claims = { realm_access: { roles }, iss: issuer, aud: audience, exp: expires, ...(sub && { sub }) };
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "one" });
  }

  close(): void {
    this.#server.close();
  }
}

let issuer: Issuer;
let service: TestService;
const routes: string[] = [];
beforeAll(async () => {
  issuer = await Issuer.start();
  service = await startService({
    yaml: `
http: {requests_per_minute: 1000000}
auth:
  oidc:
    issuer: ${issuer.url}
    audience: ${AUDIENCE}
    role_claim: realm_access.roles
    roles: {radiologist: reader, chief: admin}
`,
  });
  const { paths } = (await service.app.inject({ url: "/openapi.json", headers: bearer(service.keys.viewer) })).json();
  for (const [path, methods] of Object.entries<object>(paths)) {
    for (const method of Object.keys(methods))
      routes.push(`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`);
  }
}, START_MS);
afterAll(async () => {
  await service.close();
  issuer.close();
  removeFolders();
});

/** Asks a route with parameters that lead nowhere; what is refused for want of a right is refused before that. */
function ask(route: string, headers: Record<string, string> = {}, remoteAddress = "127.0.0.1") {
  const [method, pattern] = route.split(" ");
  const uuid = "00000000-0000-4000-8000-000000000000";
  const url = pattern.replace("/jobs/:id", `/jobs/${uuid}`).replace("/findings/:id", `/findings/${uuid}`);
  const concrete = url.replace(":uid", "1.2.3").replace(":name", "none").replace(":n", "0").replace(":id", "none");
  return service.app.inject({ method: method as "GET", url: concrete, headers, remoteAddress });
}

let addresses = 0;
/** Each its own: who fails too often from one has to wait. */
function nextAddress(): string {
  addresses++;
  return `10.0.${addresses >> 8}.${addresses & 255}`;
}

const DOCUMENTED = documentedRoles(new Set(Object.keys(PERMISSIONS)));
const ROUTES = [...DOCUMENTED].filter(([route]) => !["GET /", "GET /assets/*"].includes(route));

describe("the documented roles", () => {
  test("have a line for every route, and a route for every line", () => {
    expect(routes.sort()).toEqual(ROUTES.map(([route]) => route).sort());
    // Of preflights, which have no caller, the document says which origins may ask.
    expect([...DOCUMENTED.keys(), "OPTIONS *"].sort()).toEqual(Object.keys(PERMISSIONS).sort());
  });

  test.each(ROUTES)("%s is open to %s alone", async (route, permission) => {
    for (const role of ROLES) {
      const { statusCode } = await ask(route, bearer(service.keys[role]));
      const may = permission === "public" || permission.includes(role);
      expect([role, statusCode === 401 || statusCode === 403]).toEqual([role, !may]);
      if (!may) expect(statusCode).toBe(403);
    }
    const foreign = await issuer.token({ issuer: "https://elsewhere.example" }).sign(issuer.pair.privateKey);
    const expired = await issuer.token({ expires: 1 }).sign(issuer.pair.privateKey);
    const strangers = [{}, ...[`fovea_${"A".repeat(43)}`, "a.b.c", foreign, expired].map(bearer)];
    for (const headers of strangers) {
      const answer = await ask(route, headers, nextAddress());
      if (permission === "public") expect(answer.statusCode).toBe(200);
      else expect([answer.statusCode, answer.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="fovea"']);
    }
  });
});

describe("a bearer token", () => {
  const status = async (token: string) =>
    (await service.app.inject({ url: "/session", headers: bearer(token), remoteAddress: nextAddress() })).statusCode;

  test("is good with signature, issuer, audience, time and role", async () => {
    const token = await issuer.token().sign(issuer.pair.privateKey);
    const { statusCode, body } = await service.app.inject({ url: "/session", headers: bearer(token) });
    expect([statusCode, JSON.parse(body)]).toMatchObject([
      200,
      { name: "oidc:anna", role: "reader", may_review: true },
    ]);
    const chief = await issuer.token({ roles: ["radiologist", "chief"] }).sign(issuer.pair.privateKey);
    expect((await service.app.inject({ url: "/session", headers: bearer(chief) })).json().role).toBe("admin");
    // The issuer's keys are kept.
    expect(issuer.asked).toBe(1);
  });

  test("is refused from another key pair", async () => {
    const other = await generateKeyPair("RS256");
    expect(await status(await issuer.token().sign(other.privateKey))).toBe(401);
  });

  test.each([
    ["of another issuer", { issuer: "https://elsewhere.example" }],
    ["for somebody else", { audience: "another-service" }],
    ["that has expired", { expires: Math.floor(Date.now() / 1000) - 60 }],
    ["without a role here", { roles: ["visitor"] }],
    ["whose roles are no list", { roles: { admin: true } }],
    ["of nobody", { sub: "" }],
    ["with a role's name from the prototype", { roles: ["constructor"] }],
  ])("is refused %s", async (_, changes) => {
    expect(await status(await issuer.token(changes).sign(issuer.pair.privateKey))).toBe(401);
  });

  test("is refused without a signature, and under a shared secret", async () => {
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: "anna", realm_access: { roles: ["chief"] } };
    expect(await status(new UnsecuredJWT(claims).setExpirationTime("5m").encode())).toBe(401);
    // RFC 8725 2.1: the public key taken for a secret.
    const jwk = await exportJWK(issuer.pair.publicKey);
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const forged = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "one" }).setExpirationTime("5m");
    expect(await status(await forged.sign(secret))).toBe(401);
  });

  test.each(["", "x", "a.b.c", `${"a".repeat(9000)}.b.c`, "fovea_", "fovea_short", `fovea_${"!".repeat(43)}`])(
    "is refused where it is none: %s",
    async (token) => {
      expect(await status(token)).toBe(401);
    },
  );
});

describe("an API key", () => {
  const session = (headers: Record<string, string>) => service.app.inject({ url: "/session", headers });

  test("comes as a bearer token or in a header of its own", async () => {
    expect((await session(bearer(service.keys.viewer))).json()).toMatchObject({ role: "viewer", may_review: false });
    expect((await session({ "x-api-key": service.keys.reader })).json()).toMatchObject({ role: "reader" });
  });

  test("is made, listed without itself, and works no more once it is revoked", async () => {
    const admin = bearer(service.keys.admin);
    const payload = { name: "CT room", role: "system", days: 30 };
    const made = await service.app.inject({ method: "POST", url: "/keys", headers: admin, payload });
    expect(made.statusCode).toBe(201);
    const { id, key, expires_at } = made.json();
    expect(new Date(expires_at).getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect((await session(bearer(key))).json()).toMatchObject({ name: `key:${id}`, role: "system" });
    const list = await service.app.inject({ url: "/keys", headers: admin });
    expect(list.body).toContain(id);
    expect(list.body).not.toContain(key);
    const revoked = await service.app.inject({ method: "DELETE", url: `/keys/${id}`, headers: admin });
    expect(revoked.statusCode).toBe(200);
    expect((await session(bearer(key))).statusCode).toBe(401);
    expect((await service.app.inject({ method: "DELETE", url: `/keys/${id}`, headers: admin })).statusCode).toBe(404);
    const actions = (await service.store.audit.list({ subject: id })).map(({ action }) => action);
    expect(actions).toEqual(["key.revoke", "key.create"]);
  });

  test("that is guessed makes its address wait, but for those who work there", async () => {
    const from = (key: string) =>
      service.app.inject({ url: "/session", headers: bearer(key), remoteAddress: "10.66.66.66" });
    expect((await from(service.keys.viewer)).statusCode).toBe(200);
    for (let i = 0; i < 20; i++) expect((await from(`fovea_${String(i).padStart(43, "x")}`)).statusCode).toBe(401);
    const answer = await from(`fovea_${"y".repeat(43)}`);
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    expect((await from(service.keys.viewer)).statusCode).toBe(200);
    expect((await session(bearer(`fovea_${"y".repeat(43)}`))).statusCode).toBe(401);
  });
});
