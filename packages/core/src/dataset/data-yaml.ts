/**
 * @file The file that describes a data set, as users of the YOLO tools write it.
 *
 *     path: ../scans          # optional, from this file's folder
 *     train: images/train     # folder, list file (.txt), COCO file (.json), or several of them
 *     val: [images/val, more.txt]
 *     nc: 2                   # optional beside names
 *     names: [nodule, mass]   # or a map {0: nodule, 1: mass}
 *     images: pictures        # ours: where the images of COCO files stand
 *
 * Other keys are left to their tools. Tags of programming languages are never obeyed.
 */
import { LineCounter, parseDocument } from "yaml";
import { FoveaError } from "../errors";
import type { Problem } from "./sample";

/** The content of a data YAML; paths as they are written there. */
export interface DataYaml {
  readonly file: string;
  /** Key `path`. */
  readonly root?: string;
  /** Key `images`. */
  readonly imageFolder?: string;
  /** Entries of `train`, `val` and `test`, for each key that is there. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
  /** Class names by class index; `undefined` if the COCO files alone know them. */
  readonly names?: readonly string[];
  readonly problems: readonly Problem[];
}

/** Keys that name a part, and the part they name. */
const SPLIT_KEYS = { train: "train", val: "val", validation: "val", test: "test" } as const;

/**
 * @param file what errors call the file
 * @throws {FoveaError} `invalid_dataset`, with the line if it is no YAML, with the key if a value is missing or not
 * what it should be
 */
export function parseDataYaml(text: string, file: string): DataYaml {
  const content = readMapping(text, file);
  const splits = new Map<string, readonly string[]>();
  for (const [key, split] of Object.entries(SPLIT_KEYS)) {
    const entries = parseEntries(content[key], file, key);
    if (entries !== undefined && !splits.has(split)) splits.set(split, entries);
  }
  if (splits.size === 0) {
    throw new FoveaError("invalid_dataset", "no key train, val or test names any images", { file, at: "train" });
  }
  const problems: Problem[] = [];
  if (content.download !== undefined && content.download !== null) {
    const message = "ignored: this program downloads nothing; fetch the data and set `path`";
    problems.push({ severity: "warning", code: "invalid_dataset", file, at: "download", message });
  }
  const coco = [...splits.values()].flat().every((entry) => /\.json$/i.test(entry));
  return {
    file,
    root: parseText(content.path, file, "path"),
    imageFolder: parseText(content.images, file, "images"),
    splits,
    names: parseNames(content, file, coco),
    problems,
  };
}

function readMapping(text: string, file: string): Record<string, unknown> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter, prettyErrors: false, logLevel: "silent" });
  const error = document.errors.at(0);
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new FoveaError("invalid_dataset", `not valid YAML: ${error.message}`, {
      file,
      at: `line ${line}, column ${col}`,
    });
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (cause) {
    // Aliases that multiply without end.
    throw new FoveaError("invalid_dataset", `not readable: ${String(cause)}`, { file, cause });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new FoveaError("invalid_dataset", "expected keys and values (train: ..., val: ..., names: ...)", { file });
  }
  return content as Record<string, unknown>;
}

function parseText(value: unknown, file: string, key: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new FoveaError("invalid_dataset", `${show(value)}; expected one path`, { file, at: key });
}

function parseEntries(value: unknown, file: string, key: string): readonly string[] | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  if (entries.length === 0) throw new FoveaError("invalid_dataset", "an empty list of paths", { file, at: key });
  return entries.map((entry) => {
    if (typeof entry === "string" && entry !== "") return entry;
    if (typeof entry === "number") return String(entry);
    throw new FoveaError(
      "invalid_dataset",
      `${show(entry)}; expected a folder, a list file, a COCO file, or a list of them`,
      { file, at: key },
    );
  });
}

function parseNames(
  { names, nc }: Record<string, unknown>,
  file: string,
  optional: boolean,
): readonly string[] | undefined {
  const count = parseCount(nc, file);
  const listed = names === undefined || names === null ? undefined : parseNameList(names, file);
  if (listed === undefined && count === undefined) {
    if (optional) return undefined;
    throw new FoveaError("invalid_dataset", "missing; expected the class names, as in names: [nodule, mass]", {
      file,
      at: "names",
    });
  }
  if (listed === undefined) return Array.from({ length: count ?? 0 }, (_, i) => `class_${i}`);
  if (count !== undefined && count !== listed.length) {
    throw new FoveaError("invalid_dataset", `${listed.length} names, but nc is ${count}; mend one of them`, {
      file,
      at: "names",
    });
  }
  return listed;
}

function parseCount(nc: unknown, file: string): number | undefined {
  if (nc === undefined || nc === null) return undefined;
  if (typeof nc === "number" && Number.isInteger(nc) && nc > 0) return nc;
  throw new FoveaError("invalid_dataset", `${show(nc)}; expected the number of classes, 1 or more`, { file, at: "nc" });
}

function parseNameList(names: unknown, file: string): readonly string[] {
  const fail = (message: string) => new FoveaError("invalid_dataset", message, { file, at: "names" });
  const expected = "expected a list of class names, or a map from 0, 1, 2 ... to them";
  if (typeof names !== "object" || names === null) throw fail(`${show(names)}; ${expected}`);
  const entries = Object.entries(names);
  if (entries.length === 0) throw fail(`no class name; ${expected}`);
  const list: string[] = [];
  for (let i = 0; i < entries.length; i++) {
    const name = entries.find(([key]) => key === String(i))?.[1];
    if (name === undefined) {
      throw fail(`no name for class ${i}; ${entries.length} names must have the indices 0 to ${entries.length - 1}`);
    }
    if (typeof name === "object") throw fail(`${show(name)} is no name for class ${i}; ${expected}`);
    list.push(String(name));
  }
  return list;
}

/** `value` as a message shows it. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
