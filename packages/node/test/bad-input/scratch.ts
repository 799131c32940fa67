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

  /** Lets the disk be full for the neighbour that shall take the name of `name` once it is whole. */
  fullDisk(name: string): Promise<void> {
    return this.fullDiskInPlace(`${name}.${process.pid}.tmp`);
  }

  /** Lets the disk be full for what is written to `name` itself. */
  async fullDiskInPlace(name: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await symlink("/dev/full", this.path(name));
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}
