/**
 * @file One process for one folder: a file beside it names the owner. A dead owner's lock is taken over.
 *
 * Whether the owner lives is asked of the system where it can tell. An owner of another machine or container shows it by touching
 * the file: it is watched, and dead if it does not for long enough. Clocks are not compared; those of two machines differ.
 */
import { randomUUID } from "node:crypto";
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import { writeFailure } from "../data/atomic-write";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity";

export interface FolderLockOptions {
  /** The owner shows so often that it lives, ms. @default 5000 */
  readonly beatMs?: number;
  /** An owner that cannot be asked, and was silent for so long while it was watched, is dead, ms. @default 30000 */
  readonly silenceMs?: number;
  /** What is refused, where `owner` has it, and what to do. @default that the folder is in use */
  readonly refusal?: (owner: string) => string;
  /** Told once if another process has taken the lock over, from an owner that was silent for too long, or somebody removed it. */
  readonly onLost?: () => void;
}

export interface FolderLock {
  /** Lets go of it; one that was lost is another's, and stays. */
  release(): void;
}

/** What lies at the lock's path. */
interface Owner {
  readonly text: string;
  /** Undefined where the file says nothing: the machine went down before it was written. */
  readonly identity: ProcessIdentity | undefined;
  readonly touchedMs: number;
}

/**
 * Takes `path` for this process. Waits `silenceMs` where the owner cannot be asked and shows no sign of life.
 *
 * @throws {FoveaError} `busy` if another process, or this one, has it; `disk_full`, `write_failed`
 */
export async function lockFolder(path: string, options: FolderLockOptions = {}): Promise<FolderLock> {
  const { beatMs = 5000, silenceMs = 30_000, onLost = () => undefined, refusal = inUse } = options;
  const text = JSON.stringify({ ...thisProcess(), lock: randomUUID() });
  const own = `${path}.${process.pid}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(own, text, { mode: 0o600 });
  } catch (error) {
    throw writeFailure(path, error);
  }
  try {
    for (let attempt = 0; !linked(own, path); attempt++) {
      const owner = ownerOf(path);
      if (owner === undefined) continue;
      if (attempt > 100 || !(await isDead(path, owner, silenceMs))) throw taken(path, owner, refusal);
      removeStale(path, owner.text);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return holdLock(path, text, beatMs, onLost);
}

function holdLock(path: string, text: string, beatMs: number, onLost: () => void): FolderLock {
  const isOurs = () => ownerOf(path)?.text === text;
  const beat = setInterval(() => {
    try {
      if (isOurs()) {
        const now = new Date();
        utimesSync(path, now, now);
        return;
      }
    } catch {
      // The disk does not answer: whose it is will be seen at the next beat.
      return;
    }
    clearInterval(beat);
    onLost();
  }, beatMs);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      if (isOurs()) rmSync(path, { force: true });
    },
  };
}

/** File systems without links (FAT, some network shares). */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL"]);

/** A link appears whole or not at all, and never in the place of another. A copy in its stead does not appear whole. */
function linked(own: string, path: string): boolean {
  try {
    try {
      linkSync(own, path);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error;
      copyFileSync(own, path, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function ownerOf(path: string): Owner | undefined {
  try {
    // Opening it has a network file system ask for the file as it is now.
    const text = readFileSync(path, "utf8");
    return { text, identity: identityOf(text), touchedMs: statSync(path).mtimeMs };
  } catch (error) {
    // Released meanwhile.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function identityOf(text: string): ProcessIdentity | undefined {
  try {
    const { host, boot, namespace, pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    const whole = [host, boot, namespace, started].every((one) => typeof one === "string") && typeof pid === "number";
    return whole ? ({ host, boot, namespace, pid, started } as ProcessIdentity) : undefined;
  } catch {
    return undefined;
  }
}

async function isDead(path: string, owner: Owner, silenceMs: number): Promise<boolean> {
  const alive = owner.identity === undefined ? undefined : isAlive(owner.identity);
  if (alive !== undefined) return !alive;
  const end = performance.now() + silenceMs;
  while (performance.now() < end) {
    await sleep(Math.min(500, silenceMs / 10));
    const now = ownerOf(path);
    // Released: there is nobody to wait for.
    if (now === undefined) return true;
    if (now.text !== owner.text || now.touchedMs !== owner.touchedMs) return false;
  }
  return true;
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

function taken(path: string, { identity }: Owner, refusal: (owner: string) => string): FoveaError {
  const who = identity === undefined ? "another process" : `process ${identity.pid} of ${identity.host}`;
  return new FoveaError("busy", refusal(who), { file: path });
}

function inUse(owner: string): string {
  return `the folder is in use by ${owner}; wait until it has ended`;
}
