/**
 * @file Python literals as plain JSON: the public exporter writes its metadata as `str(dict)`.
 *
 * Python language reference 2.4 and 6.2: None, True, False, numbers, strings without prefix, lists, tuples, dicts. What
 * `ast.literal_eval` would take and no metadata has (bytes, sets, complex numbers, sums) is not read.
 */
import type { Json } from "./state";

const WORDS: Readonly<Record<string, Json>> = { None: null, True: true, False: false };

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const TOKEN =
  /\s*(?:([{}[\](),:])|([A-Z][a-z]+)|([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/sy;

/** Deeper nesting and longer text are no metadata. */
const MAX_DEPTH = 32;
const MAX_LENGTH = 200_000;

/**
 * Value of a Python literal.
 *
 * @returns nothing if the text is none
 */
export function pythonLiteral(text: string): Json | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return new LiteralReader(text).read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class LiteralReader {
  readonly #text: string;
  #at = 0;
  /** The punctuation mark in hand, empty if `#value` is. */
  #mark = "";
  #value: Json = null;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Json {
    this.#next();
    const value = this.#item(0);
    if (this.#text.slice(this.#at).trim() !== "") throw new SyntaxError("more text follows");
    return value;
  }

  /** Takes the next token in hand. */
  #next(): void {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (!match) throw new SyntaxError("no Python literal");
    this.#at = TOKEN.lastIndex;
    const [, mark, word, number, single, double] = match;
    this.#mark = mark ?? "";
    if (mark) return;
    if (word !== undefined) {
      if (!Object.hasOwn(WORDS, word)) throw new SyntaxError(`unknown name ${word}`);
      this.#value = WORDS[word];
    } else if (number !== undefined) this.#value = Number(number.replaceAll("_", ""));
    else this.#value = unescaped(single ?? double);
  }

  /** The item that the token in hand begins; leaves its last token in hand. */
  #item(depth: number): Json {
    if (depth > MAX_DEPTH) throw new SyntaxError("nested too deeply");
    switch (this.#mark) {
      case "":
        return this.#value;
      case "[":
        return this.#list("]", depth).items;
      case "(": {
        const { items, commas } = this.#list(")", depth);
        // (x) is x, (x,) is a tuple.
        return items.length === 1 && commas === 0 ? items[0] : items;
      }
      case "{":
        return this.#dict(depth);
      default:
        throw new SyntaxError(`unexpected ${this.#mark}`);
    }
  }

  #list(end: string, depth: number): { items: Json[]; commas: number } {
    const items: Json[] = [];
    let commas = 0;
    this.#next();
    while (this.#mark !== end) {
      items.push(this.#item(depth + 1));
      this.#next();
      if (this.#mark === end) break;
      this.#expect(",");
      commas++;
      this.#next();
    }
    return { items, commas };
  }

  #dict(depth: number): Json {
    const entries: [string, Json][] = [];
    this.#next();
    while (this.#mark !== "}") {
      const key = this.#item(depth + 1);
      if (key !== null && typeof key === "object") throw new SyntaxError("a key that is no text or number");
      this.#next();
      this.#expect(":");
      this.#next();
      entries.push([String(key), this.#item(depth + 1)]);
      this.#next();
      if (this.#mark !== "}") {
        this.#expect(",");
        this.#next();
      }
    }
    return Object.fromEntries(entries);
  }

  #expect(mark: string): void {
    if (this.#mark !== mark) throw new SyntaxError(`${mark} expected`);
  }
}

function unescaped(body: string): string {
  return body.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(.))/gs,
    (whole, x, u, wide, octal, other) => {
      const code = x ?? u ?? wide;
      if (code !== undefined) {
        const point = Number.parseInt(code, 16);
        if (point > 0x10ffff) throw new SyntaxError("no such character");
        return String.fromCodePoint(point);
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      // Python keeps the backslash of an escape it does not know.
      return ESCAPES[other] ?? whole;
    },
  );
}
