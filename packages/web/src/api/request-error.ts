/**
 * @file What may become of a request that gives no answer.
 */
import type { Problem } from "@fovea/core/contract/problem";
import type { MessageKey, Say } from "../language/language";

/** `unauthorised` sends the reader to the sign-in; the others are shown where the request was made. */
export type RequestFault = "unauthorised" | "forbidden" | "missing" | "busy" | "refused" | "unreachable" | "broken";

const MESSAGES: Readonly<Record<RequestFault, MessageKey>> = {
  unauthorised: "login.again",
  forbidden: "error.forbidden",
  missing: "error.missing",
  busy: "error.busy",
  refused: "error.refused",
  unreachable: "error.unreachable",
  broken: "error.broken",
};

/** A request that gave no answer; the service's own words in `detail`, where it sent any. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly fault: RequestFault;
  readonly detail: string | undefined;
  /** When `busy`: seconds after which the service wants to be asked again, where it said so. */
  readonly retryAfter: number | undefined;

  constructor(fault: RequestFault, detail?: string, options?: ErrorOptions & { readonly retryAfter?: number }) {
    super(detail ?? fault, options);
    this.fault = fault;
    this.detail = detail;
    this.retryAfter = options?.retryAfter;
  }
}

/** Which fault an HTTP status is. */
export function faultOf(status: number): RequestFault {
  if (status === 401) return "unauthorised";
  if (status === 403) return "forbidden";
  if (status === 404 || status === 410) return "missing";
  return status === 429 || status === 503 ? "busy" : "refused";
}

/** The reason for the reader: in their language, and the service's own words behind it. */
export function reasonOf(error: unknown, say: Say): string {
  if (!(error instanceof RequestError)) return error instanceof Error ? error.message : String(error);
  const sentence = say(MESSAGES[error.fault]);
  return error.detail === undefined ? sentence : say("error.detailed", { sentence, detail: error.detail });
}

/** The error of an answer that is none of success. */
export async function errorOf(response: Response): Promise<RequestError> {
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new RequestError(faultOf(response.status), problem?.detail_shown ?? problem?.detail ?? problem?.title, {
    ...(Number.isFinite(retryAfter) && { retryAfter }),
  });
}
