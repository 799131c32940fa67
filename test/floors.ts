/**
 * @file Checks imports against an order of floors: which source files stand on none, and which imports run upward or into
 * another environment.
 */
import { posix } from "node:path";

/** One workspace and what its source may import. */
export interface Workspace {
  /** Folder below `packages`, and name after `@fovea/`. */
  readonly name: string;
  /** Folders and single files of `src` without their ending, ground floor first. */
  readonly floors: readonly string[];
  /** Other workspaces that it may import. */
  readonly below: readonly string[];
  /** Whether it may import Node's own modules. */
  readonly node: boolean;
  /** Packages from the registry that it may import. */
  readonly packages: readonly string[];
}

/** A source file; `path` from the repository's root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Names that say nothing of a concept. */
const FORBIDDEN = new Set(["utils", "util", "helpers", "helper", "common", "types", "index", "misc"]);

const isTest = (path: string) => path.endsWith(".test.ts");

/** What a file imports, types included. */
export function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const patterns = [
    /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\s*\(\s*["']([^"']+)["']/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name));
}

/** Everything that breaks the order, one sentence each; nothing if the house stands. */
export function faults(files: readonly SourceFile[], workspaces: readonly Workspace[]): string[] {
  return files.flatMap(({ path, text }) => {
    const [, name, inside] = /^packages\/([^/]+)\/src\/(.+)$/.exec(path) ?? [];
    const workspace = workspaces.find((one) => one.name === name);
    if (!workspace || inside === undefined) return [`${path} belongs to no workspace`];
    const found = namingFaults(path, inside);
    const floor = floorOf(inside, workspace);
    if (floor < 0) return [...found, `${path} stands on no floor of ${name}`];
    const imports = importsOf(text);
    return [
      ...found,
      ...imports.flatMap((what) => importFault(path, inside, floor, what, workspace, workspaces) ?? []),
    ];
  });
}

function namingFaults(path: string, inside: string): string[] {
  const parts = inside.split("/").map((part) => part.split(".")[0]);
  return parts.filter((part) => FORBIDDEN.has(part)).map((part) => `${path}: "${part}" names no concept`);
}

/** Floor of a path below `src`, from 0; -1 if there is none. */
function floorOf(inside: string, { floors }: Workspace): number {
  return floors.indexOf(inside.split("/")[0].split(".")[0]);
}

function importFault(
  path: string,
  inside: string,
  floor: number,
  what: string,
  workspace: Workspace,
  workspaces: readonly Workspace[],
): string | undefined {
  if (what.startsWith(".")) return relativeFault(path, inside, floor, what, workspace);
  if (what.startsWith("@fovea/")) {
    const [, name, ...rest] = what.split("/");
    const other = workspaces.find((one) => one.name === name);
    if (!other || !workspace.below.includes(name)) return `${path} imports ${what}: ${workspace.name} may not`;
    return floorOf(rest.join("/"), other) < 0 ? `${path} imports ${what}, which stands on no floor` : undefined;
  }
  // Tests are run by Node, whatever they test.
  if (isTest(path) && what === "vitest") return undefined;
  if (what.startsWith("node:")) {
    return workspace.node ? undefined : `${path} imports ${what}: ${workspace.name} runs without Node`;
  }
  const name = what.split("/", what.startsWith("@") ? 2 : 1).join("/");
  const known = workspace.packages.includes(name);
  return known ? undefined : `${path} imports ${what}, which is no dependency of ${workspace.name}`;
}

function relativeFault(
  path: string,
  inside: string,
  floor: number,
  what: string,
  workspace: Workspace,
): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(inside), what));
  // Its own description is no floor.
  if (target === "../package.json") return undefined;
  if (isTest(path) && isTestMaterial(posix.join(posix.dirname(path), what), workspace)) return undefined;
  if (target.startsWith("..")) return `${path} imports ${what}, outside of ${workspace.name}'s source`;
  const other = floorOf(target, workspace);
  if (other < 0) return `${path} imports ${what}, which stands on no floor`;
  if (other <= floor || (isTest(path) && workspace.node)) return undefined;
  return `${path} imports ${what}: ${workspace.floors[other]} stands above ${workspace.floors[floor]}`;
}

/** Whether a file is in the repository's folder of tests, the workspace's own, or that of one below. */
function isTestMaterial(path: string, { name, below }: Workspace): boolean {
  const [top, workspace, folder] = path.split("/");
  return top === "test" || (top === "packages" && [name, ...below].includes(workspace) && folder === "test");
}
