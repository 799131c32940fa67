/**
 * @file A value of a YAML file with its place, so that whatever is wrong with it is told with line and key.
 *
 * YAML 1.2; nothing is executed, and tags of programming languages are refused.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { FoveaError } from "../errors";
import { nearestName } from "../math/nearest-name";

/** Longer texts are no rules, characters. */
const MOST_TEXT = 2 ** 20;

/** What all values of a file share. */
interface YamlFile {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

export class YamlValue {
  readonly #source: YamlFile;
  readonly #node: Node | null;
  /** `rules[2].when`; empty for the file itself. */
  readonly path: string;
  /** Where it begins, or where its key stands, characters. */
  readonly #start: number | undefined;

  private constructor(source: YamlFile, node: Node | null, path: string, start?: number) {
    this.#source = source;
    this.path = path;
    this.#start = node?.range?.[0] ?? start;
    const meant = isAlias(node) ? node.resolve(source.document) : node;
    this.#node = meant ?? null;
    if (isAlias(node) && meant === undefined)
      throw this.fault(`*${node.source}, but no &${node.source} stands before it`);
  }

  /** @param file what errors call it. @throws {FoveaError} `invalid_rules` with the line, if it is no YAML */
  static parse(text: string, file: string): YamlValue {
    const lines = new LineCounter();
    const refused = (message: string, at?: string) => new FoveaError("invalid_rules", message, { file, at });
    if (text.length > MOST_TEXT) {
      throw refused(`${text.length} characters, at most ${MOST_TEXT} are read; is it the right file?`);
    }
    let document: Document;
    try {
      document = parseDocument(text.replace(/^\uFEFF/, ""), {
        lineCounter: lines,
        prettyErrors: false,
        logLevel: "error",
      });
    } catch (cause) {
      // Brackets within brackets without end.
      throw new FoveaError("invalid_rules", `not readable as YAML: ${String(cause)}`, { file, cause });
    }
    // An unknown tag is a warning to the parser; whoever wrote it wanted something that does not happen.
    const wrong = document.errors.at(0) ?? document.warnings.at(0);
    if (wrong !== undefined) {
      const { line, col } = lines.linePos(wrong.pos[0]);
      throw refused(`not valid YAML: ${wrong.message}`, `line ${line}, column ${col}`);
    }
    return new YamlValue({ file, document, lines }, document.contents, "");
  }

  /** The error that says what is wrong with this value. */
  fault(message: string): FoveaError {
    const { file, lines } = this.#source;
    const line = this.#start === undefined ? undefined : `line ${lines.linePos(this.#start).line}`;
    const at = [line, this.path || undefined].filter((part) => part !== undefined).join(", ");
    return new FoveaError("invalid_rules", message, { file, at: at || undefined });
  }

  /** Its members, which may have no other names than these. */
  members<K extends string>(known: readonly K[]): ReadonlyMap<K, YamlValue> {
    const members = this.anyMembers();
    for (const [name, value] of members) {
      if ((known as readonly string[]).includes(name)) continue;
      const near = nearestName(name, known);
      const advice = near === undefined ? `expected ${known.join(", ")}` : `did you mean ${near}?`;
      throw value.fault(`unknown key ${show(name)}, ${advice}`);
    }
    return members as ReadonlyMap<K, YamlValue>;
  }

  /** Its members, whatever their names. */
  anyMembers(): ReadonlyMap<string, YamlValue> {
    if (!isMap(this.#node)) throw this.fault(`${this.#shown()}; expected keys and values`);
    return new Map(
      this.#node.items.map(({ key, value }) => {
        const name = isScalar(key) ? (key.source ?? String(key.value)) : undefined;
        if (name === undefined) throw this.fault("a key that is no name");
        const path = this.path === "" ? name : `${this.path}.${name}`;
        return [name, new YamlValue(this.#source, value as Node | null, path, (key as Node).range?.[0])];
      }),
    );
  }

  /** Its items, at least one. */
  items(most: number): readonly YamlValue[] {
    if (!isSeq(this.#node)) throw this.fault(`${this.#shown()}; expected a list`);
    const { items } = this.#node;
    if (items.length === 0) throw this.fault("an empty list; leave the key out, or give at least one");
    if (items.length > most) throw this.fault(`${items.length} entries, at most ${most} are taken`);
    return items.map((item, i) => new YamlValue(this.#source, item as Node | null, `${this.path}[${i}]`, this.#start));
  }

  /** Whether it holds members, as opposed to a text. */
  get isMapping(): boolean {
    return isMap(this.#node);
  }

  /** Its text, as it is written: `1.10` stays so. Without line breaks and control characters. */
  text(mostLetters: number): string {
    const node = this.#node;
    if (!isScalar(node) || node.value === null) throw this.fault(`${this.#shown()}; expected a text`);
    const text = (typeof node.value === "string" ? node.value : (node.source ?? String(node.value))).trim();
    if (text === "") throw this.fault("an empty text; expected words");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) {
      throw this.fault("a text with a line break or a control character; write it on one line");
    }
    const letters = Array.from(text).length;
    if (letters > mostLetters) throw this.fault(`a text of ${letters} letters, at most ${mostLetters} find room`);
    return text;
  }

  number(): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.fault(`${this.#shown()}; expected a number`);
  }

  #shown(): string {
    const node = this.#node;
    if (isMap(node)) return "keys and values";
    if (isSeq(node)) return "a list";
    if (isScalar(node) && node.value !== null) return show(String(node.source ?? node.value));
    return "nothing";
  }
}

/** `text` as a message shows it. */
function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
