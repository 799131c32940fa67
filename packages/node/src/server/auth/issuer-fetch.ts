/**
 * @file How an issuer of tokens is asked for its discovery document and its keys: over TLS, with bounded answers, and not again
 * at once after it failed. A token that anybody can make up is what makes us ask.
 */
import { FoveaError } from "@fovea/core/errors";
import { isLoopback } from "../../config/loopback";

/** Keys of a dozen signers, certificates included, come to some 40 KB. */
const MOST_BYTES = 512 * 1024;
/** After a failure nobody asks for so long. */
const RETRY_MS = 5000;
/** Keys of an issuer that cannot be asked count for so long after it gave them: nobody is locked out because it restarts. */
const KEPT_MS = 24 * 3_600_000;

export class IssuerFetch {
  readonly #now: () => number;
  #retryAt = Number.NEGATIVE_INFINITY;
  #last: { readonly address: string; readonly body: Uint8Array<ArrayBuffer>; readonly at: number } | undefined;

  /** @param now ms. @default the system's clock */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @throws {FoveaError} `peer_unreachable` if there is no answer, one other than 200, or one without end */
  async fetch(address: string, options: RequestInit): Promise<Response> {
    return responseOf(await this.#fetch(address, options));
  }

  /** As `fetch`; where that fails, what this address answered last, unless that is a day ago. */
  async fetchOrLast(address: string, options: RequestInit): Promise<Response> {
    try {
      const body = await this.#fetch(address, options);
      this.#last = { address, body, at: this.#now() };
      return responseOf(body);
    } catch (error) {
      const last = this.#last;
      if (last?.address !== address || this.#now() - last.at > KEPT_MS) throw error;
      return responseOf(last.body);
    }
  }

  async #fetch(address: string, options: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#now() < this.#retryAt) throw issuerUnreachable();
    try {
      const answer = await fetch(address, options);
      if (answer.status !== 200) {
        await answer.body?.cancel();
        throw issuerUnreachable();
      }
      return await bounded(answer);
    } catch (cause) {
      this.#retryAt = this.#now() + RETRY_MS;
      throw cause instanceof FoveaError ? cause : issuerUnreachable(cause);
    }
  }
}

function responseOf(body: Uint8Array<ArrayBuffer>): Response {
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}

async function bounded(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw issuerUnreachable();
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts, size));
}

/**
 * Documents and keys that came in the clear are those of whoever stands between.
 *
 * @throws {FoveaError} `invalid_config` unless it is https, or http on loopback
 */
export function secureAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))) {
    return url;
  }
  throw new FoveaError("invalid_config", "the issuer's keys lie at no https address", { at: "auth.oidc" });
}

export function issuerUnreachable(cause?: unknown): FoveaError {
  const message = "the issuer of tokens cannot be asked for its keys; try again later";
  return new FoveaError("peer_unreachable", message, { cause });
}
