/**
 * @file The built service on a listening socket: every route without a key, with a key and a token of each role, and with tokens
 * that are wrong in one thing each.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PERMISSIONS } from "../../src/server/auth/permissions";
import { copyEmptyDatabase } from "../empty-database";
import { documentedRoles, ROLES } from "../server/documented-roles";
import { TokenIssuer } from "../server/token-issuer";
import { Served } from "./served";

let folder: string;
let issuer: TokenIssuer;
let service: Served;
const keys: Record<string, string> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-access-"));
  issuer = await TokenIssuer.start();
  writeFileSync(
    join(folder, "fovea.yaml"),
    `data_dir: ${join(folder, "data")}
http: {port: 0, requests_per_minute: 1000000}
auth: {oidc: {issuer: "${issuer.url}", audience: fovea}}
`,
  );
  const environment = { DATABASE_URL: "", FOVEA_KEY: "", FOVEA_DATA_DIR: "" };
  await copyEmptyDatabase(join(folder, "data"));
  service = new Served(["--config", join(folder, "fovea.yaml"), "--log", "silent"], { environment });
  await service.start();
  keys.first = service.said(/^Key +(fovea_\S+)/) ?? "";
  for (const role of ROLES) {
    const made = await ask("POST", "/keys", bearer(keys.first), JSON.stringify({ name: role, role }));
    expect(made.status).toBe(201);
    keys[role] = JSON.parse(made.body).key;
  }
}, 180_000);
afterAll(async () => {
  await service.kill();
  issuer.close();
  rmSync(folder, { recursive: true, force: true });
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
let addresses = 0;

/** From an address of its own (127.0.0.0/8 is all this machine), so that failures do not make the next one wait. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = "") {
  const { port } = new URL(service.url);
  addresses++;
  const localAddress = `127.1.${(addresses >> 8) & 255}.${addresses & 255}`;
  return new Promise<{ status: number; body: string; challenge?: string }>((resolve, reject) => {
    const json = body === "" ? {} : { "Content-Type": "application/json" };
    const options = { host: "127.0.0.1", port, method, path, localAddress, agent: false } as const;
    const sent = request({ ...options, headers: { ...json, ...headers } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => {
        text += piece;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, body: text, challenge: answer.headers["www-authenticate"] }),
      );
    });
    sent.on("error", reject).end(body);
  });
}

/** With parameters that lead nowhere. */
function concrete(pattern: string): string {
  const uuid = "00000000-0000-4000-8000-000000000000";
  return pattern
    .replace(/^\/(jobs|findings|deliveries)\/:id/, `/$1/${uuid}`)
    .replace(":uid", "1.2.3")
    .replace(":name", "none")
    .replace(":n", "0")
    .replace(":id", "none")
    .replace("*", "none.js");
}

const ROUTES = [...documentedRoles(new Set(Object.keys(PERMISSIONS)))].filter(([route]) => route !== "GET /assets/*");

describe("every route", () => {
  test.each(ROUTES)("%s is open to %s alone, by key and by token", async (route, permission) => {
    const [method, pattern] = route.split(" ");
    const path = concrete(pattern);
    for (const role of ROLES) {
      for (const token of [keys[role], await issuer.good(role)]) {
        const { status } = await ask(method, path, bearer(token));
        const may = permission === "public" || permission.includes(role);
        expect([role, status === 403, status === 401]).toEqual([role, !may, false]);
        expect([role, status < 500 || path === "/health/ready"]).toEqual([role, true]);
      }
    }
    const nobody = await ask(method, path);
    if (permission === "public") expect(nobody.status).not.toBe(401);
    else expect([nobody.status, nobody.challenge]).toEqual([401, 'Bearer realm="fovea"']);
  });

  test("is closed however its address and method are written", async () => {
    const guarded = ROUTES.filter(([, permission]) => permission !== "public");
    for (const [route] of guarded) {
      const [method, pattern] = route.split(" ");
      const path = concrete(pattern);
      const written = [
        ...[`${path}/`, `/${path}`, `/.${path}`, `/x/..${path}`, path.toUpperCase(), `${path}%00`, `${path};x`],
        ...[
          `${path}?key=${keys.first}`,
          `${path}?access_token=${keys.first}`,
          path.replace(/\//g, "%2f"),
          `${path}%2e`,
        ],
        path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      ];
      for (const one of written) {
        const { status } = await ask(method, one);
        expect([one, [400, 401, 404].includes(status)]).toEqual([one, true]);
      }
      for (const other of ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"]) {
        const { status, body } = await ask(other, path);
        expect([other, path, status >= 400]).toEqual([other, path, true]);
        expect(body).not.toMatch(/"(studies|entries|keys|findings|models)":/);
      }
      const override = await ask(method, path, { "X-HTTP-Method-Override": "GET", "X-Forwarded-User": "admin" });
      expect([path, override.status]).toEqual([path, 401]);
    }
  }, 120_000);
});

test("tokens that are wrong in one thing are good nowhere", async () => {
  const guarded = ROUTES.filter(([, permission]) => permission !== "public");
  const bad = await issuer.bad();
  expect(Object.keys(bad)).toHaveLength(22);
  for (const [what, token] of Object.entries(bad)) {
    for (const [route] of guarded) {
      const [method, pattern] = route.split(" ");
      const { status } = await ask(method, concrete(pattern), bearer(token));
      expect([what, route, status]).toEqual([what, route, 401]);
    }
  }
  // The same person with a good one is somebody.
  expect(JSON.parse((await ask("GET", "/session", bearer(await issuer.good("admin")))).body).name).toBe("oidc:anna");
}, 120_000);

test("keys that are none are good nowhere, and no key stands in an address", async () => {
  const wrong = [
    ...[keys.first.toUpperCase(), keys.first.slice(0, -1), `${keys.first}A`, `${keys.first}%00`, "null"],
    ...["undefined", "' OR '1'='1", `fovea_${"A".repeat(43)}`, "fovea_", keys.first.split("").reverse().join("")],
  ];
  for (const key of wrong) {
    expect([key, (await ask("GET", "/keys", bearer(key))).status]).toEqual([key, 401]);
    expect([key, (await ask("GET", "/keys", { "X-Api-Key": key })).status]).toEqual([key, 401]);
  }
  expect((await ask("GET", "/keys", { Cookie: `key=${keys.first}` })).status).toBe(401);
  expect((await ask("GET", "/keys", { Authorization: `Basic ${btoa(`admin:${keys.first}`)}` })).status).toBe(401);
});
