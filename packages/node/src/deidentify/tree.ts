/**
 * @file Folders of DICOM files: de-identified file by file, and checked against their sources.
 */
import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Dictionary } from "@fovea/core/dicom/deidentify/element";
import { type Leak, leaks } from "@fovea/core/dicom/deidentify/leaks";
import type { Profile } from "@fovea/core/dicom/deidentify/profile";
import { FoveaError } from "@fovea/core/errors";
import { glob } from "tinyglobby";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { FrameDecoder } from "../dicom/frame-decoder";
import { readBytes, readFailure } from "../read-file";
import { decodeText } from "./character-set";
import { deidentifyFile, type FileOptions } from "./deidentify-file";
import { loadDictionary } from "./dictionary";
import { appendReport, type FileReport, readReport, reportBeside, resumedReport } from "./report";

/** Files below a folder, or the one file. */
export interface SourceTree {
  readonly root: string;
  /** Below `root`, with forward slashes, in the order of code units. */
  readonly files: readonly string[];
}

/**
 * Every file at or below `path`.
 *
 * @param without a folder that is left out, such as that of the results
 * @throws {FoveaError} `file_not_found` if there is nothing
 */
export async function sourceTree(path: string, without?: string): Promise<SourceTree> {
  const found = await stat(path).catch((error: unknown) => {
    throw readFailure(path, error, "file or folder");
  });
  if (found.isFile()) return { root: dirname(path), files: [basename(path)] };
  const all = await glob("**/*", { cwd: path, dot: true, onlyFiles: true, expandDirectories: false });
  const inside = without === undefined ? "" : relative(resolve(path), resolve(without)).replaceAll("\\", "/");
  const files = all.filter((file) => inside === "" || !file.startsWith(`${inside}/`)).sort();
  if (files.length === 0) throw new FoveaError("file_not_found", "an empty folder", { file: path });
  return { root: path, files };
}

export interface TreeOptions extends Omit<FileOptions, "dictionary" | "decoder"> {
  /** @default beside `out` */
  readonly report?: string;
  /** Asked before each file. */
  readonly stop?: () => boolean;
  readonly onFile?: (report: FileReport, done: number, all: number) => void;
}

/** Counts of a batch. */
export interface TreeResult {
  readonly files: number;
  readonly done: number;
  /** Done by an earlier run. */
  readonly earlier: number;
  readonly refused: number;
  readonly warned: number;
  readonly stopped: boolean;
  readonly report: string;
}

/**
 * De-identify all files of a tree into `out`; one that is refused is told in the report, and the rest goes on.
 *
 * @throws {FoveaError} `write_failed`, `disk_full`; `invalid_argument` if `out` holds results of another key
 */
export async function deidentifyTree(
  { root, files }: SourceTree,
  out: string,
  options: TreeOptions,
): Promise<TreeResult> {
  const { key, profile, uidRoot, blank, burnedInRule, report = reportBeside(out), stop, onFile } = options;
  const names = [...profile].sort();
  const settings = JSON.stringify({ names, uidRoot, blank, burnedInRule });
  const run = key.code("run", settings);
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(out, error);
  });
  await mkdir(dirname(report), { recursive: true });
  const earlier = await resumedReport(report, { fovea: "deidentify", profile: ["basic", ...names], run });
  const used = new Set([...earlier.values()].map(({ output }) => output));
  const decoder = new FrameDecoder();
  const file: FileOptions = { ...options, dictionary: await loadDictionary(), decoder };
  const count = { done: 0, earlier: 0, refused: 0, warned: 0 };
  let stopped = false;
  try {
    for (const [i, source] of files.entries()) {
      if (stop?.()) {
        stopped = true;
        break;
      }
      const before = earlier.get(source);
      if (before !== undefined && (await isThere(join(out, before.output ?? "")))) {
        count.earlier++;
        continue;
      }
      // A copy that was taken away is made again under its name.
      if (before !== undefined) used.delete(before.output);
      const line = await deidentifyOne(root, source, out, file, used);
      await appendReport(report, line);
      count[line.status]++;
      if ((line.warnings ?? []).length > 0) count.warned++;
      onFile?.(line, i + 1, files.length);
    }
  } finally {
    await decoder.close();
  }
  return { files: files.length, ...count, stopped, report };
}

async function deidentifyOne(
  root: string,
  source: string,
  out: string,
  options: FileOptions,
  used: Set<string | undefined>,
): Promise<FileReport> {
  try {
    const bytes = await readBytes(join(root, source), "DICOM file");
    const result = await deidentifyFile(bytes, source, options);
    const output = unusedPath(result.path, used);
    const path = join(out, output);
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw writeFailure(path, error);
    });
    await writeAtomically(path, result.bytes);
    used.add(output);
    const { warnings, changes } = result;
    return { source, output, status: "done", ...(warnings.length > 0 && { warnings }), changes };
  } catch (error) {
    // A file broken in a way that nobody thought of must not end a batch; its message might hold what is in it.
    if (!(error instanceof FoveaError))
      return { source, status: "refused", reason: `cannot be rewritten: ${kindOf(error)}` };
    // A full disk fails for every other file too.
    if (error.code === "write_failed" || error.code === "disk_full") throw error;
    return { source, status: "refused", reason: reasonOf(error, source) };
  }
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** The message without the file's name in front, which the line has already. */
function reasonOf({ message }: FoveaError, source: string): string {
  return message.startsWith(`${source}: `) ? message.slice(source.length + 2) : message;
}

function unusedPath(path: string, used: ReadonlySet<string | undefined>): string {
  let one = path;
  for (let n = 2; used.has(one); n++) one = path.replace(/(\.[^./]*)?$/, (ending) => `-${n}${ending}`);
  return one;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** What the check of one copy found. */
export interface CheckedFile {
  /** Below the folder of copies. */
  readonly file: string;
  readonly leaks: readonly Leak[];
  /** Why it could not be checked. */
  readonly failure?: string;
}

export interface VerifyOptions {
  /** Otherwise the one that each copy names. */
  readonly profile?: Profile;
  /** @default beside the copies */
  readonly report?: string;
  readonly onFile?: (checked: CheckedFile, done: number, all: number) => void;
}

/**
 * Check every copy against its source: the one that the report names, or the file of the same path.
 *
 * @throws {FoveaError} `file_not_found` if one of the folders is missing or empty
 */
export async function verifyTree(
  sources: SourceTree,
  copies: SourceTree,
  options: VerifyOptions = {},
): Promise<CheckedFile[]> {
  const { profile, report = reportBeside(copies.root), onFile } = options;
  const sourceOf = new Map<string, string>();
  for await (const line of readReport(report)) {
    if ("source" in line && line.output !== undefined) sourceOf.set(line.output, line.source);
  }
  const dictionary = await loadDictionary();
  const found: CheckedFile[] = [];
  for (const [i, file] of copies.files.entries()) {
    const single = sources.files.length === 1 && copies.files.length === 1 ? sources.files[0] : undefined;
    const source = single ?? sourceOf.get(file) ?? file;
    const checked = await checkOne(join(sources.root, source), join(copies.root, file), file, { dictionary, profile });
    if (checked.leaks.length > 0 || checked.failure !== undefined) found.push(checked);
    onFile?.(checked, i + 1, copies.files.length);
  }
  return found;
}

async function checkOne(
  source: string,
  copy: string,
  file: string,
  { dictionary, profile }: { readonly dictionary: Dictionary; readonly profile?: Profile },
): Promise<CheckedFile> {
  try {
    const [before, after] = [await readBytes(source, "source of this copy"), await readBytes(copy, "DICOM file")];
    return { file, leaks: leaks(before, after, file, { dictionary, decodeText, profile, copyPath: file }) };
  } catch (error) {
    if (!(error instanceof FoveaError)) return { file, leaks: [], failure: `cannot be checked: ${kindOf(error)}` };
    return { file, leaks: [], failure: error.code === "file_not_found" ? "has no source" : error.message };
  }
}
