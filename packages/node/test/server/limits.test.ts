import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeApp } from "../../src/server/close-app";
import { bearer, form, removeFolders, START_MS, startService, type TestService, THREE } from "./service";

let service: TestService;
let port: number;
beforeAll(async () => {
  service = await startService({ yaml: "http: {max_file: 100KB, max_files: 40, requests_per_minute: 100000}" });
  await service.app.listen({ host: "127.0.0.1", port: 0 });
  port = (service.app.server.address() as AddressInfo).port;
}, START_MS);
afterAll(async () => {
  await service.close();
  removeFolders();
});

/** Bytes as they are, over a socket; all that is answered until the service closes the line. */
async function raw(...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  for (const piece of pieces) socket.write(piece);
  await once(socket, "close");
  return answer;
}

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const file = (bytes: Uint8Array) => form({ name: "file", filename: "a.png", bytes });

function post(url: string, { payload, headers }: ReturnType<typeof form>, more: Record<string, string> = {}) {
  return service.app.inject({
    method: "POST",
    url,
    payload,
    headers: { ...headers, ...bearer(service.keys.system), ...more },
  });
}

describe("a request is refused", () => {
  test("with a file larger than allowed; one of just that size is taken", async () => {
    expect((await post("/analyze/image", file(Buffer.alloc(102_400)))).statusCode).toBe(200);
    expect((await post("/analyze/image", file(Buffer.alloc(102_401)))).statusCode).toBe(413);
    expect((await post("/detect", file(Buffer.alloc(500_000)))).statusCode).toBe(413);
  });

  test("in part, where one of several DICOM files is larger than allowed: the others are stored, and told", async () => {
    const part = (size: number) => `--b\r\nContent-Type: application/dicom\r\n\r\n${"x".repeat(size)}\r\n`;
    const answer = await service.app.inject({
      method: "POST",
      url: "/dicom-web/studies",
      payload: `${part(102_400)}${part(102_401)}${part(3)}--b--`,
      headers: { "content-type": "multipart/related; boundary=b", ...bearer(service.keys.system) },
    });
    expect([answer.statusCode, service.reception.sizes]).toEqual([202, [102_400, 3]]);
    expect(answer.json()["00081199"].Value).toHaveLength(2);
    // A700: out of resources (PS3.4 table B.2-1).
    expect(answer.json()["0008119A"].Value).toEqual([{ "00081197": { vr: "US", Value: [0xa700] } }]);
  });

  test("in part, where there are more DICOM files than allowed, over a socket: what was stored is told", async () => {
    const part = "--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n";
    const body = `${part.repeat(41)}--b--`;
    const head =
      `POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${service.keys.system}\r\n` +
      // More is announced than comes: the line is not waited for.
      `Content-Type: multipart/related; boundary=b\r\nContent-Length: ${body.length + 1000}\r\n\r\n`;
    const answer = await raw(head, body);
    expect([
      status(answer),
      /"00081199":\{"vr":"SQ","Value":\[(.*?)\]\},"0008119A"/.exec(answer)?.[1].split("00081150"),
    ]).toEqual([202, expect.objectContaining({ length: 41 })]);
  });

  test("with more files than allowed, and nothing stays of it", async () => {
    const files = Array.from({ length: 41 }, (_, i) => ({ name: "files", filename: `${i}`, bytes: Buffer.from("x") }));
    expect((await post("/analyze/batch", form(...files))).statusCode).toBe(413);
    expect(await service.store.database.query("SELECT * FROM batch_job WHERE finished_at IS NULL")).toEqual([]);
  });

  test("with many fields, long names, long headers of a part", async () => {
    const field = (name: string, value: string) =>
      `--form\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=form" };
    const fields = Array.from({ length: 200 }, (_, i) => field(`f${i}`, "x")).join("");
    expect((await post("/analyze/image", { payload: Buffer.from(`${fields}--form--`), headers })).statusCode).toBe(413);
    const long = field("x".repeat(100_000), "x");
    expect((await post("/analyze/image", { payload: Buffer.from(`${long}--form--`), headers })).statusCode).toBe(400);
  });

  test("when compressed: a few bytes could become any number", async () => {
    const { payload, headers } = file(Buffer.alloc(1000));
    const zipped = { payload: gzipSync(payload), headers };
    for (const encoding of ["gzip", "deflate", "br", "GZIP, identity"]) {
      expect((await post("/analyze/image", zipped, { "content-encoding": encoding })).statusCode).toBe(415);
    }
  });

  test("with a body of JSON larger than any of ours", async () => {
    const payload = { name: "x".repeat(100_000), role: "viewer" };
    const answer = await service.app.inject({
      method: "POST",
      url: "/keys",
      payload,
      headers: bearer(service.keys.admin),
    });
    expect(answer.statusCode).toBe(413);
  });

  test("with keys in its body that we do not know", async () => {
    const payload = { name: "x", role: "viewer", admin: true };
    const answer = await service.app.inject({
      method: "POST",
      url: "/keys",
      payload,
      headers: bearer(service.keys.admin),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain('"admin" is unknown here');
  });

  test("with headers beyond 16 KiB, before anything of it is looked at", async () => {
    expect(status(await raw(`GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`))).toBe(
      431,
    );
  });

  test.each([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"],
    ["two lengths", "POST /detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    [
      "both length and chunks",
      "POST /detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["no host", "GET /health/live HTTP/1.1\r\n\r\n"],
    ["a broken address", "GET /studies/%E0%A4%A HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
  ])("with %s", async (_, bytes) => {
    expect(status(await raw(bytes))).toBe(400);
  });

  test("under a name that is not ours (DNS rebinding), or by a page of another origin", async () => {
    const ask = (headers: Record<string, string>) => service.app.inject({ url: "/health/live", headers });
    expect((await ask({ host: "evil.example" })).statusCode).toBe(421);
    expect((await ask({ host: "127.0.0.1.evil.example:8042" })).statusCode).toBe(421);
    expect((await ask({ host: "localhost:8042", origin: "https://evil.example" })).statusCode).toBe(403);
    expect((await ask({ host: "localhost:8042", origin: "null" })).statusCode).toBe(403);
    expect((await ask({ host: "localhost:8042", origin: "http://localhost:8042" })).statusCode).toBe(200);
    expect((await ask({ host: "[::1]:8042" })).statusCode).toBe(200);
    expect((await ask({ host: "localhost" })).headers["access-control-allow-origin"]).toBeUndefined();
  });

  test.each([
    "/studies/../../etc/passwd",
    "/studies/..%2f..%2fetc%2fpasswd",
    "/studies/%2e%2e%2f%2e%2e%2fkeys",
    "/instances/..%5c..%5ckeys",
    "/instances/1.2.3%00.png",
    "/instances/1.2.3/frames/..%2f..",
    "/instances/1.2.3/frames/-1",
    "/instances/1.2.3/frames/1e99/pixels",
    "/instances/1.2.3/annotated.png?frame=../x",
    "/assets/../../../package.json",
    "/assets/..%2f..%2fpackage.json",
    "/jobs/..%2f..",
    "/studies/1.2.3/report?format=../../x",
    `/studies/${"1.".repeat(60)}1`,
    "/findings?after=../../etc",
    "/audit?before=0",
    "/studies?after=%5B%5D",
  ])("where a path leads elsewhere: %s", async (url) => {
    const { statusCode } = await service.app.inject({ url, headers: bearer(service.keys.admin) });
    expect([400, 404]).toContain(statusCode);
  });

  test.each(["../../etc/passwd", "/etc/passwd", "..", ".hidden", "a/b.onnx", "a\\b.onnx", "file:x"])(
    "where a model would be loaded from elsewhere: %s",
    async (name) => {
      const request = { method: "POST", url: "/models/load", payload: { file: name } } as const;
      expect((await service.app.inject({ ...request, headers: bearer(service.keys.admin) })).statusCode).toBe(400);
    },
  );
});

describe("the service", () => {
  test("gives the memory of uploads back, whatever became of them", async () => {
    service.pool.answer = async () => {
      throw new Error("a fault");
    };
    // The budget is two files of the largest size: a leak would show at the third.
    for (let i = 0; i < 6; i++) expect((await post("/analyze/image", file(Buffer.alloc(90_000)))).statusCode).toBe(500);
    for (let i = 0; i < 6; i++)
      expect((await post("/analyze/image", file(Buffer.alloc(120_000)))).statusCode).toBe(413);
    service.pool.answer = async () => THREE;
    expect((await post("/analyze/image", file(Buffer.alloc(90_000)))).statusCode).toBe(200);
  });

  test("takes no more into memory than it has set aside", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    service.pool.answer = async () => {
      await held;
      return THREE;
    };
    const started = service.pool.requests.length;
    const large = () => post("/analyze/image", file(Buffer.alloc(100_000)));
    const two = [large(), large()];
    try {
      // Both lie in memory whole: the budget is two files of the largest size, 102,400 bytes.
      await expect.poll(() => service.pool.requests.length - started).toBe(2);
      expect((await large()).statusCode).toBe(429);
      expect(service.pool.requests.length - started).toBe(2);
    } finally {
      release();
    }
    for (const { statusCode } of await Promise.all(two)) expect(statusCode).toBe(200);
    service.pool.answer = async () => THREE;
  });

  test("tells the pool when the client has left", async () => {
    const gone = new Promise<void>((resolve) => {
      service.pool.answer = ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => {
            resolve();
            reject(new Error("ended"));
          });
        });
    });
    const before = service.pool.requests.length;
    const { payload } = file(Buffer.from("x"));
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `POST /analyze/image HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${service.keys.system}\r\n` +
        `Content-Type: multipart/form-data; boundary=form\r\nContent-Length: ${payload.length}\r\n\r\n`,
    );
    socket.write(payload);
    await expect.poll(() => service.pool.requests.length).toBeGreaterThan(before);
    const lines = service.log.length;
    socket.destroy();
    await gone;
    service.pool.answer = async () => THREE;
    // The log and the metrics have it too, once; 499 is what nginx calls it.
    const told = () => service.log.slice(lines).map((line) => JSON.parse(line));
    await expect.poll(() => told().filter(({ msg }) => msg === "answered")).toHaveLength(1);
    expect(told().find(({ msg }) => msg === "answered")).toMatchObject({
      ...{ method: "POST", route: "/analyze/image", status: 499, ms: expect.any(Number) },
    });
    const numbers = await service.metrics.registry.getSingleMetricAsString("fovea_http_requests_total");
    expect(numbers).toContain('{method="POST",route="/analyze/image",status="499"} 1');
  });

  test("sends headers that keep browsers from more than the page needs", async () => {
    const { headers } = await service.app.inject({ url: "/health/live" });
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/'unsafe-(inline|eval)'/);
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("asks the database once for all who want to know whether it is ready", async () => {
    const { database } = service.store;
    let asked = 0;
    const query = database.query.bind(database);
    database.query = (async (text: string, parameters?: readonly unknown[]) => {
      if (text === "SELECT 1") asked++;
      return query(text, parameters);
    }) as typeof database.query;
    try {
      const all = Array.from({ length: 50 }, () => service.app.inject({ url: "/health/ready" }));
      for (const { statusCode } of await Promise.all(all)) expect(statusCode).toBe(200);
    } finally {
      Reflect.deleteProperty(database, "query");
    }
    // Once a second, however long a loaded machine takes for all of them.
    expect(asked).toBeLessThan(25);
  });

  test("answers HEAD, and nothing under methods that a route has not", async () => {
    expect((await service.app.inject({ method: "HEAD", url: "/health/live" })).statusCode).toBe(200);
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
      expect((await service.app.inject({ method, url: "/studies" })).statusCode).toBe(404);
    }
  });
});

test(
  "who asks too often waits",
  async () => {
    const slow = await startService({ yaml: "http: {requests_per_minute: 3}" });
    const ask = (key: string) => slow.app.inject({ url: "/session", headers: bearer(key) });
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push((await ask(slow.keys.viewer)).statusCode);
    expect(codes).toEqual([200, 200, 200, 429]);
    // Another key has a minute of its own; whether the service lives may always be asked.
    expect((await ask(slow.keys.reader)).statusCode).toBe(200);
    expect((await slow.app.inject({ url: "/health/live" })).statusCode).toBe(200);
    await slow.close();
  },
  START_MS,
);

test(
  "a service that closes finishes what it accepted, ends streams, and takes no more",
  async () => {
    const closing = await startService();
    await closing.app.listen({ host: "127.0.0.1", port: 0 });
    const address = `http://127.0.0.1:${(closing.app.server.address() as AddressInfo).port}`;
    const headers = bearer(closing.keys.system);
    closing.queue.held = true;
    const session = (await (await fetch(`${address}/session`, { headers })).json()) as { readonly name: string };
    const job = await closing.store.batchJobs.create({ actor: session.name, language: "zh" }, [
      { filename: "a.png", blob: "uploads/none" },
    ]);
    const events = await fetch(`${address}/jobs/${job}/events`, { headers });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    closing.pool.answer = async () => {
      await held;
      return THREE;
    };
    const body = new FormData();
    body.set("file", new Blob(["x"]), "a.png");
    const answer = fetch(`${address}/analyze/image`, { method: "POST", body, headers });
    await expect.poll(() => closing.pool.requests.length).toBe(1);
    const begun = performance.now();
    const closed = closing.app.close();
    expect(await events.text()).toMatch(/^event: progress\ndata: /);
    release();
    expect((await answer).status).toBe(200);
    await closed;
    // Nobody waits for what clients keep open for their next request, 30 s.
    expect(performance.now() - begun).toBeLessThan(20_000);
    await expect(fetch(`${address}/health/live`)).rejects.toThrow();
    await closing.store.close();
  },
  START_MS,
);

test(
  "a service that closes does not wait for ever for one who sends a byte now and then",
  async () => {
    const closing = await startService();
    await closing.app.listen({ host: "127.0.0.1", port: 0 });
    const socket = connect((closing.app.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    const met = new Promise<void>((resolve) => {
      closing.app.server.once("request", () => resolve());
    });
    socket.write(
      `POST /analyze/image HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${closing.keys.system}\r\n` +
        "Content-Type: multipart/form-data; boundary=form\r\nContent-Length: 1000\r\n\r\n--form",
    );
    await met;
    await closeApp(closing.app, 50);
    await once(socket, "close");
    await closing.store.close();
  },
  START_MS,
);
