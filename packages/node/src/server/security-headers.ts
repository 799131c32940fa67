/**
 * @file Headers that keep a browser from doing with our answers what they are not for.
 */
import type { FastifyHelmetOptions } from "@fastify/helmet";
import type { HttpConfig } from "../config/service-config";

/**
 * The review page runs its own scripts, WebAssembly codecs and their workers, and asks nobody but this service. Style sheets are files;
 * what viewer tools set on elements goes through their `style`, which no policy forbids.
 */
export function securityHeaders({ tls }: HttpConfig): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'", "blob:"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "blob:", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginEmbedderPolicy: false,
    strictTransportSecurity: tls === undefined ? false : { maxAge: 31_536_000, includeSubDomains: false },
  };
}
