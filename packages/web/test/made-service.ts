/**
 * @file A service for the page that answers from made studies, with the headers that the real one sends, and with its faults.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { ReviewState, StudyDetail, StudySummary } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/language";
import { shownReason } from "@fovea/core/reasons/tell";
import { details, instances, summaries } from "./made-studies";
import { type MadeTransfers, madeTransfers } from "./made-transfers";

/** What the page may do, no more than under the service's own: neither inline scripts nor inline styles. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; img-src 'self' data: blob:; " +
  "style-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const PAGE_SIZE = 15;

/** Keys that it knows, and their roles. */
export const READER_KEY = "key-of-a-reader";
export const VIEWER_KEY = "key-of-a-viewer";
export const ADMIN_KEY = "key-of-an-admin";
const ROLES = new Map<string | undefined, "reader" | "viewer" | "admin">([
  [READER_KEY, "reader"],
  [VIEWER_KEY, "viewer"],
  [ADMIN_KEY, "admin"],
]);
const NAMES = { reader: "Dr Li", viewer: "Guest", admin: "Engineer Zhao" } as const;

/** What goes wrong, by the path of the request. */
export interface Faults {
  /** Answered with 503. */
  busy?: RegExp;
  /** Done, but the connection breaks before the answer. */
  lost?: RegExp;
  /** Waits for as long as this is set. */
  held?: RegExp;
  /** A byte of every frame is missing. */
  truncating?: boolean;
}

export interface MadeService {
  readonly address: string;
  /** What it has; tests change it as a service would. */
  readonly details: Map<string, StudyDetail>;
  /** Decisions that it kept, by finding. */
  readonly reviews: Map<string, ReviewState>;
  /** What goes out, is fetched and could not be filed; tests change it as a service would. */
  readonly transfers: MadeTransfers;
  /** `METHOD path` of requests that changed something of these, with their bodies. */
  readonly done: string[];
  /** Of each request so far. */
  readonly asked: string[];
  /** Paths asked for that are none of its own. */
  readonly strays: string[];
  /** Replaces all faults there are; none: it works. */
  misbehave(faults?: Faults): void;
  close(): Promise<void>;
}

interface State extends Pick<MadeService, "details" | "reviews" | "transfers" | "done" | "asked" | "strays"> {
  /** With the built page. */
  readonly folder: string;
  faults: Faults;
  /** Called when the faults change. */
  changed: (() => void)[];
}

/** @param folder with the built page */
export async function startService(folder: string): Promise<MadeService> {
  const state: State = {
    folder,
    details: new Map(structuredClone(details).map((detail) => [detail.study.study_uid, detail])),
    reviews: new Map(),
    transfers: madeTransfers(),
    done: [],
    asked: [],
    strays: [],
    faults: {},
    changed: [],
  };
  const server = createServer((request, response) => {
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    answer(state, request, response).catch((error) => problem(response, 500, String(error)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    ...state,
    address: `http://127.0.0.1:${port}/`,
    misbehave: (faults = {}) => {
      state.faults = faults;
      for (const changed of state.changed.splice(0)) changed();
    },
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://page");
  state.asked.push(pathname);
  while (state.faults.held?.test(pathname)) await new Promise<void>((done) => state.changed.push(done));
  if (state.faults.busy?.test(pathname)) return problem(response, 503, "the database is away");
  if (state.faults.lost?.test(pathname)) response.end = () => response.destroy();
  const [top, ...rest] = pathname.slice(1).split("/").map(decodeURIComponent);
  if (pathname === "/" || top === "assets") return file(state, pathname, response);
  const key = request.headers.authorization?.replace(/^Bearer /, "");
  const role = ROLES.get(key);
  if (role === undefined) return problem(response, 401, "a key is wanted");
  const shownTo = <T extends { study: StudySummary; series?: StudyDetail["series"] }>(one: T) =>
    role === "viewer" ? withheld(one) : one;
  switch (top) {
    case "session":
      return json(response, {
        ...{ name: NAMES[role], role, may_review: role !== "viewer" },
        ...{ may_transfer: role !== "viewer", may_settle_held: role === "admin" },
      });
    case "models":
      return json(response, { models: [model] });
    case "studies":
      if (rest.length === 0) {
        const { studies, next } = list(state, searchParams);
        return json(response, {
          studies: studies.map((study) => told(shownTo({ study }).study, languageOf(request))),
          next,
        });
      }
      return study(state, rest[0], (detail) => spoken(shownTo(detail), languageOf(request)), response);
    case "instances":
      return instance(state, rest, response);
    case "findings":
      return review(state, rest[0], request, response);
    case "deliveries":
    case "pacs":
    case "held":
      if (role === "viewer") return problem(response, 403, "for readers and administrators");
      return transfer(state, { request, path: pathname, query: searchParams, mayManage: role === "admin" }, response);
    default:
      state.strays.push(pathname);
      return problem(response, 404, "no such route");
  }
}

/** As viewers get a study: without the patient. */
function withheld<T extends { study: StudySummary; series?: StudyDetail["series"] }>(one: T): T {
  const study = { ...one.study, patient_id: null, patient_name: null, description: null };
  return { ...one, study, ...(one.series && { series: one.series.map((each) => ({ ...each, description: null })) }) };
}

/** What its settings call classes in Chinese. */
const CHINESE_NAMES: Readonly<Record<string, string>> = { nodule: "结节", mass: "肿块", calcification: "钙化" };

function languageOf({ headers }: IncomingMessage): Language {
  return headers["accept-language"]?.startsWith("zh") ? "zh" : "en";
}

/** With the reason as the language that is asked for has it. */
function told<T extends { readonly reason?: string | null }>(one: T, language: Language): T {
  return { ...one, reason_shown: shownReason(one.reason ?? null, language) };
}

/** As the settings of a service name classes, and as it tells reasons, in the language that is asked for. */
function spoken(detail: StudyDetail, language: Language): StudyDetail {
  const names = language === "zh" ? CHINESE_NAMES : {};
  return {
    study: told(detail.study, language),
    findings: detail.findings.map((one) => ({ ...one, class_shown: names[one.class] ?? one.class_shown })),
    deliveries: detail.deliveries.map((one) => told(one, language)),
    series: detail.series.map((one) => {
      // A test takes the images away, to see the page fail.
      const images = one.instances?.map((each) => ({ ...each, failure_shown: shownReason(each.failure, language) }));
      return { ...told(one, language), instances: images ?? one.instances };
    }),
  };
}

const model = {
  version: "chest@1f2e3d4c5b6a",
  name: "chest",
  sha256: "1f2e3d4c5b6a".padEnd(64, "0"),
  classes: ["nodule", "mass", "calcification"],
  default_for: ["*"],
  state: "ready",
};

function list({ details }: State, query: URLSearchParams) {
  const wanted = (name: string) => query.get(name) ?? "";
  const found = summaries
    .map((one) => details.get(one.study_uid)?.study ?? one)
    .filter(
      ({ state, modalities }) =>
        (wanted("state") === "" || state === wanted("state")) &&
        (wanted("modality") === "" || modalities.includes(wanted("modality"))),
    );
  const start = Number(wanted("after") || 0);
  const end = start + PAGE_SIZE;
  return { studies: found.slice(start, end), next: end < found.length ? String(end) : null };
}

function study(
  { details, reviews }: State,
  uid: string,
  shownTo: (detail: StudyDetail) => StudyDetail,
  response: ServerResponse,
): void {
  const detail = details.get(uid);
  const findings = detail?.findings.map((one) => ({ ...one, review: reviews.get(one.id) ?? one.review }));
  if (detail && findings) json(response, shownTo({ ...detail, findings }));
  else problem(response, 404, "no such study");
}

function instance({ faults }: State, [uid, , frame]: string[], response: ServerResponse): void {
  const found = instances.find(({ image }) => image.sop_uid === uid);
  if (!found) problem(response, 404, "no such instance");
  else if (frame === undefined) json(response, found.image);
  else
    response
      .setHeader("Content-Type", "application/octet-stream")
      .end(found.frames[Number(frame)].subarray(faults.truncating ? 1 : 0));
}

async function review(state: State, id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += chunk;
  const finding = [...state.details.values()].flatMap(({ findings }) => findings).find((one) => one.id === id);
  if (!finding) return problem(response, 404, "no such finding");
  const decided = JSON.parse(body).review as ReviewState;
  state.reviews.set(id, decided);
  json(response, { ...finding, review: decided });
}

interface TransferRequest {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly mayManage: boolean;
}

/** Lists as the real service gives them; what is asked for is kept in `done`, and happens. */
async function transfer(
  { transfers, done }: State,
  { request, path, query, mayManage }: TransferRequest,
  response: ServerResponse,
): Promise<void> {
  const limit = Number(query.get("limit") ?? 100);
  const cut = <T>(rows: readonly T[]) => rows.slice(0, limit);
  if (request.method === "GET" && path === "/deliveries") {
    const state = query.get("state");
    const { deliveries } = transfers;
    const fits = deliveries.filter((one) =>
      state === "not_sent" ? one.state !== "sent" : !state || one.state === state,
    );
    return json(response, {
      deliveries: cut(fits).map((one) => told(one, languageOf(request))),
      next: fits.length > limit ? "more" : null,
    });
  }
  if (request.method === "GET" && path === "/pacs/retrievals") {
    return json(response, { retrievals: cut(transfers.retrievals).map((one) => told(one, languageOf(request))) });
  }
  if (request.method === "GET" && path === "/held") return json(response, { held: cut(transfers.held), next: null });
  const [, top, id, act] = path.split("/");
  if (top === "held" && !mayManage) return problem(response, 403, "for administrators");
  let body = "";
  for await (const chunk of request) body += chunk;
  done.push(`${request.method} ${path}${body && ` ${body}`}`);
  if (top === "held" && act === "file") {
    response.setHeader("Content-Type", "application/dicom").end("DICM");
    return;
  }
  if (top === "held") transfers.held = transfers.held.filter((one) => one.id !== id);
  if (top === "deliveries") {
    transfers.deliveries = transfers.deliveries.map((one) =>
      one.id === id ? { ...one, state: "pending", reason: null, next_at: new Date(0).toISOString() } : one,
    );
  }
  json(response, {});
}

function file({ folder, strays }: State, pathname: string, response: ServerResponse): void {
  const path = join(folder, pathname === "/" ? "index.html" : pathname);
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
