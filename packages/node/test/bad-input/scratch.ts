/**
 * @file A folder of its own for one test, and what goes into it.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class Scratch {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), "fovea-bad-input-")));
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Writes a file, and the folders that it stands in. @returns its path */
  async put(name: string, content: string | Uint8Array = ""): Promise<string> {
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  async folder(name: string): Promise<string> {
    const path = this.path(name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /**
   * Lets the disk be full for the file `name`: what is written to it, or to the neighbour that shall take its name, goes
   * to `/dev/full`.
   */
  async fullDisk(name: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    for (const path of [name, `${name}.${process.pid}.tmp`]) await symlink("/dev/full", this.path(path));
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}
