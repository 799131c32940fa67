import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer, form, removeFolders, START_MS, startService, THREE } from "./service";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-surroundings-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  removeFolders();
});

/** A certificate for localhost that signs itself; undefined without OpenSSL. */
function certificate(): { readonly cert: string; readonly key: string } | undefined {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...name, "-keyout", key, "-out", cert];
  try {
    execFileSync("openssl", make, { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { cert, key };
}

describe("TLS", () => {
  test(
    "is spoken where certificate and key are given, from version 1.2 on",
    async ({ skip }) => {
      const tls = certificate();
      if (tls === undefined) return skip("no openssl on this machine");
      const service = await startService({ yaml: `http: {tls: {cert: ${tls.cert}, key: ${tls.key}}}` });
      await service.app.listen({ host: "127.0.0.1", port: 0 });
      const port = (service.app.server.address() as AddressInfo).port;
      const ask = (options: object) =>
        new Promise<{ status?: number; hsts?: string | string[] }>((resolve, reject) => {
          const to = {
            host: "127.0.0.1",
            port,
            path: "/health/live",
            servername: "localhost",
            ca: readFileSync(tls.cert),
          };
          const asked = request({ ...to, headers: { host: "localhost" }, ...options }, (response) => {
            response.resume();
            resolve({ status: response.statusCode, hsts: response.headers["strict-transport-security"] });
          });
          asked.on("error", reject).end();
        });
      expect(await ask({})).toEqual({ status: 200, hsts: expect.stringContaining("max-age=") });
      await expect(ask({ maxVersion: "TLSv1.1", minVersion: "TLSv1" })).rejects.toThrow();
      await service.close();
    },
    START_MS,
  );

  test(
    "with files that are not there says so at the start",
    async () => {
      const started = startService({ yaml: "http: {tls: {cert: /absent/cert.pem, key: /absent/key.pem}}" });
      await expect(started).rejects.toMatchObject({
        code: "invalid_config",
        message: expect.stringContaining("ENOENT"),
      });
    },
    START_MS,
  );
});

describe("another origin", () => {
  test(
    "may ask if it is named, and nobody else",
    async () => {
      const service = await startService({ yaml: "http: {cors_origins: ['https://viewer.example']}" });
      const preflight = (origin: string) =>
        service.app.inject({
          method: "OPTIONS",
          url: "/studies",
          headers: {
            origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
          },
        });
      const named = await preflight("https://viewer.example");
      expect(named.statusCode).toBe(204);
      expect(named.headers["access-control-allow-origin"]).toBe("https://viewer.example");
      expect(named.headers["access-control-allow-credentials"]).toBeUndefined();
      expect((await preflight("https://viewer.example.evil")).statusCode).toBe(403);
      const headers = { origin: "https://viewer.example", ...bearer(service.keys.viewer) };
      const answer = await service.app.inject({ url: "/studies", headers });
      expect([answer.statusCode, answer.headers["access-control-allow-origin"]]).toEqual([
        200,
        "https://viewer.example",
      ]);
      await service.close();
    },
    START_MS,
  );
});

describe("an issuer of tokens that does not answer", () => {
  test(
    "makes tokens wait, and keys good as ever",
    async () => {
      const service = await startService({ yaml: "auth: {oidc: {issuer: 'http://127.0.0.1:9', audience: fovea}}" });
      const answer = await service.app.inject({ url: "/session", headers: bearer("eyJhbGciOiJSUzI1NiJ9.e30.AAAA") });
      expect(answer.statusCode).toBe(503);
      expect(answer.headers["retry-after"]).toBeDefined();
      expect(answer.body).not.toContain("127.0.0.1:9");
      const own = await service.app.inject({ url: "/session", headers: bearer(service.keys.reader) });
      expect(own.statusCode).toBe(200);
      await service.close();
    },
    START_MS,
  );
});

describe("an issuer of tokens whose keys would come in the clear", () => {
  test(
    "is refused at the start, not with the first token",
    async () => {
      const started = startService({ yaml: "auth: {oidc: {issuer: 'http://login.example', audience: fovea}}" });
      await expect(started).rejects.toMatchObject({ code: "invalid_config" });
    },
    START_MS,
  );
});

describe("without authentication", () => {
  test(
    "whoever is on this machine may do everything, and is named so in the audit log",
    async () => {
      const service = await startService({ yaml: "auth: {mode: none}" });
      const session = await service.app.inject({ url: "/session" });
      expect(session.json()).toMatchObject({ name: null, role: "admin", may_review: true, may_settle_held: true });
      expect((await service.app.inject({ url: "/session", headers: { host: "evil.example" } })).statusCode).toBe(421);
      const upload = form({ name: "file", filename: "a.png", bytes: Buffer.from("x") });
      await service.app.inject({ method: "POST", url: "/analyze/image", ...upload });
      expect((await service.store.audit.list({ limit: 1 }))[0]).toMatchObject({
        actor: "local",
        action: "image.analyse",
      });
      await service.close();
    },
    START_MS,
  );
});

describe("a batch whose service was killed", () => {
  test(
    "is taken up where it stopped: what has its result is not done again",
    async () => {
      const service = await startService({ yaml: "http: {batch_job_above: 1}" });
      service.queue.held = true;
      const files = ["0", "1", "2"].map((name) => ({ name: "files", filename: name, bytes: Buffer.from(name) }));
      const { payload, headers } = form(...files);
      const key = bearer(service.keys.system);
      const job = await service.app.inject({
        method: "POST",
        url: "/analyze/batch?model=lesions",
        payload,
        headers: { ...headers, ...key },
      });
      expect(job.json()).toMatchObject({ total: 3, done: 1, state: "queued" });
      // One more was done before the end came.
      await service.store.batchJobs.keepResult(job.json().id, 1, { filename: "1", error: { code: "x", message: "" } });
      const asked = service.pool.requests.length;
      service.queue.held = false;
      service.pool.answer = async () => THREE;
      await service.app.close();

      const { buildApp } = await import("../../src/server/app");
      const { ServiceMetrics } = await import("../../src/server/service-metrics");
      const app = await buildApp({ ...service, metrics: new ServiceMetrics(), log: { level: "silent" } });
      await service.queue.stop();
      expect(service.pool.requests.slice(asked).map(({ model }) => model)).toEqual(["lesions"]);
      const status = await app.inject({ url: job.json().status_url, headers: key });
      expect(status.json()).toMatchObject({ state: "done", done: 3 });
      // Nothing of the files stays.
      const left = await service.store.batchJobs.files(job.json().id);
      expect(left.map(({ blob }) => blob)).toEqual([undefined, undefined, undefined]);
      await app.close();
      await service.store.close();
    },
    START_MS,
  );
});
