/**
 * @file How much and how long a client may: sizes, counts and times, in one place.
 */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import type { FastifyMultipartBaseOptions } from "@fastify/multipart";
import type { RateLimitPluginOptions } from "@fastify/rate-limit";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import { type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from "fastify";
import type { HttpConfig, ServiceConfig } from "../config/service-config";
import { HttpProblem, problemOf } from "./problem";
import { languageOf } from "./request-language";
import { type LogOptions, loggerOf, newRequestId } from "./service-log";

/** Of JSON bodies; files come as multipart forms and have limits of their own. */
const BODY_BYTES = 65536;
const HEADER_BYTES = 16384;
/** The head of a request must be here in this time, and all of it in the next: else somebody holds the line. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30 * 60_000;

/** @throws {FoveaError} `invalid_config` if the certificate or its key cannot be read */
export async function serverOptions(
  { http: { tls }, inference }: ServiceConfig,
  log: LogOptions = {},
): Promise<FastifyServerOptions> {
  const server = { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_MS, connectionsCheckingInterval: 5000 };
  return {
    logger: loggerOf(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    // Silence on the line while an image waits for its turn is no fault.
    connectionTimeout: inference.timeoutMs + 60_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      const { problem } = problemOf(error, request.id, languageOf(request));
      void reply.code(problem.status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
    },
    clientErrorHandler: refuseRaw,
    ...(tls === undefined
      ? { http: server }
      : { https: { ...server, ...(await readTls(tls)), minVersion: "TLSv1.2" } }),
  } as FastifyServerOptions;
}

async function readTls({ cert, key }: NonNullable<HttpConfig["tls"]>) {
  const read = async (file: string, at: string) => {
    try {
      return await readFile(file);
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code;
      throw new FoveaError("invalid_config", `${file} cannot be read (${why})`, { at, cause });
    }
  };
  return { cert: await read(cert, "http.tls.cert"), key: await read(key, "http.tls.key") };
}

/** Node's parser gave up: there is no request yet, and nothing to tell but a status. */
const RAW_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = RAW_STATUS[error.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** Parts and files in all; routes that take one file say so themselves. */
export function multipartLimits({ maxFileBytes, maxFiles }: HttpConfig): FastifyMultipartBaseOptions["limits"] {
  return {
    fileSize: maxFileBytes,
    files: maxFiles,
    parts: maxFiles + 16,
    fields: 16,
    fieldSize: 4096,
    fieldNameSize: 100,
    headerPairs: 32,
  };
}

/** By caller, and where there is none, by address. */
export function rateLimits({ requestsPerMinute }: HttpConfig): RateLimitPluginOptions {
  return {
    global: true,
    max: requestsPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
    keyGenerator: ({ caller, ip }) => caller?.actor ?? `ip:${ip}`,
    errorResponseBuilder: (_request, { ttl }) =>
      new HttpProblem(429, tell("asksTooOften"), { retryAfterS: Math.ceil(ttl / 1000) }),
  };
}
