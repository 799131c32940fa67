/**
 * @file The language that an answer is in.
 */
import type { Language } from "@fovea/core/language";
import type { FastifyRequest } from "fastify";

/**
 * `?lang=` first; then the one that Accept-Language (RFC 9110, 12.5.4) likes better; Chinese where nothing is said, as our
 * users' clients expect it; English for readers of a third language.
 */
export function requestLanguage(lang: Language | undefined, header: string | undefined): Language {
  if (lang !== undefined) return lang;
  if (header === undefined || header.trim() === "") return "zh";
  const ranked = header
    .slice(0, 512)
    .split(",")
    .map((range) => {
      const [tag, ...parameters] = range.trim().toLowerCase().split(";");
      const q = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find((one) => one !== undefined);
      return { language: tag.trim().split("-", 1)[0], weight: q === undefined ? 1 : Number(q) };
    })
    .filter(({ weight }) => weight > 0)
    // A stable sort: of equals the first counts.
    .sort((a, b) => b.weight - a.weight);
  const found = ranked.find(({ language }) => language === "zh" || language === "en" || language === "*");
  if (found === undefined) return ranked.length === 0 ? "zh" : "en";
  return found.language === "en" ? "en" : "zh";
}

/** The language of a request that may be refused before its query was checked. */
export function languageOf({ query, headers }: Pick<FastifyRequest, "query" | "headers">): Language {
  const { lang } = (query ?? {}) as { readonly lang?: unknown };
  return requestLanguage(lang === "zh" || lang === "en" ? lang : undefined, headers["accept-language"]);
}
