/**
 * @file The only place where an error meets HTTP: problem details (RFC 9457).
 *
 * What a client reads is what it can mend: messages about its own request. Of everything else it learns the status and the
 * request's identifier, by which the log can be searched. No stack, no path, no patient. Beside `detail`, which stays English for
 * programs, `detail_shown` tells readers in the language of their request what happened and what to do.
 */
import type { FailedImage } from "@fovea/core/contract/detection";
import type { Problem } from "@fovea/core/contract/problem";
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import { ERROR_SENTENCES } from "@fovea/core/reasons/error-sentences";
import { errorIn, reasonIn, type Told } from "@fovea/core/reasons/tell";

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
const STATUSES: Readonly<Record<number, { readonly title: string; readonly detail?: string; readonly zh: string }>> = {
  400: { title: "Bad request", zh: "请求有误；请核对后重试" },
  401: {
    title: "Not authenticated",
    detail: "give a key as `Authorization: Bearer ...` or `X-Api-Key: ...`",
    zh: "请求未带密钥；请以 Authorization: Bearer ... 或 X-Api-Key: ... 给出密钥",
  },
  403: { title: "Not allowed", zh: "不允许该请求；如有需要请联系管理员" },
  404: {
    title: "Not found",
    detail: "nothing is here; GET /openapi.json describes every route",
    zh: "内容不存在，或已被移除；请核对地址（GET /openapi.json 列出全部地址）",
  },
  405: { title: "Method not allowed", zh: "该地址不接受这种请求方法" },
  406: { title: "Not acceptable", zh: "无法以所要求的格式回答" },
  408: { title: "Request timed out", zh: "请求发送过慢，已超时；请重试" },
  409: { title: "Conflict", zh: "与当前状态冲突，未执行；请刷新后重试" },
  413: { title: "Too large", zh: "请求的内容过大；请缩小或分开发送" },
  414: { title: "Address too long", zh: "请求的地址过长" },
  415: { title: "Unsupported media type", zh: "不接受这种内容类型；请核对 Content-Type" },
  421: {
    title: "Unknown host",
    detail: "the service is asked by a name that is not its own",
    zh: "请求所用的主机名不是本服务的；请改用本服务的地址",
  },
  422: { title: "Cannot be processed", zh: "内容无法处理；请核对后重试" },
  429: { title: "Too many requests", zh: "请求过于频繁；请稍后再试" },
  431: { title: "Headers too large", zh: "请求头过大" },
  500: {
    title: "Internal error",
    detail: "the log has more under this request's identifier",
    zh: "服务内部出错；请重试，若再次失败请把请求编号告知管理员",
  },
  503: { title: "Not available at the moment", zh: "服务暂不可用；请稍后重试" },
  507: { title: "Out of room", zh: "存储空间不足，未保存；请管理员清理空间后重试" },
};

/** An answer that is no 2xx, thrown by what knows of HTTP: hooks and routes. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    statusCode: number,
    detail: Told | "" = "",
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
export function problemOf(error: unknown, request: string, language: Language): ProblemAnswer {
  if (error instanceof HttpProblem) {
    const { statusCode, message, code, retryAfterS } = error;
    const shown = message === "" ? undefined : reasonIn(message, language);
    return { problem: problem(statusCode, { request, language, detail: message, shown, code }), retryAfterS };
  }
  if (error instanceof FoveaError) {
    const status = STATUS[error.code];
    const retryAfterS = status === 429 || status === 503 ? 1 : undefined;
    const [detail, shown] = [detailOf(error), shownOf(error, language)];
    return { problem: problem(status, { request, language, detail, shown, code: error.code }), retryAfterS };
  }
  const [status, detail] = fromFramework(error);
  const code = status < 500 ? "invalid_argument" : undefined;
  const shown = code === undefined || detail === "" ? undefined : errorIn({ code, message: detail }, language);
  return { problem: problem(status, { request, language, detail, shown, code }) };
}

/** Why an image in a batch failed, as its place in the answer says it. */
export function failureOf(error: unknown, language: Language): FailedImage["error"] {
  if (error instanceof FoveaError) {
    const message = detailOf(error) || STATUSES[500].title;
    return { code: error.code, message, message_shown: shownOf(error, language) };
  }
  if (error instanceof HttpProblem) {
    const { code = "invalid_argument", message } = error;
    return { code, message, message_shown: reasonIn(message, language) };
  }
  return { code: "internal", message: STATUSES[500].title, message_shown: ERROR_SENTENCES.internal[language] };
}

/** What happened and what to do; with the message behind it where that is the client's to read. */
function shownOf(error: FoveaError, language: Language): string {
  return errorIn({ code: error.code, message: TOLD.has(error.code) ? detailOf(error) : "" }, language);
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

interface ProblemParts {
  /** Its identifier. */
  readonly request: string;
  readonly language: Language;
  readonly detail: string;
  /** In the language. @default what the status says */
  readonly shown?: string;
  readonly code?: string;
}

function problem(status: number, { request, language, detail, shown, code }: ProblemParts): Problem {
  const { title, detail: usual = "", zh } = STATUSES[status] ?? { title: "Failed", zh: "请求失败；请重试" };
  const told = detail || usual;
  return {
    type: "about:blank",
    title,
    status,
    ...(told !== "" && { detail: told }),
    detail_shown: shown ?? (language === "zh" ? zh : told || title),
    ...(code !== undefined && { code }),
    instance: `urn:uuid:${request}`,
  };
}
