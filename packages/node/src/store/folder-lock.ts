/**
 * @file One process for one folder: a file beside it names the owner. A dead owner's lock is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity";

/** The owner shows that it lives so often: those on another machine can see nothing else. */
const BEAT_MS = 5000;
/** An owner on another machine that was silent for so long is dead. */
const SILENCE_MS = 30_000;

export interface FolderLock {
  release(): void;
}

/**
 * Takes `path` for this process.
 *
 * @throws {FoveaError} `busy` if another process, or this one, has it
 */
export function lockFolder(path: string): FolderLock {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(own, JSON.stringify(thisProcess()), { mode: 0o600 });
  try {
    for (let attempt = 0; !linked(own, path); attempt++) {
      const owner = ownerOf(path);
      if (owner !== undefined && (owner.alive || attempt === 100)) throw taken(path, owner.pid);
      if (owner !== undefined) removeStale(path, owner.text);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return holdLock(path);
}

function holdLock(path: string): FolderLock {
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // Somebody removed it; there is nothing to show any more.
    }
  }, BEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      rmSync(path, { force: true });
    },
  };
}

/** A link appears whole or not at all, and never in the place of another. */
function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function ownerOf(path: string): { readonly alive: boolean; readonly pid: number; readonly text: string } | undefined {
  try {
    const text = readFileSync(path, "utf8");
    const owner = JSON.parse(text) as ProcessIdentity;
    const alive = isAlive(owner) ?? Date.now() - statSync(path).mtimeMs < SILENCE_MS;
    return { alive, pid: owner.pid, text };
  } catch (error) {
    // Released meanwhile.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Moves a dead owner's lock away; if another was faster and it is its lock that moved, it goes back. */
function removeStale(path: string, text: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readFileSync(aside, "utf8") !== text) linked(aside, path);
  rmSync(aside, { force: true });
}

function taken(path: string, pid: number): FoveaError {
  return new FoveaError(
    "busy",
    `the record is in use by process ${pid}: the service is running; stop it first, or use PostgreSQL (DATABASE_URL), which several processes may share`,
    { file: path },
  );
}
