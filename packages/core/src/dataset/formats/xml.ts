/**
 * @file XML of annotation files as a plain tree. No entity but the five of XML itself and numbered characters is
 * resolved, no document type with declarations is read, nothing is fetched; depth is bounded by the parser (100).
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { FoveaError } from "../../errors";

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, trimmed. */
  readonly text: string;
}

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** As the parser gives it in order: one key, the element's name, and `:@`, its attributes. */
type Ordered = Readonly<Record<string, unknown>>;

/**
 * The root element of `text`.
 *
 * @throws {FoveaError} `invalid_annotations`, with the line where the parser knows it
 */
export function readXml(text: string, file: string): XmlElement {
  const content = text.replace(/^\uFEFF/, "").trimStart();
  if (/<!DOCTYPE[^>]*\[/i.test(content.slice(0, 4096)) || /<!ENTITY/i.test(content)) {
    throw new FoveaError("invalid_annotations", "declares entities of its own, which are not read; remove them", {
      file,
    });
  }
  const valid = XMLValidator.validate(content, { allowBooleanAttributes: true });
  if (valid !== true) {
    const at = `line ${valid.err.line}`;
    throw new FoveaError("invalid_annotations", `not valid XML: ${valid.err.msg}`, { file, at });
  }
  let parsed: unknown;
  try {
    parsed = PARSER.parse(content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FoveaError("invalid_annotations", `not readable XML: ${reason}`, { file, cause });
  }
  const root = childrenOf(parsed).elements.at(0);
  if (root === undefined) throw new FoveaError("invalid_annotations", "no XML element in it", { file });
  return root;
}

function childrenOf(list: unknown): { elements: XmlElement[]; text: string } {
  const elements: XmlElement[] = [];
  let text = "";
  for (const entry of Array.isArray(list) ? (list as Ordered[]) : []) {
    for (const [name, value] of Object.entries(entry)) {
      if (name === ":@") continue;
      if (name === "#text") text += String(value);
      else elements.push(elementOf(name, value, entry[":@"]));
    }
  }
  return { elements, text };
}

function elementOf(name: string, value: unknown, attributes: unknown): XmlElement {
  const { elements, text } = childrenOf(value);
  const decoded: Record<string, string> = {};
  for (const [key, one] of Object.entries((attributes ?? {}) as Record<string, unknown>))
    decoded[key] = decode(String(one));
  return { name, attributes: decoded, children: elements, text: decode(text).trim() };
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return NAMED[name];
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** First child called `name`. */
export function childOf({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((child) => child.name === name);
}

/** Text of the first child called `name`; `undefined` if there is none or it is empty. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text || undefined;
}

/** `text` as a number; `undefined` if it is none. A decimal comma counts as a point. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text.trim().replace(/^([+-]?\d*),(\d+(?:e[+-]?\d+)?)$/i, "$1.$2"));
  return Number.isFinite(value) ? value : undefined;
}

/** `text` as it stands in XML, in content and in attributes. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 cannot hold at all
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return clean.replace(/[&<>"\n\r\t]/g, (character) => {
    const name = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[character];
    return name ? `&${name};` : `&#${character.charCodeAt(0)};`;
  });
}
