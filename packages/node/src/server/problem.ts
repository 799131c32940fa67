/**
 * @file The only place where an error meets HTTP: problem details (RFC 9457).
 *
 * What a client reads is what it can mend: messages about its own request. Of everything else it learns the status and the
 * request's identifier, by which the log can be searched. No stack, no path, no patient.
 */
import type { Problem } from "@fovea/core/contract/problem";
import { type ErrorCode, FoveaError } from "@fovea/core/errors";

/** A new code does not compile until it has a status. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  unknown_argument: 400,
  shape_mismatch: 500,
  file_not_found: 404,
  file_unreadable: 500,
  files_unavailable: 503,
  write_failed: 500,
  disk_full: 507,
  invalid_checkpoint: 422,
  invalid_safetensors: 422,
  invalid_onnx: 422,
  invalid_model: 422,
  invalid_dataset: 422,
  invalid_label: 422,
  invalid_annotations: 422,
  invalid_image: 422,
  invalid_dicom: 422,
  unsupported_dicom: 422,
  provider_unavailable: 500,
  runtime_failed: 500,
  loss_not_finite: 500,
  scores_not_finite: 500,
  out_of_memory: 503,
  interrupted: 503,
  busy: 429,
  timed_out: 503,
  network_hung: 503,
  unknown_model: 404,
  invalid_rules: 422,
  invalid_config: 422,
  peer_unreachable: 503,
  peer_refused: 503,
  database_unavailable: 503,
  wrong_key: 500,
  audit_broken: 500,
  not_allowed: 403,
  not_found: 404,
};

/** Codes whose messages speak of the request alone. */
const TOLD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_argument",
  "unknown_argument",
  "invalid_image",
  "invalid_dicom",
  "unsupported_dicom",
  "unknown_model",
  "not_allowed",
  "not_found",
]);

/** What clients are told in place of a message that may speak of more than their request. */
const INSTEAD: Readonly<Partial<Record<ErrorCode, string>>> = {
  busy: "as many images wait as there is room for; ask again after Retry-After seconds",
  timed_out: "not finished in time; ask again later",
  network_hung:
    "the network did not come to an end on this image, and was given up; ask again, and if it happens again, tell whoever runs the service",
  interrupted: "the service is being stopped, or the client left; ask again later",
  disk_full: "the service has no room left; nothing was kept",
  database_unavailable: "the record cannot be reached at the moment; ask again later",
  files_unavailable: "the record's files cannot be read at the moment; ask again later",
  peer_unreachable: "another system that is needed for it does not answer; ask again later",
  peer_refused: "another system that is needed for it refused",
  out_of_memory: "too large for the memory that there is at the moment",
  file_not_found: "no such file",
};

/** Statuses that HTTP itself gives, in words; those that are not here are told by their title alone. */
const TITLES: Readonly<Record<number, readonly [title: string, detail?: string]>> = {
  400: ["Bad request"],
  401: ["Not authenticated", "give a key as `Authorization: Bearer ...` or `X-Api-Key: ...`"],
  403: ["Not allowed"],
  404: ["Not found", "nothing is here; GET /openapi.json describes every route"],
  405: ["Method not allowed"],
  406: ["Not acceptable"],
  408: ["Request timed out"],
  409: ["Conflict"],
  413: ["Too large"],
  414: ["Address too long"],
  415: ["Unsupported media type"],
  421: ["Unknown host", "the service is asked by a name that is not its own"],
  422: ["Cannot be processed"],
  429: ["Too many requests"],
  431: ["Headers too large"],
  500: ["Internal error", "the log has more under this request's identifier"],
  503: ["Not available at the moment"],
  507: ["Out of room"],
};

/** An answer that is no 2xx, thrown by what knows of HTTP: hooks and routes. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    statusCode: number,
    detail = "",
    options: { readonly code?: string; readonly retryAfterS?: number } = {},
  ) {
    super(detail);
    this.statusCode = statusCode;
    this.code = options.code;
    this.retryAfterS = options.retryAfterS;
  }
}

export interface ProblemAnswer {
  readonly problem: Problem;
  /** Seconds, of `Retry-After`. */
  readonly retryAfterS?: number;
}

/** @param request its identifier */
export function problemOf(error: unknown, request: string): ProblemAnswer {
  if (error instanceof HttpProblem) {
    const { statusCode, message, code, retryAfterS } = error;
    return { problem: problem(statusCode, request, message, code), retryAfterS };
  }
  if (error instanceof FoveaError) {
    const status = STATUS[error.code];
    const retryAfterS = status === 429 || status === 503 ? 1 : undefined;
    return { problem: problem(status, request, detailOf(error), error.code), retryAfterS };
  }
  const [status, detail] = fromFramework(error);
  return { problem: problem(status, request, detail, status < 500 ? "invalid_argument" : undefined) };
}

/** Why an image in a batch failed, as its place in the answer says it. */
export function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof FoveaError) return { code: error.code, message: detailOf(error) || TITLES[500][0] };
  if (error instanceof HttpProblem) return { code: error.code ?? "invalid_argument", message: error.message };
  return { code: "internal", message: TITLES[500][0] };
}

/** The message without the place before it: files are called by names that may be patients'. */
function detailOf(error: FoveaError): string {
  if (!TOLD.has(error.code)) return INSTEAD[error.code] ?? "";
  const { file, at } = error.place;
  if (file === undefined) return error.message;
  const rest = error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message;
  // A path or a name further on in the message: no message is better.
  return /[/\\.]/.test(file) && rest.includes(file) ? (at ?? "") : rest;
}

/** Errors of Fastify and its plugins carry a status; their messages name parameters, never what was in them. */
function fromFramework(error: unknown): readonly [status: number, detail: string] {
  if (!(error instanceof Error) || !("statusCode" in error)) return [500, ""];
  const status = Number(error.statusCode);
  if (!(status >= 400 && status < 500)) return [status === 503 ? 503 : 500, ""];
  if ("validation" in error && Array.isArray(error.validation)) {
    const context = "validationContext" in error ? `${error.validationContext}: ` : "";
    return [status, `${context}${faultsOf(error.validation).join("; ")}`];
  }
  return [status, ""];
}

/** What Ajv says of a fault. */
interface Fault {
  readonly instancePath?: string;
  readonly keyword?: string;
  readonly message?: string;
  readonly params?: { readonly allowedValue?: unknown; readonly additionalProperty?: unknown };
}

/** Longest name of an unknown parameter that is said back. */
const MAX_NAME = 64;

/** Place and rule, without the value that broke it. Words to choose from are one fault for each word: they are told as one. */
function faultsOf(faults: readonly Fault[]): readonly string[] {
  const words = new Map<string | undefined, unknown[]>();
  for (const { keyword, instancePath, params } of faults) {
    if (keyword === "const") words.set(instancePath, [...(words.get(instancePath) ?? []), params?.allowedValue]);
  }
  const told = faults.map((fault) => {
    const known = words.get(fault.instancePath);
    if (known !== undefined && (fault.keyword === "const" || fault.keyword === "anyOf")) {
      return at(fault, `must be ${known.length === 1 ? "" : "one of "}${known.join(", ")}`);
    }
    if (fault.keyword === "additionalProperties") {
      return at(
        fault,
        `${JSON.stringify(String(fault.params?.additionalProperty).slice(0, MAX_NAME))} is unknown here`,
      );
    }
    return at(fault, fault.message);
  });
  return [...new Set(told)];
}

function at({ instancePath }: Fault, message: string | undefined): string {
  return [instancePath?.replace(/^\//, "").replaceAll("/", "."), message].filter(Boolean).join(" ");
}

function problem(status: number, request: string, detail: string, code?: string): Problem {
  const [title, usual = ""] = TITLES[status] ?? ["Failed"];
  const told = detail || usual;
  return {
    type: "about:blank",
    title,
    status,
    ...(told !== "" && { detail: told }),
    ...(code !== undefined && { code }),
    instance: `urn:uuid:${request}`,
  };
}
