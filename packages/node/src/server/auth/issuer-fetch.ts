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

export class IssuerFetch {
  #retryAt = 0;

  /** @throws {FoveaError} `peer_unreachable` if there is no answer, one other than 200, or one without end */
  async fetch(address: string, options: RequestInit): Promise<Response> {
    if (Date.now() < this.#retryAt) throw issuerUnreachable();
    try {
      const answer = await fetch(address, options);
      if (answer.status !== 200) {
        await answer.body?.cancel();
        throw issuerUnreachable();
      }
      return new Response(await bounded(answer), { headers: { "Content-Type": "application/json" } });
    } catch (cause) {
      this.#retryAt = Date.now() + RETRY_MS;
      throw cause instanceof FoveaError ? cause : issuerUnreachable(cause);
    }
  }
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
