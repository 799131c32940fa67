/**
 * @file The command line as a user starts it: the built `bin/fovea.js` in a process and a folder of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { smallYaml } from "../training/small-network";

const packageFolder = resolve(import.meta.dirname, "../..");

export interface Ended {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Once standard output holds `text`; rejected if the command ends before. */
  printed(text: string): Promise<void>;
  /** What standard error holds by now. */
  stderr(): string;
}

/** Folder that commands run in. */
export class Desk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** With `small.yaml`, a network small enough to train in a test. */
  static async make(): Promise<Desk> {
    if (!existsSync(join(packageFolder, "dist/cli/main.js"))) throw new Error("nothing is built: node build.mjs");
    const desk = new Desk(await mkdtemp(join(tmpdir(), "fovea-cli-")));
    await writeFile(desk.path("small.yaml"), smallYaml());
    return desk;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** @param line arguments, with blanks between them */
  start(line: string): Running {
    const child = spawn(process.execPath, [join(packageFolder, "bin/fovea.js"), ...line.split(/\s+/).filter(Boolean)], {
      cwd: this.folder,
      env: { ...process.env, LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ended>((done, fail) => {
      child.on("error", fail);
      child.on("close", (code) => done({ code, stdout, stderr }));
    });
    const printed = (text: string) =>
      new Promise<void>((done, fail) => {
        const look = () => stdout.includes(text) && done();
        child.stdout.on("data", look);
        child.on("close", () => fail(new Error(`ended before it printed ${text}:\n${stdout}${stderr}`)));
        look();
      });
    return { process: child, ended, printed, stderr: () => stderr };
  }

  /** Runs a command to its end. */
  run(line: string): Promise<Ended> {
    return this.start(line).ended;
  }

  /** Runs a command that must succeed; what it printed. */
  async succeed(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    if (code !== 0) throw new Error(`fovea ${line} returned ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
