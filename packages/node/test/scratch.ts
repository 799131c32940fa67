/**
 * @file Folders for tests, removed when they are done.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  /** A new, empty folder. */
  folder(): string;
  clear(): void;
}

export function makeScratch(): Scratch {
  const folders: string[] = [];
  return {
    folder() {
      const made = mkdtempSync(join(tmpdir(), "fovea-scratch-"));
      folders.push(made);
      return made;
    },
    clear() {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
}
