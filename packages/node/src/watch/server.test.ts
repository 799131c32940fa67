import { request } from "node:http";
import { connect } from "node:net";
import { labelStatistics } from "@fovea/core/report/label-statistics";
import type { RunReport } from "@fovea/core/report/run-report";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WatchServer } from "./server";

const REPORT: RunReport = {
  ...{ name: "ct", end: "running", date: "2026-01-02 03:04", epochs: 3, bestEpoch: 0 },
  model: { name: "yolov8n", size: "small", weights: "from scratch" },
  ...{ rows: [], curves: [], names: ["a"], trainBatches: [], validation: [], stages: [], timing: [] },
  labels: [{ split: "train", statistics: labelStatistics([], ["a"]) }],
  ...{ environment: [], arguments: [], data: { path: "d.yaml", fingerprint: "", files: 0, bytes: 0 } },
};

let server: WatchServer;
beforeEach(async () => {
  server = await WatchServer.start();
  server.update(REPORT);
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request as it is written: the path is not put in order, as a browser would. */
function ask(
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: object } = {},
): Promise<Answer> {
  const { port } = new URL(server.url);
  return new Promise((done, fail) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers: { ...headers } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on("error", fail);
    sent.end();
  });
}

/** What the stream of events says until `text` has come; `act` once it is open. */
function listen(text: string, act: () => void): Promise<string> {
  return new Promise((done, fail) => {
    const sent = request(`${server.url}events`, (response) => {
      let heard = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        if (heard === "") act();
        heard += part;
        if (!heard.includes(text)) return;
        sent.destroy();
        done(heard);
      });
    });
    sent.on("error", fail);
    sent.end();
  });
}

describe("WatchServer", () => {
  test("listens on this machine only", () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test("serves the page, its report alone and its script, and nothing may be kept, framed or fetched elsewhere", async () => {
    for (const path of ["/", "/report"]) {
      const { status, headers, body } = await ask(path);
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      expect(body).toContain('<script src="/live.js" defer></script>');
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
      });
      const policy = String(headers["content-security-policy"]);
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'sha256-[\w+/=]{44}'; img-src data:/);
      expect(policy).not.toContain("unsafe");
    }
    const script = await ask("/live.js");
    expect([script.status, script.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(() => new Function(script.body)).not.toThrow();
  });

  test("answers to its names only: a name that was made to lead here is refused", async () => {
    const { port } = new URL(server.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      expect((await ask("/", { headers: { host } })).status).toBe(200);
    }
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", `127.0.0.1:${port}.evil.example`]) {
      const { status, body } = await ask("/", { headers: { host } });
      expect(status, host).toBe(421);
      expect(body).not.toContain("ct");
    }
  });

  test("refuses pages of other origins", async () => {
    for (const origin of [
      "http://evil.example",
      "null",
      "https://127.0.0.1",
      server.url.slice(0, -1).replace("http", "https"),
    ]) {
      expect((await ask("/report", { headers: { origin } })).status, origin).toBe(403);
    }
    expect((await ask("/report", { headers: { origin: server.url.slice(0, -1) } })).status).toBe(200);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])("refuses %s", async (method) => {
    const { status, headers } = await ask("/", { method });
    expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  test("gives the head alone where only that is asked for", async () => {
    const { status, headers, body } = await ask("/", { method: "HEAD" });
    expect([status, body]).toEqual([200, ""]);
    expect(Number(headers["content-length"])).toBeGreaterThan(1000);
    expect((await ask("/events", { method: "HEAD" })).status).toBe(200);
  });

  test.each([
    ...["/../../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/package.json", "//etc/passwd", "/report/../x"],
    ...["/report.html", "/?x=1", "/favicon.ico", "/live.js/", "/constructor", "/__proto__", "http://127.0.0.1/"],
  ])("has nothing at %s", async (path) => {
    const { status, body } = await ask(path);
    expect([status, body]).toEqual([404, "nothing here\n"]);
  });

  test("says so where there is nothing to show yet", async () => {
    const empty = await WatchServer.start();
    const { port } = new URL(empty.url);
    const status = await fetch(`http://127.0.0.1:${port}/`).then((response) => response.status);
    await empty.close();
    expect(status).toBe(503);
  });

  test("tells open windows of each new report, and shows it", async () => {
    const heard = await listen("event: report", () => server.update({ ...REPORT, name: "newer" }));
    expect(heard).toMatch(/^: watching\n\n/);
    expect((await ask("/")).body).toContain("newer");
  });

  test("tells open windows of its end, and then listens no more", async () => {
    const { url } = server;
    let closed: Promise<void> | undefined;
    const heard = await listen("event: end", () => {
      closed = server.close();
    });
    expect(heard).toContain("event: end");
    await closed;
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    server = await WatchServer.start();
  });

  test("shows itself to so many windows and no more", async () => {
    const { port } = new URL(server.url);
    const sockets = Array.from({ length: 32 }, () => connect(Number(port), "127.0.0.1"));
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((done) => {
            socket.once("data", () => done());
            socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
          }),
      ),
    );
    expect((await ask("/events")).status).toBe(503);
    expect((await ask("/")).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test("is not fooled by a request that is none", async () => {
    const { port } = new URL(server.url);
    const answer = await new Promise<string>((done) => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.once("data", (bytes) => done(bytes.toString()));
      socket.write("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: x\r\n\r\n");
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
  });

  test("tells which port is taken, and what to do", async () => {
    const { port } = new URL(server.url);
    await expect(WatchServer.start({ port: Number(port) })).rejects.toMatchObject({
      code: "invalid_argument",
      message: `port ${port} of 127.0.0.1 is in use; give another, or 0 for one that is free`,
    });
  });
});
