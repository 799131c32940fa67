/**
 * @file A service for the page that answers from made studies, with the headers that the real one sends.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import type { ReviewState } from "@fovea/core/contract/study";
import { details, instances, summaries } from "./made-studies";

/** Where `npm ci` builds the page to. */
export const pageFolder = resolve(import.meta.dirname, "../../node/dist/page");

/** What the page may do, no more than under the service's own: neither inline scripts nor inline styles. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; img-src 'self' data: blob:; " +
  "style-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const PAGE_SIZE = 15;

/** Keys that it knows, and their roles. */
export const READER_KEY = "key-of-a-reader";
export const VIEWER_KEY = "key-of-a-viewer";

export interface MadeService {
  readonly address: string;
  /** Decisions that it kept, by finding. */
  readonly reviews: Map<string, ReviewState>;
  /** While true, decisions are refused. */
  failing: boolean;
  /** While true, a byte of every frame is missing. */
  truncating: boolean;
  /** How long a decision takes, ms. */
  slowness: number;
  /** Paths asked for that are none of its own. */
  readonly strays: string[];
  close(): Promise<void>;
}

export async function startService(): Promise<MadeService> {
  const service = {
    reviews: new Map<string, ReviewState>(),
    failing: false,
    truncating: false,
    slowness: 0,
    strays: [] as string[],
  };
  const server = createServer((request, response) => {
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    answer(service, request, response).catch((error) => problem(response, 500, String(error)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(service, { address: `http://127.0.0.1:${port}/`, close: () => closed(server) });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

type State = Pick<MadeService, "reviews" | "failing" | "truncating" | "slowness" | "strays">;

async function answer(service: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://page");
  const [top, ...rest] = pathname.slice(1).split("/").map(decodeURIComponent);
  if (pathname === "/" || top === "assets") return file(service, pathname, response);
  const key = request.headers.authorization?.replace(/^Bearer /, "");
  if (key !== READER_KEY && key !== VIEWER_KEY) return problem(response, 401, "a key is wanted");
  const role = key === READER_KEY ? "reader" : "viewer";
  switch (top) {
    case "session":
      return json(response, { name: role === "reader" ? "Dr Li" : "Guest", role, may_review: role === "reader" });
    case "models":
      return json(response, { models: [model] });
    case "studies":
      return rest.length === 0 ? json(response, list(searchParams)) : study(service, rest[0], response);
    case "instances":
      return instance(service, rest, response);
    case "findings":
      return review(service, rest[0], request, response);
    default:
      service.strays.push(pathname);
      return problem(response, 404, "no such route");
  }
}

const model = {
  version: "chest@1f2e3d4c5b6a",
  name: "chest",
  sha256: "1f2e3d4c5b6a".padEnd(64, "0"),
  classes: ["nodule", "mass", "calcification"],
  default_for: ["*"],
  state: "ready",
};

function list(query: URLSearchParams) {
  const wanted = (name: string) => query.get(name) ?? "";
  const found = summaries.filter(
    (one) =>
      (wanted("state") === "" || one.state === wanted("state")) &&
      (wanted("modality") === "" || one.modalities.includes(wanted("modality"))) &&
      `${one.patient_name} ${one.patient_id} ${one.description}`.toLowerCase().includes(wanted("q").toLowerCase()),
  );
  const start = Number(wanted("after") || 0);
  const end = start + PAGE_SIZE;
  return { studies: found.slice(start, end), next: end < found.length ? String(end) : null };
}

function study({ reviews }: State, uid: string, response: ServerResponse): void {
  const detail = details.find((one) => one.study.study_uid === uid);
  const findings = detail?.findings.map((one) => ({ ...one, review: reviews.get(one.id) ?? one.review }));
  if (detail) json(response, { ...detail, findings });
  else problem(response, 404, "no such study");
}

function instance({ truncating }: State, [uid, , frame]: string[], response: ServerResponse): void {
  const found = instances.find(({ image }) => image.sop_uid === uid);
  if (!found) problem(response, 404, "no such instance");
  else if (frame === undefined) json(response, found.image);
  else
    response
      .setHeader("Content-Type", "application/octet-stream")
      .end(found.frames[Number(frame)].subarray(truncating ? 1 : 0));
}

async function review(service: State, id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += chunk;
  await new Promise((done) => setTimeout(done, service.slowness));
  if (service.failing) return problem(response, 503, "the database is away");
  const finding = details.flatMap(({ findings }) => findings).find((one) => one.id === id);
  if (!finding) return problem(response, 404, "no such finding");
  const decided = JSON.parse(body).review as ReviewState;
  service.reviews.set(id, decided);
  json(response, { ...finding, review: decided });
}

function file({ strays }: State, pathname: string, response: ServerResponse): void {
  const path = join(pageFolder, pathname === "/" ? "index.html" : pathname);
  if (existsSync(path)) {
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream").end(readFileSync(path));
  } else {
    strays.push(pathname);
    problem(response, 404, "no such file");
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, detail: string): void {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title: "Problem", status, detail }));
}
