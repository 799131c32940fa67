/**
 * @file The page of a run, live, for a browser on this machine.
 *
 * It listens on 127.0.0.1 only and answers only those who ask for it by that name: a page from elsewhere whose name was
 * made to lead here (DNS rebinding) is refused by the host it names, one that just asks by its origin. Nothing is read
 * from disk, so that no path leads anywhere.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ArgumentError } from "@fovea/core/errors";
import { runReportHtml } from "@fovea/core/report/run-html";
import type { RunReport } from "@fovea/core/report/run-report";
import { RUN_STYLE } from "@fovea/core/report/run-style";
import { LIVE_SCRIPT } from "./live-script";

export interface WatchOptions {
  /** 0 takes one that is free. @default 0 */
  readonly port?: number;
}

/** Browser windows that may look on at one time. */
const MOST_WINDOWS = 32;

/** A window that does not take its last message in this time goes without. */
const CLOSING_MS = 100;

const ADDRESS = "127.0.0.1";

const STYLE_HASH = createHash("sha256").update(RUN_STYLE).digest("base64");

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `default-src 'none'; script-src 'self'; style-src 'sha256-${STYLE_HASH}'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** A run that is watched. */
export class WatchServer {
  readonly #server: Server;
  readonly #windows = new Set<ServerResponse>();
  #page = "";

  private constructor() {
    this.#server = createServer({ maxHeaderSize: 16384 }, (request, response) => this.#answer(request, response));
    // A window that never finishes its request holds nobody up.
    this.#server.requestTimeout = 10_000;
  }

  /**
   * Listens from now on.
   *
   * @throws {ArgumentError} if the port is taken or not allowed
   */
  static async start({ port = 0 }: WatchOptions = {}): Promise<WatchServer> {
    const watch = new WatchServer();
    await new Promise<void>((done, fail) => {
      watch.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${cause.code ?? cause.message})`;
        fail(
          new ArgumentError(`port ${port} of ${ADDRESS} ${why}; give another, or 0 for one that is free`, { cause }),
        );
      });
      watch.#server.listen(port, ADDRESS, done);
    });
    return watch;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What to open in a browser. */
  get url(): string {
    return `http://${ADDRESS}:${this.#port}/`;
  }

  /** Shows `report` from now on, in open windows too. */
  update(report: RunReport): void {
    this.#page = runReportHtml(report, { script: "/live.js" });
    for (const window of this.#windows) window.write("event: report\ndata: new\n\n");
  }

  /** Tells all windows that nothing more will come, and listens no more. */
  async close(): Promise<void> {
    // Once only: a run may end while its screen is torn down.
    if (!this.#server.listening) return;
    for (const window of this.#windows) window.end("event: end\ndata: end\n\n");
    this.#windows.clear();
    await new Promise<void>((done) => {
      this.#server.close(() => done());
      // Those who still listen have heard of the end by then.
      setTimeout(() => this.#server.closeAllConnections(), CLOSING_MS);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = this.#refusal(request);
    if (refusal) refuse(response, ...refusal);
    else if (request.url === "/events") this.#open(request, response);
    else if (request.url === "/live.js") give(request, response, "text/javascript; charset=utf-8", LIVE_SCRIPT);
    else give(request, response, "text/html; charset=utf-8", this.#page);
  }

  /** Status and reason, if a request is not to be served. */
  #refusal({ method = "", headers, url = "" }: IncomingMessage): readonly [status: number, why: string] | undefined {
    const hosts = [`${ADDRESS}:${this.#port}`, `localhost:${this.#port}`];
    if (headers.host === undefined || !hosts.includes(headers.host)) return [421, "unknown host"];
    if (headers.origin !== undefined && !hosts.some((host) => headers.origin === `http://${host}`)) {
      return [403, "other origin"];
    }
    if (method !== "GET" && method !== "HEAD") return [405, "only GET and HEAD"];
    if (!["/", "/report", "/live.js", "/events"].includes(url)) return [404, "nothing here"];
    if (url !== "/live.js" && this.#page === "") return [503, "nothing to show yet"];
    if (url === "/events" && this.#windows.size >= MOST_WINDOWS) return [503, "too many windows"];
    return undefined;
  }

  #open(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.write(": watching\n\n");
    this.#windows.add(response);
    response.on("close", () => this.#windows.delete(response));
  }
}

function give(request: IncomingMessage, response: ServerResponse, type: string, content: string): void {
  const bytes = Buffer.from(content);
  response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  const allow = status === 405 ? { Allow: "GET, HEAD" } : {};
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close", ...allow });
  response.end(`${why}\n`);
}
